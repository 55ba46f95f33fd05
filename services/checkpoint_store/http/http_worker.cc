#include "services/checkpoint_store/http/http_worker.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <vector>

namespace understudy::checkpoint_store {
namespace {

// How exact the time limits of connections are.
constexpr std::chrono::milliseconds kSweepInterval{250};

}  // namespace

void HttpWorker::Run(const std::string& thread_name) {
  Sweep();
  thread_ = std::thread([this] { io_.run(); });
  pthread_setname_np(thread_.native_handle(), thread_name.c_str());
}

void HttpWorker::Sweep() {
  sweep_.expires_after(kSweepInterval);
  sweep_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const SteadyTime now = context_.clock.SteadyNow();
    // Closing removes connections from the set.
    const std::vector<HttpConnection*> all(connections_.begin(), connections_.end());
    for (HttpConnection* connection : all) {
      if (connections_.contains(connection)) connection->OnSweep(now);
    }
    Sweep();
  });
}

void HttpWorker::Remove(HttpConnection& connection) {
  connections_.erase(&connection);
  StopWhenEmpty();
}

void HttpWorker::StopWhenEmpty() {
  if (draining_ && connections_.empty()) io_.stop();
}

void HttpWorker::Drain(absl::Duration grace) {
  draining_ = true;
  const std::vector<HttpConnection*> all(connections_.begin(), connections_.end());
  for (HttpConnection* connection : all) {
    if (connections_.contains(connection)) connection->Drain();
  }
  // From here on the sweep is of no use.
  sweep_.expires_after(std::chrono::milliseconds(absl::ToInt64Milliseconds(grace)));
  sweep_.async_wait([this](const boost::system::error_code& error) {
    if (!error) io_.stop();
  });
  StopWhenEmpty();
}

void HttpWorker::Stop(absl::Duration grace) {
  if (!thread_.joinable()) return;
  boost::asio::post(io_, [this, grace] { Drain(grace); });
  thread_.join();
}

}  // namespace understudy::checkpoint_store
