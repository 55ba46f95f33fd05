#ifndef UNDERSTUDY_TESTS_LINEARIZABILITY_HISTORY_H_
#define UNDERSTUDY_TESTS_LINEARIZABILITY_HISTORY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace understudy::linearizability {

// One client operation on one document, from its call to its answer. Times are any clock that all
// clients share and that never steps back; only their order counts.
struct Operation {
  enum class Kind { kPut, kGet, kDelete };
  enum class Outcome {
    // It happened, and this is what it answered.
    kDone,
    // The vault refused it because the document's revision was another than the expected one.
    kRefused,
    // Nobody knows: the answer was lost, or there was none. It may have happened at any time after
    // its call, also long after the client gave up, or never.
    kUnknown,
  };

  Kind kind = Kind::kGet;
  Outcome outcome = Outcome::kUnknown;
  // For people.
  int client = 0;
  int64_t called_at = 0;
  // Of kUnknown: without meaning.
  int64_t answered_at = 0;

  // Put: what it writes. Get: what it read; nothing: there was no document.
  std::optional<std::string> value = std::nullopt;
  // Put and Delete: only if this is the document's revision; 0: only if there is no document.
  std::optional<uint64_t> expected_revision = std::nullopt;
  // Put and Delete, done: the revision that it made. Get, done: the one that it read; 0: none.
  // Refused: the one that stood against it, if the vault said so.
  std::optional<uint64_t> revision = std::nullopt;
};

// The operations of one document, in any order.
using History = std::vector<Operation>;
// By document.
using Histories = std::map<std::string, History>;

// "client 3: put "x" if 7, called 120, answered 450: done, revision 9".
std::string Describe(const Operation& operation);

}  // namespace understudy::linearizability

#endif  // UNDERSTUDY_TESTS_LINEARIZABILITY_HISTORY_H_
