#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "services/station_agent/runtime/link/framing.h"

namespace understudy::station_agent::runtime {
namespace {

// The first byte says how the rest arrives.
void Feed(Framer& framer, std::string_view bytes, size_t piece) {
  while (!bytes.empty()) {
    framer.Append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (piece % 2 == 0) framer.OnSilence();
    for (auto frame = framer.Next(); frame.ok() && frame->has_value(); frame = framer.Next()) {
      if (!framer.Encode(**frame).ok() && framer.silence() == absl::InfiniteDuration()) {
        __builtin_trap();  // what was decoded can be encoded
      }
    }
  }
}

}  // namespace
}  // namespace understudy::station_agent::runtime

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace runtime = understudy::station_agent::runtime;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t piece = 1 + data[0];
  for (const int width : {1, 2, 4}) {
    runtime::Feed(*runtime::MakeLengthPrefixedFramer(width, 1000), bytes, piece);
  }
  runtime::Feed(*runtime::MakeDelimiterFramer("\r\n", 100), bytes, piece);
  runtime::ModbusRtuFramer modbus(absl::Milliseconds(2));
  runtime::Feed(modbus, bytes, piece);
  return 0;
}
