// Devices with the real client, checkpoint-store's real protocol and core, and a network between
// them that loses, repeats, delays and reorders, while servers die at every step and plugs are
// pulled at every step. The device always gets back the last checkpoint that was acknowledged,
// never anybody else's, and no identifier is handed out twice.
//
// More seeds: bazel test --test_env=UNDERSTUDY_SIM_SEEDS=20000
// //tests/simulation:checkpoint_simulation_test

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/sim/sim_world.h"
#include "tests/simulation/checkpoint_device.h"
#include "tests/simulation/checkpoint_server.h"

namespace understudy::simulation {
namespace {

constexpr int kDevices = 4;
constexpr int kWakes = 150;
constexpr int kHealedWakes = 3;

// What may befall a request.
struct Weather {
  double lose_request = 0;
  double lose_answer = 0;
  // A copy of it arrives later, behind others.
  double repeat = 0;
  // It arrives later, when nobody waits for the answer any more.
  double delay = 0;
  double crash_before = 0;
  double crash_after = 0;
  double pull_plug = 0;
};

class CheckpointWorld final : public CheckpointNetwork {
 public:
  explicit CheckpointWorld(uint64_t seed) : random_(seed), server_(seed * 7 + 1) {
    for (int i = 0; i < kDevices; ++i) {
      devices_.push_back(std::make_unique<CheckpointDevice>(
          absl::StrCat("d", i), seed * 100 + i, static_cast<CheckpointNetwork&>(*this)));
    }
    // Two devices draw the same identifier at first.
    devices_[0]->ForceIdentifier(7);
    devices_[1]->ForceIdentifier(7);
  }

  void set_weather(const Weather& weather) {
    weather_ = weather;
    for (const auto& device : devices_) device->set_pull(weather.pull_plug);
  }

  std::optional<std::string> Carry(const std::string& device, const std::string& request) override {
    DeliverSome();
    if (random_.Chance(weather_.lose_request)) return std::nullopt;
    if (random_.Chance(weather_.repeat)) under_way_.push_back(request);
    if (random_.Chance(weather_.delay)) {
      under_way_.push_back(request);
      return std::nullopt;
    }
    std::optional<std::string> answer = server_.Serve(request, RandomCrash());
    return random_.Chance(weather_.lose_answer) ? std::nullopt : answer;
  }

  // One device wakes, and the operator does his work.
  bool Step() {
    CheckpointDevice& device = *devices_[random_.Below(devices_.size())];
    const bool all = device.Wake();
    if (!device.identifier().empty()) shown_[device.identifier()].insert(&device);
    // People take their time: meanwhile another device may show the same identifier.
    if (random_.Chance(0.2)) Authorise(device);
    if (random_.Chance(0.05)) Stage();
    return all;
  }

  // All that was under way arrives.
  void DeliverAll() {
    while (!under_way_.empty()) DeliverOne();
  }

  bool WakeAll() {
    bool all = true;
    for (const auto& device : devices_) {
      // A device that lost a race enrols again, which takes a wake-up or two more.
      for (int i = 0; i < 4 && !device->enrolled(); ++i) {
        device->Wake();
        if (!device->identifier().empty()) shown_[device->identifier()].insert(device.get());
        Authorise(*device);
      }
      all = device->Wake() && all;
    }
    return all;
  }

  std::string Breach() const {
    for (const auto& device : devices_) {
      if (!device->breach().empty()) return device->breach();
    }
    return server_.breach();
  }

  const std::vector<std::unique_ptr<CheckpointDevice>>& devices() const { return devices_; }
  const CheckpointServer& server() const { return server_; }

 private:
  Crash RandomCrash() {
    if (random_.Chance(weather_.crash_before)) return Crash::kBeforeCommit;
    return random_.Chance(weather_.crash_after) ? Crash::kAfterCommit : Crash::kNone;
  }

  void DeliverSome() {
    while (!under_way_.empty() && random_.Chance(0.3)) DeliverOne();
  }

  void DeliverOne() {
    const size_t which = random_.Below(under_way_.size());
    const std::string request = under_way_[which];
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(which));
    server_.Serve(request, RandomCrash());
  }

  // The operator reads the label, and creates the device with its own configuration. Of two with
  // the same label the second is refused; which of the two goes on, their claims decide. Both may
  // have been given that configuration.
  void Authorise(CheckpointDevice& device) {
    if (device.enrolled() || device.identifier().empty()) return;
    const std::string factory = absl::StrCat("factory ", device.identifier());
    for (const auto& other : devices_) other->Staged(factory);
    const std::string name = absl::StrCat("device-", ++created_);
    if (server_.Enrol(device.identifier(), name, factory)) labels_[device.identifier()] = name;
  }

  // Of one of the devices that he has created. Those that showed the same label at first cannot be
  // told apart by him: whichever it belongs to may get it.
  void Stage() {
    if (labels_.empty()) return;
    auto label = labels_.begin();
    std::advance(label, random_.Below(labels_.size()));
    const std::string content = absl::StrCat("staged ", ++staged_, " for ", label->second);
    for (CheckpointDevice* const device : shown_[label->first]) device->Staged(content);
    server_.Stage(label->second, content);
  }

  Random random_;
  Weather weather_;
  CheckpointServer server_;
  std::vector<std::unique_ptr<CheckpointDevice>> devices_;
  // What the operator calls the device of each label, and which devices have shown it.
  std::map<std::string, std::string> labels_;
  std::map<std::string, std::set<CheckpointDevice*>> shown_;
  int created_ = 0;
  std::vector<std::string> under_way_;
  int staged_ = 0;
};

Weather RandomWeather(Random& random) {
  const auto chance = [&random](double most) {
    return random.Chance(0.3) ? 0 : most * random.Fraction();
  };
  return {.lose_request = chance(0.3),
          .lose_answer = chance(0.3),
          .repeat = chance(0.3),
          .delay = chance(0.2),
          .crash_before = chance(0.1),
          .crash_after = chance(0.1),
          .pull_plug = chance(0.03)};
}

struct Totals {
  int acknowledged = 0;
  int staged_seen = 0;
  int conflicts = 0;
};

void RunSeed(uint64_t seed, Totals& totals) {
  Random random(seed + 1'000'000);
  CheckpointWorld world(seed);
  for (int i = 0; i < kWakes && world.Breach().empty(); ++i) {
    if (i % 30 == 0) world.set_weather(RandomWeather(random));
    world.Step();
  }
  world.set_weather({});
  world.DeliverAll();
  for (int i = 0; i < kHealedWakes; ++i) {
    EXPECT_TRUE(world.WakeAll()) << "not healed, seed " << seed;
  }
  EXPECT_EQ(world.Breach(), "") << "seed " << seed;
  for (const auto& device : world.devices()) {
    totals.acknowledged += device->acknowledged();
    totals.staged_seen += device->staged_seen();
    totals.conflicts += device->conflicts();
  }
}

TEST(CheckpointSimulationTest, DevicesAlwaysGetBackWhatWasAcknowledgedLast) {
  Totals totals;
  const std::vector<uint64_t> seeds = SimSeeds(200);
  for (const uint64_t seed : seeds) {
    RunSeed(seed, totals);
    if (HasFailure()) break;
  }
  // It did happen.
  EXPECT_GT(totals.acknowledged, static_cast<int>(seeds.size()) * 20);
  if (seeds.size() >= 20) {
    EXPECT_GT(totals.staged_seen, 0);
    EXPECT_GT(totals.conflicts, 0);
  }
}

}  // namespace
}  // namespace understudy::simulation
