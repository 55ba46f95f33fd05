#include "services/failover_orchestrator/claim_line.h"

#include <string>
#include <utility>

#include "common/rpc/grpc_timer.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"

namespace understudy::failover_orchestrator {

namespace vault = config_vault::v1;

std::shared_ptr<ClaimLine> ClaimLine::Make(Stub& stub, absl::Duration timeout) {
  return std::shared_ptr<ClaimLine>(new ClaimLine(stub, timeout));
}

void ClaimLine::Open() {
  absl::MutexLock lock(&mutex_);
  if (stopped_ || stream_ != nullptr) return;
  // The callbacks wait for the lock, should they come before the stream is put down here.
  stream_ = Stream::Start(
      *stub_.async(), &Stub::async::ClaimDuties,
      {.on_message = [self = shared_from_this(), number = ++stream_number_](
                         Response response) { self->OnResponse(number, std::move(response)); },
       .on_done = [self = shared_from_this(), number = stream_number_](
                      const absl::Status& status) { self->OnEnd(number, status); }});
}

bool ClaimLine::IsProven() const {
  absl::MutexLock lock(&mutex_);
  return stream_ != nullptr && proven_;
}

void ClaimLine::Send(vault::ClaimDutyRequest claim, Answer answer) {
  Request request;
  *request.mutable_claim() = std::move(claim);
  std::shared_ptr<Stream> stream;
  {
    absl::MutexLock lock(&mutex_);
    request.set_number(++last_claim_);
    waiting_.emplace(last_claim_, std::move(answer));
    stream = stream_;
  }
  const uint64_t number = request.number();
  if (stream == nullptr || !stream->Send(std::move(request))) {
    return Finish(number, MakeError(absl::StatusCode::kUnavailable, "CLAIM_LINE_BROKEN",
                                    "the stream to config-vault is broken"));
  }
  // It finds nothing to do where the claim has been answered: to cancel it would wake a thread
  // while a duty waits.
  (void)rpc::GrpcTimer::Start(timeout_, [self = shared_from_this(), number] {
    self->Finish(number, MakeError(absl::StatusCode::kDeadlineExceeded, "CLAIM_UNANSWERED",
                                   "config-vault has not answered a claim in time"));
  });
}

void ClaimLine::OnResponse(uint64_t stream_number, Response response) {
  {
    absl::MutexLock lock(&mutex_);
    if (stream_number == stream_number_) proven_ = true;
  }
  if (response.has_claimed()) {
    Finish(response.number(), std::move(*response.mutable_claimed()));
  } else if (const absl::Status refused = FromStatusProto(response.refused()); !refused.ok()) {
    Finish(response.number(), refused);
  }
}

void ClaimLine::OnEnd(uint64_t stream_number, const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    if (stream_number != stream_number_) return;
    stream_ = nullptr;
    proven_ = false;
  }
  FinishAll(MakeError(absl::StatusCode::kUnavailable, "CLAIM_LINE_BROKEN",
                      "the stream to config-vault broke off: " + std::string(status.message())));
}

void ClaimLine::Finish(uint64_t number, absl::StatusOr<vault::ClaimDutyResponse> result) {
  Answer answer;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) return;
    answer = std::move(found->second);
    waiting_.erase(found);
    ++answering_;
  }
  answer(std::move(result));
  absl::MutexLock lock(&mutex_);
  --answering_;
}

void ClaimLine::FinishAll(const absl::Status& status) {
  std::map<uint64_t, Answer> waiting;
  {
    absl::MutexLock lock(&mutex_);
    waiting.swap(waiting_);
    ++answering_;
  }
  for (auto& [number, answer] : waiting) answer(status);
  absl::MutexLock lock(&mutex_);
  --answering_;
}

void ClaimLine::Stop() {
  std::shared_ptr<Stream> stream;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    stream = std::exchange(stream_, nullptr);
  }
  if (stream != nullptr) stream->Cancel();
  FinishAll(absl::CancelledError("failover-orchestrator is shutting down"));
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* answering) { return *answering == 0; }, &answering_));
}

}  // namespace understudy::failover_orchestrator
