#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_FRAMING_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_FRAMING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/station_agent/runtime/link/link.h"

namespace understudy::station_agent::runtime {

// Where frames begin and end in a stream of bytes. Pure: bytes and silence come in. Frames are at
// most as long as the framer was told; a longer one fails with RESOURCE_EXHAUSTED, and the stream
// cannot be read any further.
class Framer {
 public:
  virtual ~Framer() = default;

  virtual void Append(std::string_view bytes) = 0;
  // The next complete frame, without what delimits it.
  virtual absl::StatusOr<std::optional<std::string>> Next() = 0;
  // What to send for a frame. INVALID_ARGUMENT when it cannot be framed.
  virtual absl::StatusOr<std::string> Encode(std::string_view frame) const = 0;
  // After this long without a byte, OnSilence is due. Infinite: silence means nothing.
  virtual absl::Duration silence() const { return absl::InfiniteDuration(); }
  virtual void OnSilence() {}
  // Whether a frame has begun.
  virtual bool in_frame() const = 0;
};

// A big-endian length of 1, 2 or 4 bytes, then so many bytes.
std::unique_ptr<Framer> MakeLengthPrefixedFramer(int width, size_t largest);
// Bytes up to a delimiter, such as "\n", which frames do not contain.
std::unique_ptr<Framer> MakeDelimiterFramer(std::string delimiter, size_t largest);
// Modbus RTU: what arrives without a longer silence in between is a frame, with a CRC at its end.
// Frames with a wrong CRC are dropped and counted, as the protocol has it.
class ModbusRtuFramer final : public Framer {
 public:
  explicit ModbusRtuFramer(absl::Duration silence) : silence_(silence) {}

  void Append(std::string_view bytes) override;
  absl::StatusOr<std::optional<std::string>> Next() override;
  absl::StatusOr<std::string> Encode(std::string_view frame) const override;
  absl::Duration silence() const override { return silence_; }
  void OnSilence() override;
  bool in_frame() const override { return !arriving_.empty(); }

  uint64_t dropped() const { return dropped_; }
  static uint16_t Crc(std::string_view bytes);

 private:
  static constexpr size_t kLargest = 256;

  const absl::Duration silence_;
  std::string arriving_;
  std::optional<std::string> complete_;
  uint64_t dropped_ = 0;
};

// Frames over a link. One reads, another may write. Neither is owned.
class FramedLink {
 public:
  FramedLink(Link& link, Framer& framer) : link_(link), framer_(framer) {}

  absl::StatusOr<std::string> ReadFrame(SteadyTime deadline);
  absl::Status WriteFrame(std::string_view frame, SteadyTime deadline);

 private:
  Link& link_;
  Framer& framer_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_FRAMING_H_
