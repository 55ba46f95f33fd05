#include "cli/checkpoint_fleet/testing/fake_store.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace understudy::cli {
namespace {

// The length of the request at the front, or 0 while it is incomplete.
size_t WholeRequest(const std::string& received) {
  const size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  const size_t at = received.find("Content-Length: ");
  size_t length = 0;
  if (at < head) {
    const size_t begin = at + 16;
    if (!absl::SimpleAtoi(received.substr(begin, received.find("\r\n", begin) - begin), &length)) {
      return 0;
    }
  }
  return received.size() < head + 4 + length ? 0 : head + 4 + length;
}

}  // namespace

FakeStore::FakeStore() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  bind(listener_, any, size);
  listen(listener_, 64);
  getsockname(listener_, any, &size);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

FakeStore::~FakeStore() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  std::vector<std::thread> threads;
  {
    const absl::MutexLock lock(&mutex_);
    for (const int connection : open_) shutdown(connection, SHUT_RDWR);
    threads = std::move(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::string FakeStore::address() const { return absl::StrCat("127.0.0.1:", port_); }

void FakeStore::AnswerAll(const std::string& answer) {
  const absl::MutexLock lock(&mutex_);
  answer_all_ = answer;
}

void FakeStore::Swap(const std::string& content) {
  const absl::MutexLock lock(&mutex_);
  for (const auto& device : devices_) device->Replace(content);
}

void FakeStore::Accept() {
  for (;;) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    const absl::MutexLock lock(&mutex_);
    open_.push_back(connection);
    threads_.emplace_back([this, connection] { Serve(connection); });
  }
}

void FakeStore::Serve(int connection) {
  std::string received;
  std::array<char, 4'096> buffer;
  for (;;) {
    const ssize_t size = recv(connection, buffer.data(), buffer.size(), 0);
    if (size <= 0) break;
    received.append(buffer.data(), static_cast<size_t>(size));
    for (size_t whole = WholeRequest(received); whole > 0; whole = WholeRequest(received)) {
      const std::string answer = Answer(received.substr(0, whole));
      received.erase(0, whole);
      send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  const absl::MutexLock lock(&mutex_);
  std::erase(open_, connection);
  close(connection);
}

std::string FakeStore::Answer(const std::string& request) {
  const absl::MutexLock lock(&mutex_);
  if (!answer_all_.empty()) return answer_all_;
  const size_t path = request.find('/') + 1;
  const std::string id = request.substr(path, request.find_first_of("/ ", path) - path);
  if (request.starts_with("PUT")) {
    const int first = static_cast<int>(devices_.size()) * 1'000'000;
    devices_.push_back(std::make_unique<checkpoint_store::ModelStore>(first));
    devices_.back()->Enrol(id, request.substr(request.find("\r\n\r\n") + 4));
    return "HTTP/1.1 201 X\r\nContent-Length: 0\r\n\r\n";
  }
  for (const auto& device : devices_) {
    if (device->id() == id || device->next() == id) return device->Answer(request);
  }
  return "HTTP/1.1 404 X\r\nReason: UNKNOWN_IDENTIFIER\r\nContent-Length: 0\r\n\r\n";
}

}  // namespace understudy::cli
