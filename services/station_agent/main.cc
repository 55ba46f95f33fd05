// The station-agent service.

#include "common/lifecycle/service_main.h"
#include "services/station_agent/agent.h"
#include "services/station_agent/config.h"
#include "services/station_agent/server.h"

int main(int argc, char** argv) {
  namespace agent = understudy::station_agent;
  namespace lifecycle = understudy::lifecycle;
  return lifecycle::ServiceMain(
      {.name = "station-agent",
       .version = agent::kAgentVersion,
       .summary = "Runs on a station: keeps it in its site, and runs, hands over and takes over "
                  "duties.",
       .example_config = agent::kExampleConfig},
      argc, argv, [](understudy::config::ConfigReader& reader) {
        const agent::Config config = agent::ReadConfig(reader);
        return lifecycle::Prepared{config.service.log,
                                   [config] { return agent::StartServer(config); }};
      });
}
