#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CODEC_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CODEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/checkpoint_calls.h"
#include "services/checkpoint_store/command.h"
#include "services/checkpoint_store/overdue_tracker.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.pb.h"
#include "understudy/checkpoint_store/v1/checkpoints.pb.h"

// Requests of gRPC to commands, and what came of them to answers. Errors in form are
// INVALID_ARGUMENT with the reasons of the protos.
namespace understudy::checkpoint_store {

// Of whom the request comes, and when.
struct CallOrigin {
  // An address.
  std::string source = {};
  // Of an operator; empty for others.
  std::string operator_name = {};
  absl::Time time = absl::UnixEpoch();
};

absl::StatusOr<Enrol> DecodeEnrol(const v1::EnrolRequest& request, const CallOrigin& origin);
absl::StatusOr<Fetch> DecodeFetch(const v1::FetchRequest& request, const CallOrigin& origin);
absl::StatusOr<Store> DecodeStore(const v1::StoreHeader& header, std::string content,
                                  const CallOrigin& origin);
absl::StatusOr<Stage> DecodeStage(const v1::StageRequest& request, const CallOrigin& origin);

v1::EnrolResponse EncodeEnrol(const EnrolOutcome& outcome);
v1::FetchHeader EncodeFetchHeader(const FetchOutcome& outcome);
v1::StoreResponse EncodeStore(const StoreOutcome& outcome);

v1::Device EncodeDevice(const Device& device, const OverduePolicy& policy, bool is_overdue);
v1::InspectResponse EncodeInspect(const Device& device, const OverduePolicy& policy,
                                  bool is_overdue);
v1::Generation EncodeGeneration(const Generation& generation);
v1::StagedCheckpoint EncodeStaged(const StagedChange& staged);
v1::Event EncodeEvent(const Event& event);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_CODEC_H_
