#include <memory>
#include <utility>

#include "common/lifecycle/service_main.h"
#include "services/membership/config.h"
#include "services/membership/server.h"

namespace {

namespace lifecycle = understudy::lifecycle;
namespace membership = understudy::membership;

constexpr char kExample[] =
    "listen: 127.0.0.1:7101\n"
    "metrics_listen: 127.0.0.1:9101\n"
    "insecure: true\n"
    "vault: 127.0.0.1:7102\n"
    "beat_listen: 127.0.0.1:7101\n"
    "beat_interval: 100ms\n"
    "missed_beats_limit: 3\n";

lifecycle::Prepared Prepare(understudy::config::ConfigReader& reader) {
  membership::Config config = membership::ReadConfig(reader);
  return {config.service.log,
          [config]() -> absl::StatusOr<std::unique_ptr<lifecycle::RunningService>> {
            auto server = membership::Server::Start(config);
            if (!server.ok()) return server.status();
            return *std::move(server);
          }};
}

}  // namespace

int main(int argc, char** argv) {
  return lifecycle::ServiceMain({.name = "membership",
                                 .version = "0.1.0",
                                 .summary = "Knows who is here and who is alive.",
                                 .example_config = kExample},
                                argc, argv, Prepare);
}
