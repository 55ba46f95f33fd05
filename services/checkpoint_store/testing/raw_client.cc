#include "services/checkpoint_store/testing/raw_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace understudy::checkpoint_store {

RawClient::RawClient(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // Where this fails, reading finds the end at once.
  (void)connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

RawClient::~RawClient() { close(socket_); }

void RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool RawClient::Receive() {
  char buffer[16384];
  const ssize_t bytes = recv(socket_, buffer, sizeof(buffer), 0);
  if (bytes <= 0) return false;
  received_.append(buffer, static_cast<size_t>(bytes));
  return true;
}

std::string RawClient::ReadUntil(std::string_view text) {
  size_t at = received_.find(text);
  while (at == std::string::npos) {
    if (!Receive()) return "";
    at = received_.find(text);
  }
  std::string taken = received_.substr(0, at + text.size());
  received_.erase(0, taken.size());
  return taken;
}

std::string RawClient::ReadAnswer() {
  std::string answer = ReadUntil("\r\n\r\n");
  const size_t length = answer.find("Content-Length: ");
  if (length == std::string::npos) return answer;
  const auto body = static_cast<size_t>(std::atoi(answer.c_str() + length + 16));
  while (received_.size() < body && Receive()) {
  }
  answer += received_.substr(0, body);
  received_.erase(0, body);
  return answer;
}

std::string RawClient::ReadToEnd() {
  while (Receive()) {
  }
  return std::exchange(received_, {});
}

}  // namespace understudy::checkpoint_store
