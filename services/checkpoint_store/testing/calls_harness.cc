#include "services/checkpoint_store/testing/calls_harness.h"

#include <utility>

namespace understudy::checkpoint_store {

CallsHarness::CallsHarness(const GuessPolicy& guard) {
  engine_ = *CheckpointEngine::Start({}, clock_, store_, directory_, source_, monitor_);
  calls_ = std::make_unique<CheckpointCalls>(guard, clock_, store_, directory_, *engine_, metrics_,
                                             monitor_);
}

absl::StatusOr<EnrolOutcome> CallsHarness::Enrol(const Identifier& identifier,
                                                 const std::string& device_id,
                                                 const std::string& content) {
  return Await<EnrolOutcome>([&](CheckpointCalls::Done<EnrolOutcome> done) {
    calls_->Enrol(MakeEnrol(identifier, device_id, content), std::move(done));
  });
}

absl::StatusOr<FetchReply> CallsHarness::Fetch(const Identifier& identifier) {
  return Await<FetchReply>([&](CheckpointCalls::Done<FetchReply> done) {
    calls_->Fetch(MakeFetch(identifier), std::move(done));
  });
}

}  // namespace understudy::checkpoint_store
