#ifndef UNDERSTUDY_BENCH_CHECKPOINT_STORE_HTTP_CONNECTION_H_
#define UNDERSTUDY_BENCH_CHECKPOINT_STORE_HTTP_CONNECTION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace understudy::bench {

// Frees OpenSSL's own.
struct TlsDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsDeleter>;

// A client's context that trusts `authorities` (a PEM file), or whoever answers when it is empty.
// `tls12`: TLS 1.2 at most.
absl::StatusOr<TlsContext> MakeTlsContext(const std::string& authorities, bool tls12);

struct HttpResponse {
  int status = 0;
  std::string next_id;
  // Of an error.
  std::string reason;
  size_t body_bytes = 0;
  bool closes = false;
};

// One response at the front of `received`, which loses it; nothing while it is incomplete.
// INVALID_ARGUMENT when it is no response with a Content-Length.
absl::StatusOr<std::optional<HttpResponse>> TakeResponse(std::string& received, bool head);

// One connection of a load generator: non-blocking, over TCP or TLS, one request at a time. The
// owner polls its descriptor and calls Advance. Not thread-safe.
class HttpConnection {
 public:
  // To 127.0.0.1:`port`. `tls` (may be null: plain) must outlive it. With `resume` a later
  // connection offers the session of an earlier one.
  HttpConnection(uint16_t port, SSL_CTX* tls, bool resume);
  ~HttpConnection();

  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  absl::Status Open();
  void Close();
  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // Whether the last handshake took up an earlier session.
  bool resumed() const { return tls_ != nullptr && SSL_session_reused(tls_.get()) == 1; }
  // What to poll for: EPOLLIN, EPOLLOUT or both.
  uint32_t wanted() const { return wanted_; }

  // Begins a request; the one before has been answered.
  void Send(std::string request, bool head);
  // Does what can be done without waiting; a response when there is a whole one. UNAVAILABLE when
  // the connection broke.
  absl::StatusOr<std::optional<HttpResponse>> Advance();

 private:
  // Whether a request was just sent, so that its answer cannot be there yet.
  bool MustAwaitAnswer(bool had_to_send) const;
  absl::Status Write();
  absl::Status Read();
  // Bytes moved; 0: later; an error when it broke.
  absl::StatusOr<size_t> WriteSome(std::string_view bytes);
  absl::StatusOr<size_t> ReadSome(char* bytes, size_t size);
  absl::StatusOr<size_t> TlsResult(int result);
  void KeepSession();

  const uint16_t port_;
  SSL_CTX* const context_;
  const bool resume_;
  int fd_ = -1;
  std::unique_ptr<SSL, TlsDeleter> tls_;
  std::unique_ptr<SSL_SESSION, TlsDeleter> session_;
  std::string request_;
  size_t sent_ = 0;
  bool head_ = false;
  std::string received_;
  uint32_t wanted_ = 0;
};

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_CHECKPOINT_STORE_HTTP_CONNECTION_H_
