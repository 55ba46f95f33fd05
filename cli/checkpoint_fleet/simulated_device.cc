#include "cli/checkpoint_fleet/simulated_device.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

DeviceConnection* Radio(void* context) { return static_cast<DeviceConnection*>(context); }

checkpoint_port PortOf(DeviceConnection& connection) {
  checkpoint_port port = {};
  port.context = &connection;
  port.connect = [](void* c) { return Radio(c)->Connect(); };
  port.send = [](void* c, const uint8_t* b, size_t s) { return Radio(c)->Send(b, s); };
  port.receive = [](void* c, uint8_t* b, size_t s) { return Radio(c)->Receive(b, s); };
  port.disconnect = [](void* c) { Radio(c)->Disconnect(); };
  port.sha256 = [](void*, const uint8_t* bytes, size_t size, uint8_t* digest) {
    const Sha256 hash = Sha256Of(std::string_view(reinterpret_cast<const char*>(bytes), size));
    std::memcpy(digest, hash.data(), hash.size());
  };
  port.random = [](void*, uint8_t* b, size_t s) { return RAND_bytes(b, static_cast<int>(s)) == 1; };
  return port;
}

const char* ResultName(checkpoint_result result) {
  switch (result) {
    case CHECKPOINT_NO_ANSWER:
      return "no answer";
    case CHECKPOINT_LATER:
      return "the store asks to wait";
    case CHECKPOINT_NONE:
      return "no checkpoint";
    case CHECKPOINT_TOO_SMALL:
      return "larger than the device's memory";
    case CHECKPOINT_CONFLICT:
      return "claimed by another";
    case CHECKPOINT_LOST:
      return "identifier unknown or dead";
    default:
      return "refused";
  }
}

bool SendAll(DeviceConnection& connection, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const int32_t sent =
        connection.Send(reinterpret_cast<const uint8_t*>(text.data()) + at, text.size() - at);
    if (sent <= 0) return false;
    at += static_cast<size_t>(sent);
  }
  return true;
}

bool ReadAnswer(DeviceConnection& connection, checkpoint_response& response) {
  std::array<uint8_t, 1'024> bytes;
  checkpoint_response_begin(&response, false, nullptr, nullptr);
  for (;;) {
    const int32_t received = connection.Receive(bytes.data(), bytes.size());
    if (received <= 0) return false;
    size_t used = 0;
    const auto result =
        checkpoint_response_feed(&response, bytes.data(), static_cast<size_t>(received), &used);
    if (result != CHECKPOINT_RESPONSE_MORE) return result == CHECKPOINT_RESPONSE_DONE;
  }
}

}  // namespace

std::string ResultText(checkpoint_result result, const checkpoint_client& client) {
  if (client.http_status == 0) return ResultName(result);
  return absl::StrCat(ResultName(result), " (status ", client.http_status,
                      client.response.reason[0] == '\0' ? "" : " ", client.response.reason, ")");
}

SimulatedDevice::SimulatedDevice(const DeviceSettings& settings, const StoreAddress& address,
                                 SSL_CTX* tls)
    : settings_(settings), connection_(address, tls, settings.timeout), port_(PortOf(connection_)) {
  checkpoint_client_init(&client_, &port_, &retained_);
}

absl::Status SimulatedDevice::Put(const std::string& identifier, const std::string& device_id,
                                  const std::string& token) {
  std::string request = absl::StrCat(
      "PUT /", identifier, " HTTP/1.1\r\nHost: checkpoint-store\r\nDevice-Id: ", device_id,
      "\r\nContent-Length: ", acknowledged_.size(), "\r\n");
  if (!token.empty()) absl::StrAppend(&request, "Authorization: Bearer ", token, "\r\n");
  absl::StrAppend(
      &request, "\r\n",
      absl::string_view(reinterpret_cast<const char*>(acknowledged_.data()), acknowledged_.size()));
  checkpoint_response response;
  const bool answered =
      connection_.Connect() && SendAll(connection_, request) && ReadAnswer(connection_, response);
  connection_.Disconnect();
  if (!answered) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_ANSWER",
                     absl::StrCat("the store did not answer the PUT of ", device_id));
  }
  if (response.status == 201) return absl::OkStatus();
  const bool rights = response.status == 401 || response.status == 403;
  return MakeError(
      rights ? absl::StatusCode::kPermissionDenied : absl::StatusCode::kFailedPrecondition,
      response.reason[0] == '\0' ? "REFUSED" : response.reason,
      absl::StrCat("the store refused the PUT of ", device_id, ": status ", response.status));
}

absl::Status SimulatedDevice::Enrol(const std::string& device_id, const std::string& token) {
  std::array<uint8_t, 16> identifier;
  acknowledged_.resize(settings_.memory_bytes);
  if (RAND_bytes(identifier.data(), identifier.size()) != 1 ||
      RAND_bytes(acknowledged_.data(), static_cast<int>(acknowledged_.size())) != 1) {
    return MakeError(absl::StatusCode::kInternal, "NO_CHANCE", "no random bytes to be had");
  }
  sent_ = acknowledged_;
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(identifier.data()), identifier.size()));
  UNDERSTUDY_RETURN_IF_ERROR(Put(hex, device_id, token));
  checkpoint_provision(&client_, hex.c_str());
  return absl::OkStatus();
}

SimulatedDevice::Cycle SimulatedDevice::Run() {
  // The counters go on; all else of the client was in memory that sleep has wiped.
  const uint32_t sent = client_.bytes_sent;
  const uint32_t received = client_.bytes_received;
  checkpoint_client_init(&client_, &port_, &retained_);
  client_.bytes_sent = sent;
  client_.bytes_received = received;
  memory_.assign(settings_.memory_bytes, 0);
  checkpoint_fetched fetched;
  const checkpoint_result result =
      checkpoint_download(&client_, nullptr, memory_.data(), memory_.size(), &fetched);
  Cycle cycle;
  if (result == CHECKPOINT_OK) {
    cycle = Store(fetched);
  } else {
    cycle.failure = absl::StrCat("GET: ", ResultText(result, client_));
  }
  checkpoint_client_close(&client_);
  return cycle;
}

SimulatedDevice::Cycle SimulatedDevice::Store(const checkpoint_fetched& fetched) {
  Cycle cycle;
  memory_.resize(fetched.size);
  cycle.from_operator = fetched.from_operator && memory_ != acknowledged_;
  cycle.mismatch = !cycle.from_operator && memory_ != acknowledged_ && memory_ != sent_;
  if (cycle.mismatch) cycle.failure = "GET: what came back was never stored";
  const std::vector<uint8_t> base = memory_;
  if (!memory_.empty()) {
    std::array<uint8_t, 8> at;
    RAND_bytes(at.data(), at.size());
    uint64_t place = 0;
    std::memcpy(&place, at.data(), at.size());
    const size_t size = std::min(settings_.changed_bytes, memory_.size());
    RAND_bytes(memory_.data() + place % (memory_.size() - size + 1), static_cast<int>(size));
  }
  sent_ = memory_;
  checkpoint_upload_options options = {};
  options.base = base.data();
  options.base_fetched = &fetched;
  options.next_wake_seconds =
      static_cast<uint32_t>(std::max<int64_t>(1, absl::ToInt64Seconds(settings_.interval)));
  options.battery_millivolts = 3'000;
  const checkpoint_result result =
      checkpoint_upload(&client_, memory_.data(), memory_.size(), &options);
  if (result == CHECKPOINT_OK) {
    acknowledged_ = memory_;
  } else if (cycle.failure.empty()) {
    cycle.failure = absl::StrCat("POST: ", ResultText(result, client_));
  }
  return cycle;
}

}  // namespace understudy::cli
