// Decodes whatever bytes as gRPC requests, and decides what comes of them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "services/checkpoint_store/checkpoint_codec.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

template <typename Request>
Request Parse(const uint8_t* data, size_t size) {
  Request request;
  (void)request.ParseFromArray(data, static_cast<int>(size));
  return request;
}

template <typename Decoded>
void Decide(CheckpointHarness& harness, absl::StatusOr<Decoded> decoded) {
  if (decoded.ok()) (void)harness.Apply(*std::move(decoded));
}

// The first byte chooses the request.
void Run(const uint8_t* data, size_t size) {
  CheckpointHarness harness(std::make_unique<MemoryCheckpointStore>());
  (void)harness.Enrolled(MakeEnrol(
      *Identifier::FromHex("00112233445566778899aabbccddeeff"), "meter-1", "factory content"));
  const CallOrigin origin{"192.0.2.1", "anna", absl::FromUnixSeconds(1)};
  const uint8_t kind = data[0] % 4;
  ++data;
  --size;
  if (kind == 0) Decide(harness, DecodeEnrol(Parse<v1::EnrolRequest>(data, size), origin));
  if (kind == 1) Decide(harness, DecodeFetch(Parse<v1::FetchRequest>(data, size), origin));
  if (kind == 3) Decide(harness, DecodeStage(Parse<v1::StageRequest>(data, size), origin));
  if (kind == 2) {
    const auto request = Parse<v1::StoreRequest>(data, size);
    Decide(harness, DecodeStore(request.header(), request.content(), origin));
  }
  const auto device = harness.DeviceById("meter-1");
  const v1::InspectResponse shown = EncodeInspect(*device, {}, false);
  // Whatever was sent, an operator's view holds no identifier.
  if (shown.SerializeAsString().find(device->current.ToHex()) != std::string::npos) std::abort();
}

}  // namespace
}  // namespace understudy::checkpoint_store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) understudy::checkpoint_store::Run(data, size);
  return 0;
}
