#include "cli/checkpoint_fleet/device_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::cli {

absl::StatusOr<TlsContext> MakeDeviceTls(const rpc::TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool authorities =
      SSL_CTX_load_verify_locations(context.get(), files.authorities.c_str(), nullptr) == 1;
  const bool own =
      files.certificate.empty() ||
      (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) == 1 &&
       SSL_CTX_use_PrivateKey_file(context.get(), files.private_key.c_str(), SSL_FILETYPE_PEM) ==
           1);
  if (authorities && own) return context;
  ERR_clear_error();
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_TLS_FILES",
      absl::StrCat("cannot use ", authorities ? files.certificate : files.authorities));
}

absl::StatusOr<StoreAddress> FindStore(const std::string& address) {
  StoreAddress store;
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ADDRESS",
                     absl::StrCat("expected HOST:PORT, found \"", address, "\""));
  }
  store.host = address.substr(0, colon);
  store.port = address.substr(colon + 1);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(store.host.c_str(), store.port.c_str(), &hints, &found) != 0) {
    return MakeError(absl::StatusCode::kUnavailable, "NO_SUCH_HOST",
                     absl::StrCat("cannot find ", address));
  }
  store.family = found->ai_family;
  store.socket_address.assign(reinterpret_cast<const char*>(found->ai_addr), found->ai_addrlen);
  freeaddrinfo(found);
  return store;
}

DeviceConnection::DeviceConnection(const StoreAddress& address, SSL_CTX* tls,
                                   absl::Duration timeout)
    : address_(address), context_(tls), timeout_(timeout) {}

DeviceConnection::~DeviceConnection() { Disconnect(); }

bool DeviceConnection::Connect() {
  Disconnect();
  fd_ = socket(address_.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const timeval timeout = absl::ToTimeval(timeout_);
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto* const to = reinterpret_cast<const sockaddr*>(address_.socket_address.data());
  if (connect(fd_, to, static_cast<socklen_t>(address_.socket_address.size())) == 0 &&
      (context_ == nullptr || Handshake())) {
    return true;
  }
  Disconnect();
  return false;
}

bool DeviceConnection::Handshake() {
  tls_.reset(SSL_new(context_));
  SSL_set_fd(tls_.get(), fd_);
  X509_VERIFY_PARAM* const verify = SSL_get0_param(tls_.get());
  // A number goes by the certificate's addresses, a name by its names.
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, address_.host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(verify, address_.host.c_str(), 0);
    SSL_set_tlsext_host_name(tls_.get(), address_.host.c_str());
  }
  if (session_ != nullptr) SSL_set_session(tls_.get(), session_.get());
  ERR_clear_error();
  if (SSL_connect(tls_.get()) != 1) return false;
  if (SSL_session_reused(tls_.get()) == 1) ++resumed_;
  return true;
}

void DeviceConnection::Disconnect() {
  if (fd_ < 0) return;
  if (tls_ != nullptr && SSL_is_init_finished(tls_.get()) == 1) {
    std::unique_ptr<SSL_SESSION, TlsFree> session(SSL_get1_session(tls_.get()));
    if (session != nullptr && SSL_SESSION_is_resumable(session.get()) == 1) {
      session_ = std::move(session);
    }
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  tls_.reset();
  close(fd_);
  fd_ = -1;
}

int32_t DeviceConnection::Send(const uint8_t* bytes, size_t size) {
  ERR_clear_error();
  const ssize_t sent = tls_ != nullptr ? SSL_write(tls_.get(), bytes, static_cast<int>(size))
                                       : send(fd_, bytes, size, MSG_NOSIGNAL);
  return sent > 0 ? static_cast<int32_t>(sent) : -1;
}

int32_t DeviceConnection::Receive(uint8_t* bytes, size_t size) {
  ERR_clear_error();
  const ssize_t received = tls_ != nullptr ? SSL_read(tls_.get(), bytes, static_cast<int>(size))
                                           : recv(fd_, bytes, size, 0);
  return received >= 0 ? static_cast<int32_t>(received) : -1;
}

}  // namespace understudy::cli
