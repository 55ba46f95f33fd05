#include "services/checkpoint_store/device/testing/fake_board.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/document/sha256.h"

namespace understudy::checkpoint_store {
namespace {

// Whether a whole request has arrived.
bool Whole(std::string_view received) {
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string_view::npos) return false;
  const size_t at = received.substr(0, head).find("Content-Length: ");
  if (at == std::string_view::npos) return true;
  const std::string_view rest = received.substr(at + 16);
  size_t length = 0;
  if (!absl::SimpleAtoi(std::string(rest.substr(0, rest.find("\r\n"))), &length)) return false;
  return received.size() >= head + 4 + length;
}

void Digest(void*, const uint8_t* bytes, size_t size, uint8_t* digest) {
  const Sha256 hash = Sha256Of(std::string_view(reinterpret_cast<const char*>(bytes), size));
  std::memcpy(digest, hash.data(), hash.size());
}

}  // namespace

checkpoint_port FakeBoard::port() {
  checkpoint_port port = {};
  port.context = this;
  port.connect = [](void* c) { return static_cast<FakeBoard*>(c)->Connect(); };
  port.send = [](void* c, const uint8_t* b, size_t s) {
    return static_cast<FakeBoard*>(c)->Send(b, s);
  };
  port.receive = [](void* c, uint8_t* b, size_t s) {
    return static_cast<FakeBoard*>(c)->Receive(b, s);
  };
  port.disconnect = [](void*) {};
  port.sha256 = Digest;
  port.random = [](void* c, uint8_t* b, size_t s) {
    return static_cast<FakeBoard*>(c)->Random(b, s);
  };
  port.save = [](void* c, const checkpoint_retained* r) {
    return static_cast<FakeBoard*>(c)->Save(r);
  };
  return port;
}

bool FakeBoard::Step() {
  if (++steps == dies_at) dead_ = true;
  return !dead_;
}

void FakeBoard::Reboot() {
  dead_ = false;
  dies_at = 0;
  retained = saved;
  to_server_.clear();
  to_device_.clear();
}

bool FakeBoard::Connect() {
  to_server_.clear();
  to_device_.clear();
  server_closed_ = false;
  ++connections;
  return Step();
}

int32_t FakeBoard::Send(const uint8_t* bytes, size_t size) {
  if (!Step() || server_closed_) return -1;
  const size_t part = std::min(size, piece);
  to_server_.append(reinterpret_cast<const char*>(bytes), part);
  if (!Whole(to_server_)) return static_cast<int32_t>(part);
  // It arrives, whatever becomes of the device.
  const std::string answer = server_(to_server_);
  to_server_.clear();
  if (lose_answers > 0) {
    --lose_answers;
    server_closed_ = true;
  } else {
    to_device_ = answer;
  }
  return static_cast<int32_t>(part);
}

int32_t FakeBoard::Receive(uint8_t* bytes, size_t size) {
  if (!Step()) return -1;
  if (to_device_.empty()) return 0;
  const size_t part = std::min({size, piece, to_device_.size()});
  std::memcpy(bytes, to_device_.data(), part);
  to_device_.erase(0, part);
  return static_cast<int32_t>(part);
}

bool FakeBoard::Random(uint8_t* bytes, size_t size) {
  if (!Step()) return false;
  ++draws;
  const int value = draws <= equal_draws ? 7 : draws;
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<uint8_t>(value * 31 + static_cast<int>(i));
  return true;
}

bool FakeBoard::Save(const checkpoint_retained* now) {
  if (!Step() || save_fails) return false;
  saved = *now;
  return true;
}

}  // namespace understudy::checkpoint_store
