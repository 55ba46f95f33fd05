#include "services/checkpoint_store/http/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/status/status.h"
#include "services/checkpoint_store/guess_guard.h"
#include "services/checkpoint_store/http/http_session.h"
#include "services/checkpoint_store/http/http_worker.h"
#include "services/checkpoint_store/http/tls_context.h"

namespace understudy::checkpoint_store {
namespace {

namespace asio = boost::asio;

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kRefreshInterval{1};
// When no more sockets can be had.
constexpr std::chrono::milliseconds kAcceptPause{100};

absl::Status CannotListen(const std::string& listen, const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                   absl::StrCat("cannot listen on ", listen, ": ", why));
}

// "host:port", "[::1]:port".
absl::StatusOr<tcp::endpoint> Resolve(asio::io_context& io, const std::string& listen) {
  const size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  error_code error;
  tcp::resolver resolver(io);
  const auto found = resolver.resolve(host, listen.substr(colon + 1),
                                      tcp::resolver::passive | tcp::resolver::numeric_service,
                                      error);
  if (error || found.empty()) return CannotListen(listen, error.message());
  return found.begin()->endpoint();
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, HttpHandler& handler, StoreMetrics& metrics,
       const Clock& clock)
      : options_(options),
        limits_(options.max_connections, options.max_connections_per_source),
        context_{options_, handler, metrics, clock, limits_} {
    for (size_t i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<HttpWorker>(context_));
    }
    acceptor_.emplace(workers_[0]->io());
    pause_.emplace(workers_[0]->io());
    refresh_.emplace(workers_[0]->io());
  }
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Start() {
    if (options_.tls.has_value()) {
      UNDERSTUDY_ASSIGN_OR_RETURN(tls_, TlsContext::Load(*options_.tls));
      RefreshLater();
    }
    UNDERSTUDY_RETURN_IF_ERROR(Listen());
    Accept();
    for (size_t i = 0; i < workers_.size(); ++i) workers_[i]->Run(absl::StrCat("http-", i));
    return absl::OkStatus();
  }

  void Stop(absl::Duration grace) {
    if (std::exchange(stopped_, true)) return;
    asio::post(workers_[0]->io(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
      refresh_->cancel();
    });
    for (const auto& worker : workers_) worker->Stop(grace);
  }

  int port() const { return port_; }

 private:
  absl::Status Listen() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const tcp::endpoint endpoint,
                                Resolve(workers_[0]->io(), options_.listen));
    error_code error;
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(tcp::acceptor::max_listen_connections, error);
    if (error) return CannotListen(options_.listen, error.message());
    port_ = acceptor_->local_endpoint().port();
    return absl::OkStatus();
  }

  // Connections are dealt out in turn.
  void Accept() {
    HttpWorker& worker = *workers_[next_worker_++ % workers_.size()];
    acceptor_->async_accept(worker.io(), [this, &worker](const error_code& error,
                                                         tcp::socket socket) {
      if (!acceptor_->is_open()) return;
      if (error) return AcceptLater(error);
      Admit(worker, std::move(socket));
      Accept();
    });
  }

  void AcceptLater(const error_code& error) {
    log_.Warn("cannot accept connections: {}", error.message());
    pause_->expires_after(kAcceptPause);
    pause_->async_wait([this](const error_code& cancelled) {
      if (!cancelled) Accept();
    });
  }

  void Admit(HttpWorker& worker, tcp::socket socket) {
    error_code error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    std::string source = SourceOf(peer.address().to_string());
    if (!limits_.Enter(source)) {
      context_.metrics.connections_refused.Add();
      return;
    }
    asio::post(worker.io(), [this, &worker, socket = std::move(socket),
                             source = std::move(source)]() mutable {
      ServeConnection(worker, std::move(socket), std::move(source),
                      tls_ == nullptr ? nullptr : tls_->Get());
    });
  }

  void RefreshLater() {
    refresh_->expires_after(kRefreshInterval);
    refresh_->async_wait([this](const error_code& cancelled) {
      if (cancelled) return;
      const absl::StatusOr<bool> taken = tls_->Refresh();
      const std::string problem = taken.ok() ? "" : DescribeError(taken.status());
      if (problem != problem_ && !problem.empty()) log_.Error("{}", problem);
      if (taken.ok() && *taken) log_.Info("took up changed TLS files");
      problem_ = problem;
      RefreshLater();
    });
  }

  const HttpServerOptions options_;
  const log::Logger log_{"http"};
  ConnectionLimits limits_;
  const HttpContext context_;
  std::unique_ptr<TlsContext> tls_;
  std::vector<std::unique_ptr<HttpWorker>> workers_;
  // On the first worker's thread.
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::steady_timer> pause_;
  std::optional<asio::steady_timer> refresh_;
  size_t next_worker_ = 0;
  // The last one that was logged.
  std::string problem_;
  int port_ = 0;
  bool stopped_ = false;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              HttpHandler& handler,
                                                              StoreMetrics& metrics,
                                                              const Clock& clock) {
  auto impl = std::make_unique<Impl>(options, handler, metrics, clock);
  UNDERSTUDY_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() = default;

int HttpServer::port() const { return impl_->port(); }

void HttpServer::Stop(absl::Duration grace) { impl_->Stop(grace); }

}  // namespace understudy::checkpoint_store
