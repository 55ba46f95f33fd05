#ifndef UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CLAIM_LINE_H_
#define UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CLAIM_LINE_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/client_stream.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::failover_orchestrator {

// A stream to the vault that is kept open for claims, because to begin a call takes longer than to
// send a message on one. It is proven once the vault has answered on it, which a rehearsal is for:
// a vault that knows no such streams is not waited for. Thread-safe.
class ClaimLine : public std::enable_shared_from_this<ClaimLine> {
 public:
  using Stub = config_vault::v1::Registry::Stub;
  // Called once, on any thread; must not block.
  using Answer = absl::AnyInvocable<void(absl::StatusOr<config_vault::v1::ClaimDutyResponse>)>;

  // `stub` must outlive Stop. `timeout` is each claim's.
  static std::shared_ptr<ClaimLine> Make(Stub& stub, absl::Duration timeout);

  // Opens the stream where it is not open.
  void Open();
  // Whether the vault has answered on the stream that is open.
  bool IsProven() const;
  // Answers with the vault's error as ClaimDuty would have, or, where nobody knows whether the
  // claim was made, UNAVAILABLE CLAIM_LINE_BROKEN or DEADLINE_EXCEEDED CLAIM_UNANSWERED.
  void Send(config_vault::v1::ClaimDutyRequest claim, Answer answer);

  // Ends the stream. What waits is answered with CANCELLED; no answer runs when this has returned.
  void Stop();

 private:
  using Request = config_vault::v1::ClaimDutiesRequest;
  using Response = config_vault::v1::ClaimDutiesResponse;
  using Stream = rpc::ClientStream<Request, Response>;

  ClaimLine(Stub& stub, absl::Duration timeout) : stub_(stub), timeout_(timeout) {}

  void OnResponse(uint64_t stream_number, Response response);
  void OnEnd(uint64_t stream_number, const absl::Status& status);
  // Answers a claim, unless that has been done.
  void Finish(uint64_t number, absl::StatusOr<config_vault::v1::ClaimDutyResponse> result);
  void FinishAll(const absl::Status& status);

  Stub& stub_;
  const absl::Duration timeout_;
  mutable absl::Mutex mutex_;
  // Null: none is open.
  std::shared_ptr<Stream> stream_ ABSL_GUARDED_BY(mutex_);
  uint64_t stream_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool proven_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t last_claim_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Answer> waiting_ ABSL_GUARDED_BY(mutex_);
  // Answers that have yet to return.
  int answering_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace understudy::failover_orchestrator

#endif  // UNDERSTUDY_SERVICES_FAILOVER_ORCHESTRATOR_CLAIM_LINE_H_
