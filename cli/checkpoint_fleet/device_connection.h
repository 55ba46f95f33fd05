#ifndef UNDERSTUDY_CLI_CHECKPOINT_FLEET_DEVICE_CONNECTION_H_
#define UNDERSTUDY_CLI_CHECKPOINT_FLEET_DEVICE_CONNECTION_H_

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/tls_files.h"

namespace understudy::cli {

struct TlsFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using TlsContext = std::unique_ptr<SSL_CTX, TlsFree>;

// A client's context: checks the server against the authorities. FAILED_PRECONDITION BAD_TLS_FILES.
absl::StatusOr<TlsContext> MakeDeviceTls(const rpc::TlsFiles& files);

// Where the store is, looked up once for all devices.
struct StoreAddress {
  std::string host;
  std::string port;
  // As the socket takes it.
  std::string socket_address;
  int family = 0;
};

// "HOST:PORT". INVALID_ARGUMENT INVALID_ADDRESS, UNAVAILABLE NO_SUCH_HOST.
absl::StatusOr<StoreAddress> FindStore(const std::string& address);

// A simulated device's radio: one blocking connection with a time-out, over TCP or TLS. Keeps the
// TLS session over its sleep. Not thread-safe.
class DeviceConnection {
 public:
  // `tls` (null: plain) and `address` must outlive it.
  DeviceConnection(const StoreAddress& address, SSL_CTX* tls, absl::Duration timeout);
  ~DeviceConnection();
  DeviceConnection(const DeviceConnection&) = delete;
  DeviceConnection& operator=(const DeviceConnection&) = delete;

  bool Connect();
  void Disconnect();
  // As checkpoint_port wants them.
  int32_t Send(const uint8_t* bytes, size_t size);
  int32_t Receive(uint8_t* bytes, size_t size);

  // TLS handshakes that took up the session of an earlier connection.
  uint64_t resumed() const { return resumed_; }

 private:
  bool Handshake();

  const StoreAddress& address_;
  SSL_CTX* const context_;
  const absl::Duration timeout_;
  int fd_ = -1;
  std::unique_ptr<SSL, TlsFree> tls_;
  std::unique_ptr<SSL_SESSION, TlsFree> session_;
  uint64_t resumed_ = 0;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CHECKPOINT_FLEET_DEVICE_CONNECTION_H_
