#include "common/lifecycle/service_main.h"
#include "services/checkpoint_store/config.h"
#include "services/checkpoint_store/server.h"

int main(int argc, char** argv) {
  namespace checkpoints = understudy::checkpoint_store;
  return understudy::lifecycle::ServiceMain(
      {.name = "checkpoint-store",
       .version = "0.1.0",
       .summary = "Keeps the working memory of devices in deep sleep, under identifiers that "
                  "change at every cycle.\n"
                  "The chance that one guess finds one of m identifiers of n bits is m 2^-n: with "
                  "100,000 devices,\n200,000 identifiers of 128 bits are alive, and it is 5.9e-34 "
                  "per trial; with 1,000 short ones of\n32 bits, 2.3e-7. The metric "
                  "understudy_checkpoint_store_guess_probability_per_trial has the real one.",
       .example_config = "listen: 127.0.0.1:7104\n"
                         "metrics_listen: 127.0.0.1:9104\n"
                         "insecure: true\n"
                         "data_directory: /var/lib/understudy/checkpoints\n"
                         "http: {listen: \"127.0.0.1:8104\"}\n"},
      argc, argv, [](understudy::config::ConfigReader& reader) {
        const checkpoints::Config config = checkpoints::ReadConfig(reader);
        return understudy::lifecycle::Prepared{
            config.service.log, [config] { return checkpoints::Server::Start(config); }};
      });
}
