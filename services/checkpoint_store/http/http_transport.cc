#include "services/checkpoint_store/http/http_transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

namespace understudy::checkpoint_store {
namespace {

using Progress = HttpTransport::Progress;

// One TLS record holds so much.
constexpr size_t kMaxWriteBytes = 16 << 10;
// So often a departure reads before others on the thread get their turn.
constexpr int kMaxDroppedReads = 16;

class PlainTransport final : public HttpTransport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  Progress Handshake() override { return Progress::kDone; }
  Progress Read(char* bytes, size_t size, size_t& moved) override {
    const ssize_t result = recv(socket_, bytes, size, 0);
    if (result == 0) return Progress::kEnded;
    return Judge(result, Progress::kWantsRead, moved);
  }
  Progress Write(std::string_view bytes, size_t& moved) override {
    return Judge(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), Progress::kWantsWrite,
                 moved);
  }
  Progress Leave() override {
    shutdown(socket_, SHUT_WR);
    std::array<char, 4096> dropped;
    size_t moved = 0;
    Progress progress = Progress::kDone;
    for (int i = 0; i < kMaxDroppedReads && progress == Progress::kDone; ++i) {
      progress = Read(dropped.data(), dropped.size(), moved);
    }
    return progress == Progress::kDone ? Progress::kWantsRead : progress;
  }
  bool has_pending() const override { return false; }
  void ReleaseMemory() override {}
  SSL* tls() const override { return nullptr; }

 private:
  static Progress Judge(ssize_t result, Progress when_not_ready, size_t& moved) {
    moved = result > 0 ? static_cast<size_t>(result) : 0;
    if (result >= 0) return Progress::kDone;
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return later ? when_not_ready : Progress::kBroken;
  }

  const int socket_;
};

// What OpenSSL asks for before each call. There nearly never is one, and looking costs less.
void ForgetErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

class TlsTransport final : public HttpTransport {
 public:
  TlsTransport(int socket, SSL_CTX* context) : ssl_(SSL_new(context)) {
    if (ssl_ == nullptr || SSL_set_fd(ssl_, socket) != 1) return;
    SSL_set_accept_state(ssl_);
    SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // A record's head and body in one call.
    SSL_set_read_ahead(ssl_, 1);
    is_good_ = true;
  }
  ~TlsTransport() override { SSL_free(ssl_); }
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  Progress Handshake() override {
    if (!is_good_) return Progress::kBroken;
    ForgetErrors();
    return Judge(SSL_do_handshake(ssl_));
  }
  Progress Read(char* bytes, size_t size, size_t& moved) override {
    ForgetErrors();
    return Judge(SSL_read_ex(ssl_, bytes, size, &moved));
  }
  Progress Write(std::string_view bytes, size_t& moved) override {
    ForgetErrors();
    return Judge(
        SSL_write_ex(ssl_, bytes.data(), std::min(bytes.size(), kMaxWriteBytes), &moved));
  }
  Progress Leave() override {
    ForgetErrors();
    int result = SSL_shutdown(ssl_);
    // 0: ours is on its way; the next call looks for the other side's.
    if (result == 0) result = SSL_shutdown(ssl_);
    return Judge(result);
  }
  bool has_pending() const override { return SSL_has_pending(ssl_) == 1; }
  // Does nothing while there is something in them.
  void ReleaseMemory() override { (void)SSL_free_buffers(ssl_); }
  SSL* tls() const override { return ssl_; }

 private:
  Progress Judge(int result) const {
    if (result == 1) return Progress::kDone;
    switch (SSL_get_error(ssl_, result)) {
      case SSL_ERROR_WANT_READ:
        return Progress::kWantsRead;
      case SSL_ERROR_WANT_WRITE:
        return Progress::kWantsWrite;
      case SSL_ERROR_ZERO_RETURN:
        return Progress::kEnded;
      default:
        return Progress::kBroken;
    }
  }

  SSL* const ssl_;
  bool is_good_ = false;
};

}  // namespace

std::unique_ptr<HttpTransport> MakePlainTransport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}

std::unique_ptr<HttpTransport> MakeTlsTransport(int socket, SSL_CTX* context) {
  return std::make_unique<TlsTransport>(socket, context);
}

}  // namespace understudy::checkpoint_store
