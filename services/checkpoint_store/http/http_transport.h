#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_TRANSPORT_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_TRANSPORT_H_

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string_view>

namespace understudy::checkpoint_store {

// The bytes of one connection, as they are or under TLS, on a non-blocking socket: nothing here
// ever waits. Works on the socket itself, so that each message costs one copy and TLS one record.
// On one thread; SIGPIPE must be ignored.
class HttpTransport {
 public:
  enum class Progress {
    kDone,
    // Nothing more can be done before the socket can be read, or written.
    kWantsRead,
    kWantsWrite,
    // The other side has ended the connection in order.
    kEnded,
    kBroken,
  };

  virtual ~HttpTransport() = default;

  // Plain connections are done at once.
  virtual Progress Handshake() = 0;
  // kDone: `moved` of at most `size` bytes have come, one at least.
  virtual Progress Read(char* bytes, size_t size, size_t& moved) = 0;
  // kDone: the first `moved` of `bytes` are on their way, one at least.
  virtual Progress Write(std::string_view bytes, size_t& moved) = 0;
  // Tells that nothing more comes, and awaits the same of the other side; what it still sends is
  // dropped. (Closing at once would take from it what was sent last, and its TLS session.)
  virtual Progress Leave() = 0;
  // Whether Read has something that the socket does not show any more.
  virtual bool has_pending() const = 0;
  // Gives back the memory that a connection under use keeps; it takes it again when it needs it.
  virtual void ReleaseMemory() = 0;
  // Null for plain connections.
  virtual SSL* tls() const = 0;
};

std::unique_ptr<HttpTransport> MakePlainTransport(int socket);
// kBroken from the start when the library has no memory for it.
std::unique_ptr<HttpTransport> MakeTlsTransport(int socket, SSL_CTX* context);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_TRANSPORT_H_
