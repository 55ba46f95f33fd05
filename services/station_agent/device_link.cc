#include "services/station_agent/device_link.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/station_agent/runtime/link/serial_port.h"
#include "services/station_agent/runtime/link/socket.h"
#include "services/station_agent/runtime/link/tls_link.h"

namespace understudy::station_agent {
namespace {

constexpr size_t kLargestAnswer = 4096;
// Bytes of a wrong answer that an error shows.
constexpr size_t kShown = 32;

std::unique_ptr<runtime::Framer> MakeFramer(const WatchedDevice& device) {
  switch (device.framing) {
    case ProbeFraming::kNone:
      return nullptr;
    case ProbeFraming::kLine:
      return runtime::MakeDelimiterFramer("\n", kLargestAnswer);
    case ProbeFraming::kLength16:
      return runtime::MakeLengthPrefixedFramer(2, kLargestAnswer);
    case ProbeFraming::kModbusRtu:
      return std::make_unique<runtime::ModbusRtuFramer>(
          runtime::ModbusSilence(device.address.line));
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<runtime::Link>> DeviceLink::OpenTls(SteadyTime deadline) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::shared_ptr<SSL_CTX> context,
                              contexts_.Get(device_.certificate_authority_file));
  const DeviceAddress& address = device_.address;
  UNDERSTUDY_ASSIGN_OR_RETURN(std::unique_ptr<runtime::Link> tcp,
                              runtime::ConnectTcp({address.host, address.port}, deadline));
  return runtime::ConnectTls(std::move(tcp), context.get(), address.host, deadline);
}

absl::StatusOr<std::unique_ptr<runtime::Link>> DeviceLink::Connect(SteadyTime deadline) {
  const DeviceAddress& address = device_.address;
  switch (address.transport) {
    case DeviceTransport::kTcp:
      return runtime::ConnectTcp({address.host, address.port}, deadline);
    case DeviceTransport::kTls:
      return OpenTls(deadline);
    case DeviceTransport::kUdp:
      return runtime::ConnectUdp({address.host, address.port}, deadline);
    case DeviceTransport::kSerial:
      return runtime::OpenSerialPort(address.path, address.line);
  }
  return absl::InternalError("an address of no kind");
}

absl::Status DeviceLink::Open(SteadyTime deadline) {
  UNDERSTUDY_ASSIGN_OR_RETURN(link_, Connect(deadline));
  framer_ = MakeFramer(device_);
  return absl::OkStatus();
}

void DeviceLink::Close() {
  if (link_ != nullptr) link_->Close();
  link_.reset();
  framer_.reset();
}

absl::StatusOr<std::string> DeviceLink::AskFramed(SteadyTime deadline) {
  runtime::FramedLink framed(*link_, *framer_);
  UNDERSTUDY_RETURN_IF_ERROR(framed.WriteFrame(device_.request, deadline));
  return framed.ReadFrame(deadline);
}

// As many bytes as are expected, in however many pieces they come.
absl::StatusOr<std::string> DeviceLink::AskPlain(SteadyTime deadline) {
  UNDERSTUDY_RETURN_IF_ERROR(link_->Write(device_.request, deadline));
  const size_t wanted = std::max<size_t>(1, device_.answer.size());
  std::array<char, kLargestAnswer> buffer;
  std::string answer;
  while (answer.size() < wanted) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const size_t size, link_->Read(buffer, deadline));
    answer.append(buffer.data(), size);
  }
  return answer;
}

absl::Status DeviceLink::Ask(SteadyTime deadline) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string answer,
                              framer_ != nullptr ? AskFramed(deadline) : AskPlain(deadline));
  if (absl::StartsWith(answer, device_.answer)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("it answers ", absl::BytesToHexString(answer.substr(0, kShown)), ", expected ",
                   absl::BytesToHexString(device_.answer)));
}

absl::Status DeviceLink::Probe(SteadyTime deadline) {
  const bool was_open = link_ != nullptr;
  absl::Status status = was_open ? absl::OkStatus() : Open(deadline);
  if (status.ok() && !device_.request.empty()) status = Ask(deadline);
  if (device_.request.empty() || !status.ok()) Close();
  // Devices close links that were silent for a while. That is no sign of absence: once more.
  const bool was_closed = absl::IsOutOfRange(status) || absl::IsUnavailable(status);
  return was_open && was_closed ? Probe(deadline) : status;
}

}  // namespace understudy::station_agent
