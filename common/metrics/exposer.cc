#include "common/metrics/exposer.h"

#include <netdb.h>
#include <prometheus/exposer.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/config/address_text.h"

namespace understudy::metrics {

namespace {

// Connects to host:port and hangs up.
void Poke(const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return;
  const int file = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (file >= 0) {
    if (connect(file, found->ai_addr, found->ai_addrlen) != 0) errno = 0;
    close(file);
  }
  freeaddrinfo(found);
}

}  // namespace

Exposer::Exposer(std::unique_ptr<prometheus::Exposer> exposer, std::string host)
    : exposer_(std::move(exposer)),
      host_(std::move(host)),
      port_(exposer_->GetListeningPorts().front()) {}

// The HTTP server sees that it is to stop only every 2 s, or when somebody connects.
Exposer::~Exposer() {
  absl::Notification stopped;
  std::thread stopper([&] {
    exposer_.reset();
    stopped.Notify();
  });
  while (!stopped.WaitForNotificationWithTimeout(absl::Milliseconds(10))) Poke(host_, port_);
  stopper.join();
}

absl::StatusOr<std::unique_ptr<Exposer>> Exposer::Start(const std::string& listen,
                                                        const Registry& registry) {
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(listen, /*num_threads=*/1);
    exposer->RegisterCollectable(registry.registry_);
    const auto address = config::ParseAddress(listen);
    return std::unique_ptr<Exposer>(
        new Exposer(std::move(exposer), address.has_value() ? address->host : ""));
  } catch (const std::exception& problem) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", listen, " for metrics: ", problem.what()));
  }
}

}  // namespace understudy::metrics
