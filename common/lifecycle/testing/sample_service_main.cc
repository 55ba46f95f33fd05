// The smallest service, to test ServiceMain with. It "hangs" when its configuration says so.

#include <unistd.h>

#include "absl/status/status.h"
#include "common/lifecycle/service_main.h"

namespace understudy::lifecycle::testing {
namespace {

struct Config {
  bool can_start = true;
  bool hangs = false;
};

class SampleService final : public RunningService {
 public:
  static absl::StatusOr<std::unique_ptr<RunningService>> Start(const Config& config) {
    if (!config.can_start) return absl::UnavailableError("told not to start");
    return std::make_unique<SampleService>(config);
  }
  explicit SampleService(const Config& config) : config_(config) {}

  void AddStopSteps(StopSequence& stop) override {
    stop.Add("a quick step", [] {});
    stop.Add("the slow step", [this] {
      while (config_.hangs) pause();
    });
  }

 private:
  const Config config_;
};

Prepared Prepare(config::ConfigReader& reader) {
  Config config;
  config.can_start = reader.BoolOr("can_start", true);
  config.hangs = reader.BoolOr("hangs", false);
  reader.AddressOr("listen", "127.0.0.1:0");
  return {log::LogConfig(), [config] { return SampleService::Start(config); }};
}

}  // namespace
}  // namespace understudy::lifecycle::testing

int main(int argc, char** argv) {
  return understudy::lifecycle::ServiceMain(
      {"sample", "1.2.3", "A service that does nothing.", "  can_start: true\n"}, argc, argv,
      understudy::lifecycle::testing::Prepare);
}
