#include "services/config_vault/document_rules.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

using Operation = RememberedRequest::Operation;

// A write trims at most this many old revisions, so that a tightened policy is reached over several
// writes rather than in one long one.
constexpr int kMaxTrimsPerWrite = 16;

// What a repeated request must agree in to be the same request.
struct RequestIdentity {
  Operation operation;
  std::string name = {};
  Sha256 sha256{};
  std::string content_type = {};
  Revision target = 0;
};

bool SameRequest(const RememberedRequest& remembered, const RequestIdentity& identity) {
  const DocumentInfo& info = remembered.outcome.info;
  if (remembered.operation != identity.operation || info.name != identity.name) return false;
  switch (identity.operation) {
    case Operation::kPut:
      return info.sha256 == identity.sha256 && info.content_type == identity.content_type;
    case Operation::kRollback:
      return remembered.target == identity.target;
    case Operation::kDelete:
      return true;
  }
  return false;
}

Outcome ToOutcome(DocumentOutcome outcome) {
  const Revision revision = outcome.info.revision;
  return Outcome{.revision = revision, .result = std::move(outcome)};
}

// The first answer to this request id, or nothing when the id is new.
Found<Outcome> AnswerAgain(const VaultView& view, const std::string& id,
                           const RequestIdentity& identity) {
  if (id.empty()) return std::optional<Outcome>();
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<RememberedRequest> remembered, view.FindRequest(id));
  if (!remembered.has_value()) return std::optional<Outcome>();
  if (!SameRequest(*remembered, identity)) {
    return MakeError(absl::StatusCode::kAlreadyExists, "REQUEST_ID_REUSED",
                     absl::StrCat("request id \"", id, "\" was used for another content, revision ",
                                  remembered->outcome.info.revision, " of \"",
                                  remembered->outcome.info.name, "\""),
                     {{"request_id", id}});
  }
  return std::make_optional(ToOutcome(std::move(remembered->outcome)));
}

absl::Status Remember(const VaultPolicy& policy, const VaultView& view, const std::string& id,
                      const RequestIdentity& identity, const DocumentOutcome& outcome,
                      CommandWrites& writes) {
  if (id.empty()) return absl::OkStatus();
  const uint64_t number = ++writes.counters.request_number;
  if (number > policy.remembered_requests) {
    const uint64_t oldest = number - policy.remembered_requests;
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> old_id, view.FindRequestId(oldest));
    if (old_id.has_value()) writes.Add(ForgetRequest{*std::move(old_id), oldest});
  }
  writes.Add(WriteRequest{{id, number, identity.operation, identity.target, outcome}});
  return absl::OkStatus();
}

absl::Status StaleAssignment(const AssignmentFence& fence, AssignmentNumber current) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "STALE_ASSIGNMENT",
      absl::StrCat("the writer holds duty \"", fence.duty_id, "\" under assignment ",
                   fence.assignment_number, ", but the current one is ", current),
      {{"duty_id", fence.duty_id}, {"current_assignment_number", absl::StrCat(current)}});
}

absl::Status CheckFence(const VaultView& view, const std::string& name,
                        const std::optional<AssignmentFence>& fence) {
  if (!fence.has_value()) return absl::OkStatus();
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Duty> duty, view.FindDuty(fence->duty_id));
  if (!duty.has_value()) return StaleAssignment(*fence, 0);
  if (duty->document != name) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_FENCE",
        absl::StrCat("the fence is of duty \"", fence->duty_id, "\" whose document is \"",
                     duty->document, "\", not \"", name, "\""));
  }
  const AssignmentNumber current = duty->assignment.number;
  if (fence->assignment_number != current) return StaleAssignment(*fence, current);
  return absl::OkStatus();
}

absl::Status CheckExpected(const std::string& name, const std::optional<DocumentHead>& head,
                           const std::optional<Revision>& expected) {
  if (!expected.has_value()) return absl::OkStatus();
  const bool exists = head.has_value() && !head->latest.deleted;
  const Revision current = head.has_value() ? head->latest.revision : 0;
  if (*expected == current || (*expected == 0 && !exists)) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kAborted, "REVISION_MISMATCH",
      absl::StrCat("\"", name, "\" was expected at revision ", *expected, " but is at ", current),
      {{"current_revision", absl::StrCat(current)}});
}

absl::Status DocumentNotFound(const std::string& name) {
  return MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND",
                   absl::StrCat("there is no document \"", name, "\""), {{"name", name}});
}

// Drops the oldest revisions beyond the policy from `head`, which counts the new one already.
absl::Status Trim(const VaultPolicy& policy, const VaultView& view, const std::string& name,
                  DocumentHead& head, CommandWrites& writes) {
  if (policy.keep_revisions == 0) return absl::OkStatus();
  for (int i = 0; i < kMaxTrimsPerWrite && head.kept > policy.keep_revisions; ++i) {
    writes.Add(TrimRevision{name, head.oldest});
    UNDERSTUDY_ASSIGN_OR_RETURN(const Revision next, view.NextRevision(name, head.oldest));
    // The new revision itself is not in the view yet.
    head.oldest = next == 0 ? head.latest.revision : next;
    --head.kept;
    --writes.counters.kept_revisions;
  }
  return absl::OkStatus();
}

void CountDocuments(const std::optional<DocumentHead>& before, const DocumentInfo& now,
                    Counters& counters) {
  const bool existed = before.has_value() && !before->latest.deleted;
  if (!existed && !now.deleted) ++counters.documents;
  if (existed && now.deleted) --counters.documents;
  ++counters.kept_revisions;
}

// Makes `info` (all but its revision) with its content the latest revision.
absl::StatusOr<DocumentOutcome> Append(const VaultPolicy& policy, const VaultView& view,
                                       const std::optional<DocumentHead>& before,
                                       DocumentRevision revision, CommandWrites& writes) {
  DocumentInfo& info = revision.info;
  info.revision = ++writes.counters.revision;
  CountDocuments(before, info, writes.counters);
  DocumentHead head{.latest = info,
                    .oldest = before.has_value() ? before->oldest : info.revision,
                    .kept = before.has_value() ? before->kept + 1 : 1};
  UNDERSTUDY_RETURN_IF_ERROR(Trim(policy, view, info.name, head, writes));
  DocumentOutcome outcome{.info = info};
  writes.Add(WriteRevision{std::move(revision), std::move(head)});
  return outcome;
}

DocumentInfo NewInfo(const DocumentWrite& write) {
  return DocumentInfo{
      .name = write.name, .author = write.author, .time = write.time, .comment = write.comment};
}

bool SameContent(const std::optional<DocumentHead>& head, const PutDocument& put) {
  return head.has_value() && !head->latest.deleted && head->latest.sha256 == put.sha256 &&
         head->latest.content_type == put.content_type;
}

DocumentRevision NewRevision(PutDocument put) {
  DocumentRevision revision{.info = NewInfo(put.write), .packed = std::move(put.packed)};
  revision.info.sha256 = put.sha256;
  revision.info.size = put.size;
  revision.info.content_type = std::move(put.content_type);
  return revision;
}

// The revision that a rollback brings back.
absl::StatusOr<DocumentRevision> FindTarget(const VaultView& view,
                                            const RollbackDocument& rollback) {
  const std::string& name = rollback.write.name;
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> target,
                              view.FindRevision(name, rollback.revision));
  if (!target.has_value() || target->info.deleted) {
    return MakeError(absl::StatusCode::kNotFound, "REVISION_NOT_FOUND",
                     absl::StrCat("\"", name, "\" has no content at revision ", rollback.revision),
                     {{"name", name}, {"revision", absl::StrCat(rollback.revision)}});
  }
  return *std::move(target);
}

}  // namespace

absl::StatusOr<Outcome> DecidePut(const VaultPolicy& policy, const VaultView& view, PutDocument put,
                                  CommandWrites& writes) {
  const std::string name = put.write.name;
  const std::string request_id = put.write.request_id;
  const RequestIdentity identity{Operation::kPut, name, put.sha256, put.content_type};
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Outcome> first,
                              AnswerAgain(view, request_id, identity));
  if (first.has_value()) return *std::move(first);
  UNDERSTUDY_RETURN_IF_ERROR(CheckFence(view, name, put.fence));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentHead> head, view.FindHead(name));
  UNDERSTUDY_RETURN_IF_ERROR(CheckExpected(name, head, put.write.expected_revision));
  DocumentOutcome outcome;
  if (SameContent(head, put)) {
    outcome = DocumentOutcome{.info = head->latest, .unchanged = true};
  } else {
    UNDERSTUDY_ASSIGN_OR_RETURN(outcome,
                                Append(policy, view, head, NewRevision(std::move(put)), writes));
  }
  UNDERSTUDY_RETURN_IF_ERROR(Remember(policy, view, request_id, identity, outcome, writes));
  return ToOutcome(std::move(outcome));
}

absl::StatusOr<Outcome> DecideRollback(const VaultPolicy& policy, const VaultView& view,
                                       const RollbackDocument& rollback, CommandWrites& writes) {
  const DocumentWrite& write = rollback.write;
  const RequestIdentity identity{
      .operation = Operation::kRollback, .name = write.name, .target = rollback.revision};
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Outcome> first,
                              AnswerAgain(view, write.request_id, identity));
  if (first.has_value()) return *std::move(first);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentHead> head, view.FindHead(write.name));
  if (!head.has_value()) return DocumentNotFound(write.name);
  UNDERSTUDY_RETURN_IF_ERROR(CheckExpected(write.name, head, write.expected_revision));
  UNDERSTUDY_ASSIGN_OR_RETURN(DocumentRevision target, FindTarget(view, rollback));
  DocumentRevision revision{.info = NewInfo(write), .packed = std::move(target.packed)};
  revision.info.sha256 = target.info.sha256;
  revision.info.size = target.info.size;
  revision.info.content_type = target.info.content_type;
  UNDERSTUDY_ASSIGN_OR_RETURN(DocumentOutcome outcome,
                              Append(policy, view, head, std::move(revision), writes));
  UNDERSTUDY_RETURN_IF_ERROR(Remember(policy, view, write.request_id, identity, outcome, writes));
  return ToOutcome(std::move(outcome));
}

absl::StatusOr<Outcome> DecideDelete(const VaultPolicy& policy, const VaultView& view,
                                     const DeleteDocument& deletion, CommandWrites& writes) {
  const DocumentWrite& write = deletion.write;
  const RequestIdentity identity{.operation = Operation::kDelete, .name = write.name};
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<Outcome> first,
                              AnswerAgain(view, write.request_id, identity));
  if (first.has_value()) return *std::move(first);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentHead> head, view.FindHead(write.name));
  if (!head.has_value() || head->latest.deleted) return DocumentNotFound(write.name);
  UNDERSTUDY_RETURN_IF_ERROR(CheckExpected(write.name, head, write.expected_revision));
  DocumentRevision revision{.info = NewInfo(write)};
  revision.info.deleted = true;
  revision.info.content_type = head->latest.content_type;
  UNDERSTUDY_ASSIGN_OR_RETURN(DocumentOutcome outcome,
                              Append(policy, view, head, std::move(revision), writes));
  UNDERSTUDY_RETURN_IF_ERROR(Remember(policy, view, write.request_id, identity, outcome, writes));
  return ToOutcome(std::move(outcome));
}

}  // namespace understudy::config_vault
