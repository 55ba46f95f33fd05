#ifndef UNDERSTUDY_TESTS_LINEARIZABILITY_DOCUMENT_MODEL_H_
#define UNDERSTUDY_TESTS_LINEARIZABILITY_DOCUMENT_MODEL_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/linearizability/history.h"

namespace understudy::linearizability {

// What one document is at one moment, as the vault's contract has it: a register with
// compare-and-set by revision. Revisions are numbers of the whole vault: a document's grow, but are
// not dense, and after a write whose answer was lost nobody knows the number. Pure.
struct DocumentState {
  // Nothing: there is none, or it was deleted.
  std::optional<std::string> value = std::nullopt;
  // Of the last write whose number is known, a deletion included; a later write's is greater.
  uint64_t revision = 0;
  // A write of unknown number came after it.
  bool revision_is_older = false;

  friend auto operator<=>(const DocumentState&, const DocumentState&) = default;
};

// The state after the operation; nothing when it cannot have happened in `state` and been answered
// as it was. An operation of unknown outcome may also not happen at all: that is the caller's part.
std::optional<DocumentState> Apply(const DocumentState& state, const Operation& operation);

}  // namespace understudy::linearizability

#endif  // UNDERSTUDY_TESTS_LINEARIZABILITY_DOCUMENT_MODEL_H_
