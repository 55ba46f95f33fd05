// Sends whatever bytes as messages to every call of the whole gRPC service, and holds that each
// call ends, an error has its reason, and the device that nobody may touch is untouched.
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/checkpoint_store/checkpoint_admin_service.h"
#include "services/checkpoint_store/checkpoints_service.h"
#include "services/checkpoint_store/energy_advisor_service.h"
#include "services/checkpoint_store/testing/calls_harness.h"

namespace understudy::checkpoint_store {
namespace {

constexpr std::string_view kSecret = "5ec4e75ec4e75ec4e75ec4e75ec4e75e";
constexpr std::string_view kContent = "content of somebody else";

struct FuzzedCall {
  const char* method;
  // The call goes on until it is cancelled.
  bool is_endless = false;
};
constexpr std::array<FuzzedCall, 16> kCalls = {{
    {"Checkpoints/Probe"},
    {"Checkpoints/Enrol"},
    {"Checkpoints/Fetch"},
    {"Checkpoints/Store"},
    {"Checkpoints/FetchStream"},
    {"Checkpoints/StoreStream"},
    {"CheckpointAdmin/List"},
    {"CheckpointAdmin/Inspect"},
    {"CheckpointAdmin/Generations"},
    {"CheckpointAdmin/Read"},
    {"CheckpointAdmin/Stage"},
    {"CheckpointAdmin/Withdraw"},
    {"CheckpointAdmin/Revoke"},
    {"CheckpointAdmin/GetSummary"},
    {"CheckpointAdmin/Watch", true},
    {"EnergyAdvisor/ComputeEnergy"},
}};

void Require(bool condition) {
  if (!condition) std::abort();
}

// All of the service over a store in memory, on loopback, and a channel to it.
class Service {
 public:
  Service() {
    google::protobuf::SetLogHandler(nullptr);  // What is no UTF-8 is refused, and told at length.
    Require(harness_.Enrol(*Identifier::FromHex("00112233445566778899aabbccddeeff"), "meter-1",
                           "factory").ok());
    Require(harness_.Enrol(*Identifier::FromHex(kSecret), "other", std::string(kContent)).ok());
    grpc::ServerBuilder builder;
    builder.RegisterService(&devices_);
    builder.RegisterService(&admin_);
    builder.RegisterService(&energy_);
    // Not in process: there a write to a stream that was refused waits for ever.
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = builder.BuildAndStart();
    stub_ = std::make_unique<grpc::GenericStub>(grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }

  // Sends the messages, reads all answers; how the call ended.
  grpc::Status Call(const FuzzedCall& call, const std::vector<std::string_view>& messages) {
    grpc::ClientContext context;
    const auto stream = stub_->PrepareCall(
        &context, std::string("/understudy.checkpoint_store.v1.") + call.method, &queue_);
    stream->StartCall(nullptr);
    bool open = Next();
    for (size_t i = 0; open && i < messages.size(); ++i) {
      grpc::Slice slice(messages[i].data(), messages[i].size());
      stream->Write(grpc::ByteBuffer(&slice, 1), nullptr);
      open = Next();
    }
    stream->WritesDone(nullptr);
    (void)Next();
    grpc::ByteBuffer answer;
    do {
      stream->Read(&answer, nullptr);
      open = Next();
      if (call.is_endless) context.TryCancel();
    } while (open);
    grpc::Status status;
    stream->Finish(&status, nullptr);
    (void)Next();
    return status;
  }

  // Nobody knows its identifier, and whoever names the device may shut it out, but not change what
  // it stored.
  void CheckOther() {
    const absl::StatusOr<FetchReply> reply = harness_.Fetch(*Identifier::FromHex(kSecret));
    if (reply.ok() && reply->outcome.info.number == 1) Require(reply->content == kContent);
  }

 private:
  bool Next() {
    void* tag = nullptr;
    bool ok = false;
    Require(queue_.Next(&tag, &ok));
    return ok;
  }

  CallsHarness harness_{{.source_budget = 1'000'000'000, .total_budget = 1e12}};
  const OperatorDirectory operators_{{}, {}};
  const GrpcCallers callers_{operators_, harness_.clock(), /*insecure=*/true};
  const AdminReads reads_{{}, harness_.directory(), harness_.store(), harness_.monitor(),
                          harness_.calls()};
  rpc::StreamGroup streams_;
  CheckpointsService devices_{harness_.calls(), callers_, 1 << 20, streams_};
  CheckpointAdminService admin_{{},       harness_.calls(),   reads_,  harness_.monitor(),
                                callers_, harness_.metrics(), streams_};
  EnergyAdvisorService energy_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
};

// The first byte chooses the call; the second says where the rest is cut into two messages, which
// matters to a stream alone.
void Run(std::string_view input) {
  static Service& service = *new Service();
  if (input.size() < 2) return;
  const FuzzedCall& call = kCalls[static_cast<uint8_t>(input[0]) % kCalls.size()];
  const size_t cut = static_cast<uint8_t>(input[1]);
  input.remove_prefix(2);
  std::vector<std::string_view> messages = {input.substr(0, cut)};
  if (cut == 0) messages = {input};
  if (cut > 0 && cut < input.size()) messages.push_back(input.substr(cut));
  const grpc::Status status = service.Call(call, messages);
  // What gRPC itself cannot read it refuses as INTERNAL; what it cannot pair, as UNIMPLEMENTED.
  const bool is_of_grpc = status.error_code() == grpc::StatusCode::INTERNAL ||
                          status.error_code() == grpc::StatusCode::UNIMPLEMENTED ||
                          status.error_code() == grpc::StatusCode::CANCELLED;
  Require(status.ok() || is_of_grpc || !ErrorReason(FromGrpcStatus(status)).empty());
  service.CheckOther();
}

}  // namespace
}  // namespace understudy::checkpoint_store

// Each is a call from thread to thread.
extern "C" int FuzzMutations() { return 2000; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  understudy::checkpoint_store::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
