#include "common/sim/sim_world.h"

#include <gtest/gtest.h>

#include <any>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "common/status/status.h"

namespace understudy {
namespace {

// A program that keeps a count on its disk and tells it to the next node at random moments; who
// hears a larger count takes it over. A careless one does not sync.
class Gossip {
 public:
  Gossip(SimNode& node, SimNetwork& network, std::string next, bool careful)
      : node_(node), network_(network), next_(std::move(next)), careful_(careful) {
    count_ = std::atoi(node.disk().Read("count").value_or("0").c_str());
    node.Listen("gossip", [this](const std::string&, const SimMessage& message) {
      Take(std::any_cast<int>(message.body));
    });
    Tick();
  }

  int count() const { return count_; }

 private:
  void Tick() {
    Take(count_ + static_cast<int>(node_.random().Below(2)));
    network_.Send(node_, next_, "gossip", {"count " + std::to_string(count_), count_});
    const absl::Duration pause =
        node_.random().Between(absl::Milliseconds(5), absl::Milliseconds(20));
    node_.executor().RunAt(node_.clock().SteadyNow() + pause, [this] { Tick(); });
  }

  void Take(int count) {
    if (count > count_ && Save(count).ok()) count_ = count;
  }

  // The usual way: a new file, synced, renamed.
  absl::Status Save(int count) {
    SimDisk& disk = node_.disk();
    UNDERSTUDY_RETURN_IF_ERROR(disk.Write("count.new", std::to_string(count)));
    if (careful_) UNDERSTUDY_RETURN_IF_ERROR(disk.Sync("count.new"));
    UNDERSTUDY_RETURN_IF_ERROR(disk.Rename("count.new", "count"));
    return disk.SyncDirectory();
  }

  SimNode& node_;
  SimNetwork& network_;
  const std::string next_;
  const bool careful_;
  int count_ = 0;
};

// Three gossiping nodes, and misfortune drawn from the seed.
class GossipWorld {
 public:
  explicit GossipWorld(uint64_t seed, bool careful = true) : careful_(careful), world_(seed) {
    for (int i = 0; i < 3; ++i) AddNode(i);
    world_.network().SetDefaultQuality({.slow = 0.05, .drop = 0.1, .duplicate = 0.1});
    world_.AddInvariant("counts never shrink", [this] { return CheckCounts(); });
    for (SimNode* node : world_.nodes()) node->Start();
    Misfortune();
  }

  SimWorld& world() { return world_; }

 private:
  static std::string Name(int i) { return "node-" + std::to_string(i % 3); }

  void AddNode(int i) {
    const int64_t drift = static_cast<int64_t>(world_.random().Below(400)) - 200;
    SimNode& node = world_.AddNode(Name(i), {.drift_ppm = drift});
    node.SetProgram([this, i](SimNode& self) {
      auto program = std::make_shared<Gossip>(self, world_.network(), Name(i + 1), careful_);
      programs_[static_cast<size_t>(i)] = program;
      return program;
    });
  }

  void Misfortune() {
    Random& random = world_.random();
    SimNode& node = world_.node(Name(static_cast<int>(random.Below(3))));
    switch (random.Below(6)) {
      case 0:
        node.Crash(SimDisk::Loss::kTear);
        break;
      case 1:
        node.Crash(SimDisk::Loss::kForgetAll);
        break;
      case 2:
        node.Pause();
        break;
      case 3:
        world_.network().Isolate(node.id());
        break;
      default:
        world_.Heal();
    }
    world_.loop().After(absl::Milliseconds(50), [this] { Misfortune(); });
  }

  absl::Status CheckCounts() {
    for (size_t i = 0; i < 3; ++i) {
      const auto program = programs_[i].lock();
      if (program == nullptr) continue;
      if (program->count() < counts_[i]) {
        return MakeError(absl::StatusCode::kInternal, "SHRUNK", Name(static_cast<int>(i)));
      }
      counts_[i] = program->count();
    }
    return absl::OkStatus();
  }

  std::weak_ptr<Gossip> programs_[3];
  int counts_[3] = {};
  const bool careful_;
  SimWorld world_;
};

TEST(SimWorldTest, KeepsWhatWasSyncedThroughAllMisfortune) {
  for (const uint64_t seed : SimSeeds(20)) {
    GossipWorld gossip(seed);
    gossip.world().RunFor(absl::Seconds(5));
    EXPECT_TRUE(gossip.world().status().ok()) << gossip.world().status();
  }
}

TEST(SimWorldTest, FindsAProgramThatDoesNotSync) {
  testing::internal::CaptureStderr();
  GossipWorld gossip(1, /*careful=*/false);
  gossip.world().RunFor(absl::Seconds(5));
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(ErrorReason(gossip.world().status()), "SHRUNK");
}

TEST(SimWorldTest, MakesTheSameTraceFromTheSameSeed) {
  for (const uint64_t seed : SimSeeds(3)) {
    GossipWorld first(seed);
    GossipWorld second(seed);
    first.world().RunFor(absl::Seconds(5));
    second.world().RunFor(absl::Seconds(5));
    EXPECT_EQ(first.world().trace().lines(), second.world().trace().lines());
    EXPECT_EQ(first.world().trace().hash(), second.world().trace().hash());
    EXPECT_GT(first.world().trace().lines().size(), 100u);
  }
}

TEST(SimWorldTest, MakesAnotherTraceFromAnotherSeed) {
  GossipWorld first(1);
  GossipWorld second(2);
  first.world().RunFor(absl::Seconds(1));
  second.world().RunFor(absl::Seconds(1));
  EXPECT_NE(first.world().trace().hash(), second.world().trace().hash());
}

// Guards the promise that a seed can be replayed on another machine and next year.
TEST(SimWorldTest, KeepsItsHashFromBuildToBuild) {
  EXPECT_EQ(StableHash("understudy"), 0x5EA5B44FCB9BB796u);
}

TEST(SimWorldTest, EndsWhenAnInvariantFails) {
  SimWorld world(42);
  int count = 0;
  world.AddInvariant("at most 3", [&count] {
    return count <= 3 ? absl::OkStatus() : absl::InternalError("it is " + std::to_string(count));
  });
  for (int i = 0; i < 10; ++i) world.loop().After(absl::Seconds(i), [&count] { ++count; });
  testing::internal::CaptureStderr();
  world.RunFor(absl::Minutes(1));
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_EQ(count, 4);
  EXPECT_FALSE(world.Step());
  EXPECT_EQ(std::string(world.status().message()), "seed 42: invariant \"at most 3\": it is 4");
  EXPECT_NE(printed.find("UNDERSTUDY_SIM_SEED=42"), std::string::npos) << printed;
  EXPECT_NE(printed.find("    3.000000 INTERNAL"), std::string::npos) << printed;
}

TEST(SimWorldTest, EndsWhenTimeDoesNotGoOn) {
  SimWorld world(1);
  SimNode& node = world.AddNode("a");
  node.Start();
  std::function<void()> again = [&] { node.executor().Post([&] { again(); }); };
  again();
  testing::internal::CaptureStderr();
  world.RunFor(absl::Seconds(1));
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(ErrorReason(world.status()), "NO_PROGRESS");
}

TEST(SimWorldTest, RunsUntilAConditionHolds) {
  SimWorld world(1);
  const SteadyTime start = world.now();
  bool done = false;
  world.loop().After(absl::Seconds(3), [&done] { done = true; });
  EXPECT_FALSE(world.RunUntilTrue([&done] { return done; }, absl::Seconds(2)));
  EXPECT_EQ(world.now() - start, absl::Seconds(2));
  EXPECT_TRUE(world.RunUntilTrue([&done] { return done; }, absl::Seconds(2)));
  EXPECT_EQ(world.now() - start, absl::Seconds(3));
}

TEST(SimWorldTest, HealsWhatWentWrong) {
  SimWorld world(1);
  SimNode& a = world.AddNode("a");
  SimNode& b = world.AddNode("b");
  b.Start();
  b.Pause();
  b.disk().SetFailing(true);
  world.network().Isolate("a");
  world.Heal();
  EXPECT_TRUE(a.is_up());
  EXPECT_FALSE(b.is_paused());
  EXPECT_TRUE(b.disk().Append("log", "x").ok());
  EXPECT_TRUE(world.network().Passes("a", "b"));
}

TEST(SimWorldTest, GivesEachDrawerItsOwnChance) {
  const SimWorld world(1);
  EXPECT_EQ(world.RandomFor("x").Next(), world.RandomFor("x").Next());
  EXPECT_NE(world.RandomFor("x").Next(), world.RandomFor("y").Next());
}

}  // namespace
}  // namespace understudy
