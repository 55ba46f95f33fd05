#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_WORKER_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_WORKER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "common/time/clock.h"
#include "services/checkpoint_store/http/connection_limits.h"
#include "services/checkpoint_store/http/http_server.h"

namespace understudy::checkpoint_store {

// What all connections of a server share.
struct HttpContext {
  const HttpServerOptions& options;
  HttpHandler& handler;
  StoreMetrics& metrics;
  const Clock& clock;
  ConnectionLimits& limits;
};

// A connection, as its worker sees it. On the worker's thread alone.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  // Told now and then: closes it if its present step takes longer than it may, and has a silent one
  // take less memory.
  virtual void OnSweep(SteadyTime now) = 0;
  // The server stops: closes it unless a request is being worked on, which is its last.
  virtual void Drain() = 0;
  virtual void Close() = 0;
};

// One thread with its event loop and connections.
class HttpWorker {
 public:
  explicit HttpWorker(const HttpContext& context) : context_(context), sweep_(io_) {}
  // What is still in the loop is dropped.
  ~HttpWorker() { draining_ = false; }
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  void Run(const std::string& thread_name);
  // Drains, waits until no connection is left or `grace` is over, joins the thread.
  void Stop(absl::Duration grace);

  boost::asio::io_context& io() { return io_; }
  const HttpContext& context() const { return context_; }

  // On the worker's thread.
  void Add(HttpConnection& connection) { connections_.insert(&connection); }
  void Remove(HttpConnection& connection);
  bool is_draining() const { return draining_; }

 private:
  void Sweep();
  void Drain(absl::Duration grace);
  void StopWhenEmpty();

  const HttpContext& context_;
  // Outlives what lies in the loop.
  std::unordered_set<HttpConnection*> connections_;
  bool draining_ = false;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer sweep_;
  std::thread thread_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_WORKER_H_
