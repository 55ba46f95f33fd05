#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SERVER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/tls_files.h"
#include "common/time/clock.h"
#include "services/checkpoint_store/http/http_face.h"
#include "services/checkpoint_store/store_metrics.h"

namespace understudy::checkpoint_store {

struct HttpServerOptions {
  // "host:port"; port 0 takes a free one.
  std::string listen;
  // Nothing: plain HTTP.
  std::optional<rpc::TlsFiles> tls = {};
  // Each has its connections for itself.
  size_t threads = 2;
  size_t max_connections = 4096;
  size_t max_connections_per_source = 1024;
  // How long a whole header (and a TLS handshake), and a whole body, may take to come or to be
  // sent.
  absl::Duration header_timeout = absl::Seconds(10);
  absl::Duration body_timeout = absl::Seconds(30);
  // How long a connection may lie idle between requests.
  absl::Duration idle_timeout = absl::Seconds(60);
  size_t max_body_bytes = 1 << 20;
};

// What is known of the other side besides its request.
struct HttpPeer {
  // The common name of its certificate, if it showed one that our authorities signed.
  std::string certificate_name = {};
};

// Answers requests.
class HttpHandler {
 public:
  // To be called once, from any thread.
  using Respond = absl::AnyInvocable<void(HttpAnswer)>;

  virtual ~HttpHandler() = default;
  // Called on the connection's thread; must not block for long.
  virtual void Handle(HttpRequest request, const HttpPeer& peer, Respond respond) = 0;
};

// HTTP/1.1 over TLS 1.2 and 1.3 with Boost.Beast: an event loop a thread, connections dealt out in
// turn. Sessions are resumed by ticket; changed TLS files are taken up within two seconds, and a
// bad new one leaves the old in use.
//
// Bounds: connections (in all and per source), headers of 8 KiB, bodies, and the time that each
// step may take. One request of a connection is worked on at a time; pipelined ones wait in order.
class HttpServer {
 public:
  // `handler`, `metrics` and `clock` must outlive the server.
  //   UNAVAILABLE         when the address cannot be had
  //   FAILED_PRECONDITION BAD_TLS_FILES
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           HttpHandler& handler,
                                                           StoreMetrics& metrics,
                                                           const Clock& clock);
  // Stops. Every Respond must have been called or destroyed by now.
  ~HttpServer();

  int port() const;

  // Accepts no more, closes idle connections, gives requests under way up to `grace`, joins the
  // threads. Answers that come later are dropped. Idempotent.
  void Stop(absl::Duration grace = absl::Seconds(1));

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_SERVER_H_
