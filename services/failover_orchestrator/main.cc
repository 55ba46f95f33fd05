#include "common/lifecycle/service_main.h"
#include "services/failover_orchestrator/config.h"
#include "services/failover_orchestrator/server.h"

namespace {

constexpr char kExample[] = R"(  listen: 127.0.0.1:7103
  insecure: true
  vault: 127.0.0.1:7102
  membership: 127.0.0.1:7101
)";

}  // namespace

int main(int argc, char** argv) {
  namespace orchestrator = understudy::failover_orchestrator;
  return understudy::lifecycle::ServiceMain(
      {.name = "failover-orchestrator",
       .version = "0.1.0",
       .summary = "Decides which spare takes over the duty of a failed station, and sees it done.",
       .example_config = kExample},
      argc, argv, [](understudy::config::ConfigReader& reader) {
        const orchestrator::Config config = orchestrator::ReadConfig(reader);
        return understudy::lifecycle::Prepared{
            config.service.log, [config] { return orchestrator::Server::Start(config); }};
      });
}
