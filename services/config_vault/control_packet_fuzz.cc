// Whatever arrives, decoding must neither crash nor accept anything that our key did not make.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "services/config_vault/control_links.h"

namespace {

using understudy::config_vault::ControlBeatKey;
using understudy::config_vault::ControlLinks;
using understudy::config_vault::ControlPacket;
using understudy::config_vault::ControlResult;

void Expect(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto key = ControlBeatKey("the fuzzer's secret");
  ControlPacket packet;
  const std::span<const uint8_t> bytes(data, size);
  if (DecodeControlPacket(bytes, key, packet) == ControlResult::kOk) {
    ControlPacket again;
    Expect(DecodeControlPacket(EncodeControlPacket(packet, key), key, again) ==
           ControlResult::kOk);
    Expect(again == packet);
  }
  ControlLinks links("control-1", 1, key);
  links.SetPeers({"control-2"});
  const auto received = links.Receive(bytes);
  Expect(received.result == ControlResult::kOk || received.from.empty());
  return 0;
}
