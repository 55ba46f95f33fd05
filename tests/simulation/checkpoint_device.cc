#include "tests/simulation/checkpoint_device.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"

namespace understudy::simulation {
namespace {

constexpr double kDelta = 0.5;
constexpr double kSecondName = 0.3;

// Whether a whole request has been sent.
bool Whole(const std::string& sent) {
  const size_t head = sent.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  const size_t at = sent.find("Content-Length: ");
  if (at > head) return true;
  size_t length = 0;
  const size_t begin = at + 16;
  const bool number =
      absl::SimpleAtoi(sent.substr(begin, sent.find("\r\n", begin) - begin), &length);
  return number && sent.size() >= head + 4 + length;
}

void Digest(void*, const uint8_t* bytes, size_t size, uint8_t* digest) {
  const Sha256 hash = Sha256Of(std::string_view(reinterpret_cast<const char*>(bytes), size));
  std::memcpy(digest, hash.data(), hash.size());
}

// "device 3 name night upload 17 ...": 600 bytes that say whose they are.
std::string Content(const std::string& id, const std::string& name, int upload) {
  std::string content = absl::StrCat("device ", id, " name [", name, "] upload ", upload, " ");
  content.resize(600, static_cast<char>('a' + upload % 26));
  return content;
}

const uint8_t* Bytes(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

CheckpointDevice::CheckpointDevice(std::string id, uint64_t seed, CheckpointNetwork& network)
    : id_(std::move(id)), random_(seed), network_(network) {}

checkpoint_port CheckpointDevice::Port() {
  using Self = CheckpointDevice;
  checkpoint_port port = {};
  port.context = this;
  port.connect = [](void* c) { return static_cast<Self*>(c)->Step(); };
  port.send = [](void* c, const uint8_t* b, size_t s) { return static_cast<Self*>(c)->Send(b, s); };
  port.receive = [](void* c, uint8_t* b, size_t s) { return static_cast<Self*>(c)->Receive(b, s); };
  port.disconnect = [](void* c) {
    static_cast<Self*>(c)->to_server_.clear();
    static_cast<Self*>(c)->to_device_.clear();
  };
  port.sha256 = Digest;
  port.random = [](void* c, uint8_t* b, size_t s) { return static_cast<Self*>(c)->Draw(b, s); };
  port.save = [](void* c, const checkpoint_retained* r) {
    Self* const self = static_cast<Self*>(c);
    if (!self->Step()) return false;
    self->saved_ = *r;
    return true;
  };
  return port;
}

bool CheckpointDevice::Step() {
  unplugged_ = unplugged_ || random_.Chance(pull_);
  return !unplugged_;
}

int32_t CheckpointDevice::Send(const uint8_t* bytes, size_t size) {
  if (!Step()) return -1;
  const size_t part = std::min(size, piece_);
  to_server_.append(reinterpret_cast<const char*>(bytes), part);
  if (Whole(to_server_)) {
    to_device_ = network_.Carry(id_, std::exchange(to_server_, {})).value_or("");
  }
  return static_cast<int32_t>(part);
}

int32_t CheckpointDevice::Receive(uint8_t* bytes, size_t size) {
  if (!Step()) return -1;
  const size_t part = std::min({size, piece_, to_device_.size()});
  std::memcpy(bytes, to_device_.data(), part);
  to_device_.erase(0, part);
  // Nothing (more) comes: the device's own time-out.
  return part == 0 ? -1 : static_cast<int32_t>(part);
}

bool CheckpointDevice::Draw(uint8_t* bytes, size_t size) {
  if (!Step()) return false;
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(random_.Next());
  // The claim, which is written where it is kept, stays its own.
  if (forced_.has_value() && bytes != retained_.claim) {
    std::fill_n(bytes, size, *std::exchange(forced_, std::nullopt));
  }
  return true;
}

void CheckpointDevice::Breach(const std::string& what) {
  if (breach_.empty()) breach_ = absl::StrCat("device ", id_, ": ", what);
}

// Only one refusal is to be borne: of two devices with one identifier the later one begins again.
void CheckpointDevice::OnRefusal(checkpoint_result result, const char* what) {
  if (result == CHECKPOINT_NO_ANSWER || result == CHECKPOINT_NOT_SAVED || unplugged_) return;
  if (result == CHECKPOINT_CONFLICT && memories_.empty()) {
    ++conflicts_;
    enrolled_ = false;
    identifier_.clear();
    checkpoint_forget(&client_);
    return;
  }
  Breach(absl::StrCat(what, " was refused: result ", static_cast<int>(result), ", status ",
                      client_.http_status, " ", client_.response.reason));
}

bool CheckpointDevice::Wake() {
  unplugged_ = false;
  retained_ = saved_;
  piece_ = random_.Chance(0.2) ? 1 + random_.Below(7) : 4'096;
  const checkpoint_port port = Port();
  checkpoint_client_init(&client_, &port, &retained_);
  const bool all = Enrol() && Cycle("") && (!random_.Chance(kSecondName) || Cycle("night"));
  checkpoint_client_close(&client_);
  return all && !unplugged_;
}

bool CheckpointDevice::Enrol() {
  const checkpoint_result result = checkpoint_enrol(&client_);
  if (result == CHECKPOINT_OK) {
    enrolled_ = true;
    return true;
  }
  identifier_ = checkpoint_identifier(&client_);
  if (result != CHECKPOINT_WAITING && !(unplugged_ && result == CHECKPOINT_REFUSED)) {
    OnRefusal(result, "enrolment");
  }
  return false;
}

void CheckpointDevice::CheckContent(const std::string& name, const std::string& content,
                                    bool from_operator) {
  if (from_operator) {
    if (!operators_.contains(content)) Breach("got what its operator never staged");
    ++staged_seen_;
    return;
  }
  const Memory& memory = memories_[name];
  // The last one that was acknowledged, or a later one that arrived without being so.
  for (int upload = memory.acknowledged; upload <= memory.sent; ++upload) {
    if (upload > 0 && content == Content(id_, name, upload)) return;
  }
  Breach(absl::StrCat("acknowledged ", memory.acknowledged, ", sent ", memory.sent, ", got \"",
                      content.substr(0, 50), "\""));
}

bool CheckpointDevice::Cycle(const std::string& name) {
  checkpoint_fetched fetched;
  const checkpoint_result result =
      checkpoint_download(&client_, name.c_str(), buffer_.data(), buffer_.size(), &fetched);
  if (result == CHECKPOINT_NONE) {
    if (memories_[name].acknowledged > 0) Breach("lost what was kept under " + name);
    return Upload(name, "", fetched, false);
  }
  if (result != CHECKPOINT_OK) {
    OnRefusal(result, "a download");
    return false;
  }
  const std::string content(reinterpret_cast<const char*>(buffer_.data()), fetched.size);
  CheckContent(name, content, fetched.from_operator);
  return Upload(name, content, fetched, random_.Chance(kDelta));
}

bool CheckpointDevice::Upload(const std::string& name, const std::string& base,
                              const checkpoint_fetched& fetched, bool delta) {
  Memory& memory = memories_[name];
  const std::string content = Content(id_, name, ++memory.sent);
  checkpoint_upload_options options = {};
  options.name = name.c_str();
  options.next_wake_seconds = 20;
  options.battery_millivolts = 2'900;
  if (delta) {
    options.base = Bytes(base);
    options.base_fetched = &fetched;
  }
  const checkpoint_result result =
      checkpoint_upload(&client_, Bytes(content), content.size(), &options);
  if (result != CHECKPOINT_OK) {
    OnRefusal(result, "an upload");
    return false;
  }
  memory.acknowledged = memory.sent;
  ++acknowledged_;
  return true;
}

}  // namespace understudy::simulation
