#include "services/station_agent/runtime/link/framing.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "common/time/system_clock.h"

namespace understudy::station_agent::runtime {
namespace {

absl::Status TooLong(size_t size, size_t largest) {
  return absl::ResourceExhaustedError(
      absl::StrCat("a frame of ", size, " bytes, the largest allowed is ", largest));
}

class LengthPrefixedFramer final : public Framer {
 public:
  LengthPrefixedFramer(int width, size_t largest)
      : width_(static_cast<size_t>(width)),
        largest_(std::min(largest, (size_t{1} << (8 * width_)) - 1)) {}

  void Append(std::string_view bytes) override { buffer_.append(bytes); }

  absl::StatusOr<std::optional<std::string>> Next() override {
    if (buffer_.size() < width_) return std::nullopt;
    size_t size = 0;
    for (size_t i = 0; i < width_; ++i) size = size << 8 | static_cast<uint8_t>(buffer_[i]);
    if (size > largest_) return TooLong(size, largest_);
    if (buffer_.size() < width_ + size) return std::nullopt;
    std::string frame = buffer_.substr(width_, size);
    buffer_.erase(0, width_ + size);
    return std::optional<std::string>(std::move(frame));
  }

  absl::StatusOr<std::string> Encode(std::string_view frame) const override {
    if (frame.size() > largest_) return TooLong(frame.size(), largest_);
    std::string encoded;
    for (size_t i = width_; i-- > 0;) encoded += static_cast<char>(frame.size() >> (8 * i));
    encoded.append(frame);
    return encoded;
  }
  bool in_frame() const override { return !buffer_.empty(); }

 private:
  const size_t width_;
  const size_t largest_;
  std::string buffer_;
};

class DelimiterFramer final : public Framer {
 public:
  DelimiterFramer(std::string delimiter, size_t largest)
      : delimiter_(std::move(delimiter)), largest_(largest) {}

  void Append(std::string_view bytes) override { buffer_.append(bytes); }

  absl::StatusOr<std::optional<std::string>> Next() override {
    const size_t end = buffer_.find(delimiter_, searched_);
    if (end == std::string::npos) {
      // The delimiter may be half there.
      searched_ = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
      if (searched_ > largest_) return TooLong(searched_, largest_);
      return std::nullopt;
    }
    if (end > largest_) return TooLong(end, largest_);
    std::string frame = buffer_.substr(0, end);
    buffer_.erase(0, end + delimiter_.size());
    searched_ = 0;
    return std::optional<std::string>(std::move(frame));
  }

  absl::StatusOr<std::string> Encode(std::string_view frame) const override {
    if (frame.size() > largest_) return TooLong(frame.size(), largest_);
    if (frame.find(delimiter_) != std::string_view::npos) {
      return absl::InvalidArgumentError("the frame contains its delimiter");
    }
    return std::string(frame) + delimiter_;
  }
  bool in_frame() const override { return !buffer_.empty(); }

 private:
  const std::string delimiter_;
  const size_t largest_;
  std::string buffer_;
  size_t searched_ = 0;
};

}  // namespace

std::unique_ptr<Framer> MakeLengthPrefixedFramer(int width, size_t largest) {
  return std::make_unique<LengthPrefixedFramer>(width, largest);
}

std::unique_ptr<Framer> MakeDelimiterFramer(std::string delimiter, size_t largest) {
  return std::make_unique<DelimiterFramer>(std::move(delimiter), largest);
}

void ModbusRtuFramer::Append(std::string_view bytes) {
  // One byte more than the largest is enough to know that it is none.
  arriving_.append(bytes.substr(0, kLargest + 1 - std::min(kLargest + 1, arriving_.size())));
}

void ModbusRtuFramer::OnSilence() {
  std::string frame = std::exchange(arriving_, {});
  if (frame.empty()) return;
  const bool sized = frame.size() >= 4 && frame.size() <= kLargest;
  if (!sized || Crc(frame) != 0) {
    ++dropped_;
    return;
  }
  frame.resize(frame.size() - 2);
  complete_ = std::move(frame);
}

absl::StatusOr<std::optional<std::string>> ModbusRtuFramer::Next() {
  return std::exchange(complete_, std::nullopt);
}

absl::StatusOr<std::string> ModbusRtuFramer::Encode(std::string_view frame) const {
  if (frame.size() < 2 || frame.size() + 2 > kLargest) return TooLong(frame.size(), kLargest - 2);
  const uint16_t crc = Crc(frame);
  std::string encoded(frame);
  encoded += static_cast<char>(crc & 0xff);
  encoded += static_cast<char>(crc >> 8);
  return encoded;
}

// Of a frame with its own CRC behind it this is 0.
uint16_t ModbusRtuFramer::Crc(std::string_view bytes) {
  uint16_t crc = 0xffff;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1);
    }
  }
  return crc;
}

absl::StatusOr<std::string> FramedLink::ReadFrame(SteadyTime deadline) {
  std::array<char, 1024> buffer;
  while (true) {
    auto frame = framer_.Next();
    if (!frame.ok()) return frame.status();
    if (frame->has_value()) return **std::move(frame);
    SteadyTime until = deadline;
    if (framer_.in_frame() && framer_.silence() != absl::InfiniteDuration()) {
      until = std::min(deadline, SystemClock().SteadyNow() + framer_.silence());
    }
    const auto size = link_.Read(buffer, until);
    if (size.ok()) {
      framer_.Append(std::string_view(buffer.data(), *size));
    } else if (absl::IsDeadlineExceeded(size.status()) && until < deadline) {
      framer_.OnSilence();
    } else {
      return size.status();
    }
  }
}

absl::Status FramedLink::WriteFrame(std::string_view frame, SteadyTime deadline) {
  const auto encoded = framer_.Encode(frame);
  if (!encoded.ok()) return encoded.status();
  return link_.Write(*encoded, deadline);
}

}  // namespace understudy::station_agent::runtime
