#include "bench/checkpoint_store/http_connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::bench {
namespace {

absl::Status Broken(std::string_view what) {
  return absl::UnavailableError(absl::StrCat(std::string(what), ": ", strerror(errno)));
}

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

void TakeHeader(std::string_view line, HttpResponse& response, std::optional<size_t>& length) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const absl::string_view name = Absl(line.substr(0, colon));
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  size_t number = 0;
  if (absl::EqualsIgnoreCase(name, "Content-Length") && absl::SimpleAtoi(Absl(value), &number)) {
    length = number;
  } else if (absl::EqualsIgnoreCase(name, "Next-Id")) {
    response.next_id = value;
  } else if (absl::EqualsIgnoreCase(name, "Reason")) {
    response.reason = value;
  } else if (absl::EqualsIgnoreCase(name, "Connection")) {
    response.closes = absl::EqualsIgnoreCase(Absl(value), "close");
  }
}

}  // namespace

absl::StatusOr<TlsContext> MakeTlsContext(const std::string& authorities, bool tls12) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  // A record's head and body in one call.
  SSL_CTX_set_read_ahead(context.get(), 1);
  if (tls12) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  if (authorities.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), authorities.c_str(), nullptr) == 1)
    return context;
  return absl::InvalidArgumentError(absl::StrCat("cannot read authorities from ", authorities));
}

absl::StatusOr<std::optional<HttpResponse>> TakeResponse(std::string& received, bool head) {
  const std::string_view text(received);
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  HttpResponse response;
  if (end < 12 || !absl::SimpleAtoi(Absl(text.substr(9, 3)), &response.status)) {
    return absl::InvalidArgumentError("no status line");
  }
  std::optional<size_t> length;
  size_t at = text.find("\r\n");
  while (at < end) {
    const size_t next = text.find("\r\n", at + 2);
    TakeHeader(text.substr(at + 2, next - at - 2), response, length);
    at = next;
  }
  if (!length.has_value()) return absl::InvalidArgumentError("a response without Content-Length");
  response.body_bytes = head ? 0 : *length;
  if (received.size() < end + 4 + response.body_bytes) return std::nullopt;
  received.erase(0, end + 4 + response.body_bytes);
  return response;
}

HttpConnection::HttpConnection(uint16_t port, SSL_CTX* tls, bool resume)
    : port_(port), context_(tls), resume_(resume) {}

HttpConnection::~HttpConnection() { Close(); }

absl::Status HttpConnection::Open() {
  Close();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return Broken("socket");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
      errno != EINPROGRESS) {
    return Broken("connect");
  }
  wanted_ = EPOLLIN | EPOLLOUT;
  if (context_ == nullptr) return absl::OkStatus();
  tls_.reset(SSL_new(context_));
  SSL_set_fd(tls_.get(), fd_);
  SSL_set_connect_state(tls_.get());
  SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (session_ != nullptr) SSL_set_session(tls_.get(), session_.get());
  return absl::OkStatus();
}

void HttpConnection::Close() {
  if (fd_ < 0) return;
  if (tls_ != nullptr) {
    KeepSession();
    SSL_shutdown(tls_.get());
    tls_.reset();
  }
  close(fd_);
  fd_ = -1;
  received_.clear();
}

void HttpConnection::KeepSession() {
  if (!resume_) return;
  SSL_SESSION* const session = SSL_get1_session(tls_.get());
  if (session != nullptr && SSL_SESSION_is_resumable(session) == 1) {
    session_.reset(session);
  } else {
    SSL_SESSION_free(session);
  }
}

void HttpConnection::Send(std::string request, bool head) {
  request_ = std::move(request);
  sent_ = 0;
  head_ = head;
}

absl::StatusOr<std::optional<HttpResponse>> HttpConnection::Advance() {
  wanted_ = EPOLLIN;
  do {
    const bool had_to_send = sent_ < request_.size();
    UNDERSTUDY_RETURN_IF_ERROR(Write());
    if (MustAwaitAnswer(had_to_send)) return std::nullopt;
    UNDERSTUDY_RETURN_IF_ERROR(Read());
    // Reading may have finished the handshake that writing waited for.
  } while (tls_ != nullptr && sent_ < request_.size() && SSL_is_init_finished(tls_.get()) == 1 &&
           (wanted_ & EPOLLOUT) == 0);
  return TakeResponse(received_, head_);
}

bool HttpConnection::MustAwaitAnswer(bool had_to_send) const {
  return had_to_send && sent_ == request_.size() &&
         (tls_ == nullptr || SSL_has_pending(tls_.get()) == 0);
}

absl::Status HttpConnection::Write() {
  while (sent_ < request_.size()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const size_t moved,
                                WriteSome(std::string_view(request_).substr(sent_)));
    if (moved == 0) {
      if (tls_ == nullptr || SSL_want_write(tls_.get())) wanted_ |= EPOLLOUT;
      return absl::OkStatus();
    }
    sent_ += moved;
  }
  return absl::OkStatus();
}

absl::Status HttpConnection::Read() {
  std::array<char, 16'384> buffer;
  for (;;) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const size_t moved, ReadSome(buffer.data(), buffer.size()));
    if (moved == 0) return absl::OkStatus();
    received_.append(buffer.data(), moved);
    // More may come, and is then told of.
    const bool has_more = tls_ != nullptr && SSL_has_pending(tls_.get()) == 1;
    if (moved < buffer.size() && !has_more) return absl::OkStatus();
  }
}

absl::StatusOr<size_t> HttpConnection::WriteSome(std::string_view bytes) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsResult(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  const ssize_t moved = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (moved >= 0) return static_cast<size_t>(moved);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTCONN) return 0;
  return Broken("send");
}

absl::StatusOr<size_t> HttpConnection::ReadSome(char* bytes, size_t size) {
  if (tls_ != nullptr) {
    ERR_clear_error();
    return TlsResult(SSL_read(tls_.get(), bytes, static_cast<int>(size)));
  }
  const ssize_t moved = recv(fd_, bytes, size, 0);
  if (moved > 0) return static_cast<size_t>(moved);
  if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTCONN)) return 0;
  return moved == 0 ? absl::UnavailableError("the server closed the connection") : Broken("recv");
}

absl::StatusOr<size_t> HttpConnection::TlsResult(int result) {
  if (result > 0) return static_cast<size_t>(result);
  const int error = SSL_get_error(tls_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
  return absl::UnavailableError(absl::StrCat("TLS broke: error ", error));
}

}  // namespace understudy::bench
