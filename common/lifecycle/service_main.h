#ifndef UNDERSTUDY_COMMON_LIFECYCLE_SERVICE_MAIN_H_
#define UNDERSTUDY_COMMON_LIFECYCLE_SERVICE_MAIN_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "common/config/config_reader.h"
#include "common/lifecycle/command_line.h"
#include "common/lifecycle/stop_sequence.h"
#include "common/log/log_config.h"

namespace understudy::lifecycle {

// A service that runs, and knows how to stop. Its destructor runs after the stop steps.
class RunningService {
 public:
  virtual ~RunningService() = default;
  virtual void AddStopSteps(StopSequence& stop) = 0;
};

// What the configuration became.
struct Prepared {
  log::LogConfig log;
  // Starts the service; called once, after the logs are set up. An error ends the process with 1.
  std::function<absl::StatusOr<std::unique_ptr<RunningService>>()> start;
};

// All of a service's main:
//
//   int main(int argc, char** argv) {
//     return understudy::lifecycle::ServiceMain(
//         {"membership", "0.1.0", "Knows who is here and who is alive.", "  vault: ...\n"},
//         argc, argv, understudy::membership::Prepare);
//   }
//
//   lifecycle::Prepared Prepare(config::ConfigReader& reader) {
//     const Config config = ReadConfig(reader);  // notes problems in the reader
//     return {config.service.log, [config] { return Server::Start(config); }};
//   }
//
// where Server is a RunningService, and Start returns absl::StatusOr<std::unique_ptr<Server>>.
//
// Reads the flags and the file, has `prepare` read the configuration (all its problems, and unknown
// keys, are printed at once), sets up the logs, starts the service, waits for SIGTERM or SIGINT,
// and stops it within 5 s. Returns the exit code: 0 clean stop, 2 wrong flags or configuration, 1
// other. Server::Start returns absl::StatusOr<std::unique_ptr<RunningService>>.
int ServiceMain(const ServiceDescription& service, int argc, const char* const* argv,
                const std::function<Prepared(config::ConfigReader&)>& prepare);

}  // namespace understudy::lifecycle

#endif  // UNDERSTUDY_COMMON_LIFECYCLE_SERVICE_MAIN_H_
