#include "tests/linearizability/recorder.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::linearizability {
namespace {

using Outcome = Operation::Outcome;

constexpr char kOpaque[] = "text/plain";

std::optional<uint64_t> CurrentRevision(const absl::Status& refusal) {
  const ErrorMetadataMap metadata = ErrorMetadata(refusal);
  const auto found = metadata.find("current_revision");
  uint64_t revision = 0;
  if (found == metadata.end() || !absl::SimpleAtoi(found->second, &revision)) return std::nullopt;
  return revision;
}

}  // namespace

void Recorder::Add(const std::string& document, Operation operation) {
  absl::MutexLock lock(&mutex_);
  acknowledged_ += operation.kind != Operation::Kind::kGet && operation.outcome == Outcome::kDone;
  histories_[document].push_back(std::move(operation));
}

Histories Recorder::Take() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(histories_, {});
}

std::vector<std::string> Recorder::documents() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> names;
  names.reserve(histories_.size());
  for (const auto& [name, history] : histories_) names.push_back(name);
  return names;
}

size_t Recorder::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return acknowledged_;
}

Operation RecordingClient::Begin(Operation::Kind kind) const {
  Operation operation;
  operation.kind = kind;
  operation.client = number_;
  operation.called_at = cli::SteadyNow().nanoseconds();
  return operation;
}

absl::Status RecordingClient::EndWrite(const std::string& document, Operation operation,
                                       const absl::Status& status, uint64_t revision) {
  operation.answered_at = cli::SteadyNow().nanoseconds();
  if (status.ok()) {
    operation.outcome = Outcome::kDone;
    operation.revision = last_revision_ = revision;
  } else if (ErrorReason(status) == "REVISION_MISMATCH") {
    operation.outcome = Outcome::kRefused;
    operation.revision = CurrentRevision(status);
    last_revision_ = operation.revision.value_or(0);
  }
  recorder_.Add(document, std::move(operation));
  return status;
}

absl::Status RecordingClient::Put(const std::string& document, const std::string& value,
                                  std::optional<uint64_t> expected_revision) {
  config_vault::v1::PutRequest request;
  request.set_name(document);
  request.set_content(value);
  request.set_content_type(kOpaque);
  if (expected_revision.has_value()) request.set_expected_revision(*expected_revision);
  Operation operation = Begin(Operation::Kind::kPut);
  operation.value = value;
  operation.expected_revision = expected_revision;
  const auto response = vault_.Put(request);
  return EndWrite(document, std::move(operation), response.status(),
                  response.ok() ? response->info().revision() : 0);
}

absl::Status RecordingClient::Delete(const std::string& document,
                                     std::optional<uint64_t> expected_revision) {
  config_vault::v1::DeleteRequest request;
  request.set_name(document);
  if (expected_revision.has_value()) request.set_expected_revision(*expected_revision);
  Operation operation = Begin(Operation::Kind::kDelete);
  operation.expected_revision = expected_revision;
  const auto response = vault_.Delete(request);
  if (ErrorReason(response.status()) == "DOCUMENT_NOT_FOUND") {
    // It saw that there is none, which is what a read would have seen.
    operation.kind = Operation::Kind::kGet;
    operation.outcome = Outcome::kDone;
    operation.expected_revision.reset();
    operation.answered_at = cli::SteadyNow().nanoseconds();
    last_revision_ = 0;
    recorder_.Add(document, std::move(operation));
    return response.status();
  }
  return EndWrite(document, std::move(operation), response.status(),
                  response.ok() ? response->info().revision() : 0);
}

absl::StatusOr<config_vault::v1::GetResponse> RecordingClient::Ask(
    const config_vault::v1::GetRequest& request) {
  if (number_ % 2 == 0) return vault_.Get(request);
  absl::StatusOr<config_vault::v1::GetResponse> response = absl::UnknownError("not answered");
  const absl::Status status = vault_.GetMany({request}, [&](size_t, auto answer) {
    response = std::move(answer);
    return absl::OkStatus();
  });
  return status.ok() ? std::move(response) : status;
}

absl::Status RecordingClient::Get(const std::string& document) {
  config_vault::v1::GetRequest request;
  request.set_name(document);
  Operation operation = Begin(Operation::Kind::kGet);
  const auto response = Ask(request);
  const bool none = ErrorReason(response.status()) == "DOCUMENT_NOT_FOUND";
  if (!response.ok() && !none) return response.status();
  operation.outcome = Outcome::kDone;
  operation.answered_at = cli::SteadyNow().nanoseconds();
  last_revision_ = 0;
  if (response.ok()) {
    operation.value = response->content();
    operation.revision = last_revision_ = response->info().revision();
  }
  recorder_.Add(document, std::move(operation));
  return response.status();
}

}  // namespace understudy::linearizability
