#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_RAW_CLIENT_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_RAW_CLIENT_H_

#include <string>
#include <string_view>

namespace understudy::checkpoint_store {

// A TCP connection to a port on loopback, for what no proper HTTP client would send.
class RawClient {
 public:
  // Not connected when nobody listens.
  explicit RawClient(int port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes);
  // Reads until what was received holds `text`, and takes all of that; empty when the other side
  // closes before.
  std::string ReadUntil(std::string_view text);
  // One whole answer: its head, and as much body as Content-Length tells.
  std::string ReadAnswer();
  // Reads until the other side closes.
  std::string ReadToEnd();

 private:
  // False at the end.
  bool Receive();

  int socket_;
  std::string received_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_TESTING_RAW_CLIENT_H_
