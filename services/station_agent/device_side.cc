#include "services/station_agent/device_side.h"

#include <memory>
#include <utility>

namespace understudy::station_agent {
namespace {

// How old the runtime's figures may be when they are scraped.
constexpr absl::Duration kCountEvery = absl::Seconds(5);
// The whole agent has 5 s to stop.
constexpr absl::Duration kStopPatience = absl::Seconds(1);

}  // namespace

DeviceSide::DeviceSide(const Clock& clock, metrics::Registry& registry)
    : metrics_(registry), runtime_(Options(), clock) {
  runtime_.Spawn([this] { CountNowAndAgain(); }, {.name = "runtime-metrics"});
}

DeviceSide::~DeviceSide() { Stop(); }

runtime::RuntimeOptions DeviceSide::Options() {
  runtime::RuntimeOptions options;
  options.threads = kThreads;
  options.stop_patience = kStopPatience;
  options.on_hog = [this](const runtime::HogReport& report) {
    const bool computes = report.kind == runtime::HogKind::kComputes;
    metrics_.CountHog(report);
    log_.Warn("the coroutine '{}' has kept its thread for {}: it {}", report.name,
              absl::FormatDuration(report.so_far),
              computes ? "computes without yielding" : "blocks in a call that no hook covers");
  };
  options.manager.on_uncaught = [this](const char* name, const char* what) {
    log_.Error("the coroutine '{}' was ended by an exception: {}", name, what);
  };
  return options;
}

void DeviceSide::CountNowAndAgain() {
  do {
    metrics_.Show(runtime::Manager::Current()->stats());
  } while (runtime::PauseFor(kCountEvery));
}

bool DeviceSide::ListCoroutines(size_t limit, std::function<void(const CoroutineList&)> callback) {
  static_assert(kThreads == 1);
  runtime::Manager& manager = runtime_.manager(0);
  return manager.Post([&manager, limit, callback = std::move(callback)] {
    const runtime::ManagerStats stats = manager.stats();
    callback({manager.List(limit), size_t{stats.ready} + stats.running + stats.waiting});
  });
}

void DeviceSide::Stop() {
  const uint32_t stubborn = runtime_.Stop();
  if (stubborn > 0) log_.Warn("{} coroutines would not end", stubborn);
}

}  // namespace understudy::station_agent
