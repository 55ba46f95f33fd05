#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_TLS_CONTEXT_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_TLS_CONTEXT_H_

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/tls_files.h"

namespace understudy::checkpoint_store {

// The server's side of TLS 1.2 and 1.3 for devices: they need no certificate, but one that is shown
// must be good. Sessions are resumed by tickets, whose key is drawn at the start and kept over a
// change of the certificate; a change of the authorities ends all sessions, because they carry a
// certificate that was judged by the old ones. Thread-safe.
class TlsContext {
 public:
  // FAILED_PRECONDITION BAD_TLS_FILES.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Load(const rpc::TlsFiles& files);

  // For new connections.
  std::shared_ptr<boost::asio::ssl::context> Get() const;
  // Looks at the files, and takes up what has changed. True when something was taken up; an error
  // leaves the old in use.
  absl::StatusOr<bool> Refresh();

 private:
  // Of SSL_CTX_set_tlsext_ticket_keys.
  using TicketKeys = std::array<uint8_t, 80>;

  TlsContext(rpc::TlsFiles files, const TicketKeys& ticket_keys)
      : files_(std::move(files)), ticket_keys_(ticket_keys) {}

  const rpc::TlsFiles files_;
  const TicketKeys ticket_keys_;
  // The contents that were taken up, hashed; of Refresh's caller alone.
  std::string seen_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_TLS_CONTEXT_H_
