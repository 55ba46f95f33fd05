#include "tests/linearizability/document_model.h"

namespace understudy::linearizability {
namespace {

using Outcome = Operation::Outcome;

// Whether the last write, a deletion included, may have been this one; 0: there was none.
bool MayBeCurrent(const DocumentState& state, uint64_t revision) {
  return state.revision_is_older ? revision > state.revision : revision == state.revision;
}

// The state of which it is known, too, that its revision is this one.
DocumentState At(DocumentState state, uint64_t revision) {
  state.revision = revision;
  state.revision_is_older = false;
  return state;
}

// A write that expects 0 wants that there is no document now, whatever was before.
bool WantsNone(const DocumentState& state, uint64_t expected) {
  return expected == 0 && !state.value.has_value();
}

std::optional<DocumentState> ApplyGet(const DocumentState& state, const Operation& get) {
  if (get.outcome != Outcome::kDone) return state;
  if (get.value != state.value) return std::nullopt;
  if (!get.revision.has_value()) return state;
  if (!MayBeCurrent(state, *get.revision)) return std::nullopt;
  return At(state, *get.revision);
}

// It was refused because the revision was another, and says which, as far as it does.
std::optional<DocumentState> ApplyRefused(const DocumentState& state, const Operation& write) {
  if (!write.expected_revision.has_value()) return std::nullopt;
  const uint64_t expected = *write.expected_revision;
  if (WantsNone(state, expected)) return std::nullopt;
  if (write.revision.has_value()) {
    if (*write.revision == expected || !MayBeCurrent(state, *write.revision)) return std::nullopt;
    return At(state, *write.revision);
  }
  // Where the number is not known, that it is another one is always possible.
  const bool surely_equal = !state.revision_is_older && expected == state.revision;
  return surely_equal ? std::nullopt : std::optional(state);
}

// Expectations that the write has met; nothing when it cannot have.
std::optional<DocumentState> Expect(const DocumentState& state, const Operation& write) {
  if (!write.expected_revision.has_value()) return state;
  if (WantsNone(state, *write.expected_revision)) return state;
  if (!MayBeCurrent(state, *write.expected_revision)) return std::nullopt;
  return At(state, *write.expected_revision);
}

std::optional<DocumentState> ApplyWrite(const DocumentState& state, const Operation& write) {
  std::optional<DocumentState> met = Expect(state, write);
  if (!met.has_value()) return std::nullopt;
  DocumentState next = *met;
  next.value = write.kind == Operation::Kind::kPut ? write.value : std::nullopt;
  // The vault makes no new revision of the content that a document has already.
  const bool changes_nothing = next.value.has_value() && next.value == met->value;
  if (!write.revision.has_value()) {
    next.revision_is_older = met->revision_is_older || !changes_nothing;
    return next;
  }
  const bool same = changes_nothing && MayBeCurrent(*met, *write.revision);
  if (!same && *write.revision <= met->revision) return std::nullopt;
  return At(next, *write.revision);
}

}  // namespace

std::optional<DocumentState> Apply(const DocumentState& state, const Operation& operation) {
  if (operation.kind == Operation::Kind::kGet) return ApplyGet(state, operation);
  if (operation.outcome == Outcome::kRefused) return ApplyRefused(state, operation);
  return ApplyWrite(state, operation);
}

}  // namespace understudy::linearizability
