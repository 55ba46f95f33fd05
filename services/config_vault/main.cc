#include "common/lifecycle/service_main.h"
#include "services/config_vault/config.h"
#include "services/config_vault/server.h"

int main(int argc, char** argv) {
  namespace vault = understudy::config_vault;
  return understudy::lifecycle::ServiceMain(
      {.name = "config-vault",
       .version = "0.1.0",
       .summary = "Keeps every duty's document, all versions, and the site's registry.",
       .example_config = "listen: 127.0.0.1:7102\n"
                         "metrics_listen: 127.0.0.1:9102\n"
                         "insecure: true\n"
                         "data_directory: /var/lib/understudy/vault\n"},
      argc, argv, [](understudy::config::ConfigReader& reader) {
        const vault::Config config = vault::ReadConfig(reader);
        return understudy::lifecycle::Prepared{config.service.log,
                                               [config] { return vault::Server::Start(config); }};
      });
}
