// The peer's memory, filled with anything: a mailbox is read from it, and what is whole is decoded.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "services/station_agent/link/link_frames.h"
#include "services/station_agent/link/station_link_mailbox.h"

namespace {

namespace agent = understudy::station_agent;

constexpr size_t kCapacity = 2048;

void Decode(uint8_t which, const station_link_frame& frame, std::string_view data) {
  switch (which % 4) {
    case 0:
      (void)agent::DecodeAnswer(frame, data);
      break;
    case 1:
      (void)agent::DecodeConfiguration(frame, data);
      break;
    case 2:
      (void)agent::DecodeIndicators(frame, data);
      break;
    default:
      (void)agent::DecodeChildren(frame, data);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const uint8_t which = data[0];
  const uint8_t kind = data[1];
  const std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);

  // A frame that is whole, with any content.
  station_link_frame frame = {};
  frame.kind = kind;
  frame.length = static_cast<uint32_t>(rest.size());
  Decode(which, frame, rest);

  // Memory that is nonsense from the start.
  station_link_mailbox control = {};
  std::vector<uint8_t> memory(2 * kCapacity);
  std::memcpy(&control, rest.data(), std::min(rest.size(), sizeof control));
  const station_link_box box = {&control, memory.data(), kCapacity, -1, 0};
  std::vector<uint8_t> buffer(kCapacity);
  if (station_link_mailbox_read(&box, 0, &frame, buffer.data(), buffer.size()) == 0) {
    Decode(which, frame,
           std::string_view(reinterpret_cast<const char*>(buffer.data()), frame.length));
  }
  return 0;
}
