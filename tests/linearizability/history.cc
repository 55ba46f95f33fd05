#include "tests/linearizability/history.h"

#include "absl/strings/str_cat.h"

namespace understudy::linearizability {
namespace {

std::string KindText(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::kPut:
      return absl::StrCat("put \"", operation.value.value_or(""), "\"");
    case Operation::Kind::kDelete:
      return "delete";
    default:
      return "get";
  }
}

std::string OutcomeText(const Operation& operation) {
  const std::string revision = operation.revision.has_value()
                                   ? absl::StrCat(", revision ", *operation.revision)
                                   : std::string();
  if (operation.outcome == Operation::Outcome::kUnknown) return "unknown";
  const bool refused = operation.outcome == Operation::Outcome::kRefused;
  const bool got = operation.kind == Operation::Kind::kGet;
  const std::string read =
      !got ? "" : operation.value.has_value() ? " \"" + *operation.value + "\"" : " nothing";
  return absl::StrCat("answered ", operation.answered_at, refused ? ": refused" : ": done", read,
                      revision);
}

}  // namespace

std::string Describe(const Operation& operation) {
  const std::string condition = operation.expected_revision.has_value()
                                    ? absl::StrCat(" if ", *operation.expected_revision)
                                    : std::string();
  return absl::StrCat("client ", operation.client, ": ", KindText(operation), condition,
                      ", called ", operation.called_at, ", ", OutcomeText(operation));
}

}  // namespace understudy::linearizability
