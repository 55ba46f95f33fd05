#include "common/sim/sim_world.h"

#include <cstdio>
#include <cstdlib>

#include "common/status/status.h"

namespace understudy {
namespace {

constexpr size_t kPrintedLines = 60;

uint64_t Number(const char* variable) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

}  // namespace

SimWorld::SimWorld(uint64_t seed)
    : seed_(seed),
      trace_(loop_),
      random_(RandomFor("test")),
      network_(loop_, trace_, RandomFor("network")),
      streams_(loop_, trace_, network_),
      moment_(loop_.now()) {
  trace_.Add("seed " + std::to_string(seed));
}

SimNode& SimWorld::AddNode(const std::string& id, SimNodeOptions options) {
  auto& node = nodes_[id];
  if (node == nullptr) {
    node = std::make_unique<SimNode>(id, loop_, trace_, RandomFor("node " + id), options);
    network_.Attach(*node);
  }
  return *node;
}

std::vector<SimNode*> SimWorld::nodes() {
  std::vector<SimNode*> nodes;
  for (const auto& [id, node] : nodes_) nodes.push_back(node.get());
  return nodes;
}

void SimWorld::AddInvariant(std::string name, Invariant invariant) {
  invariants_.emplace_back(std::move(name), std::move(invariant));
}

bool SimWorld::Step() { return StepUntil(SteadyTime::Infinite()); }

bool SimWorld::StepUntil(SteadyTime limit) {
  if (!status_.ok() || !loop_.RunNext(limit)) return false;
  CheckProgress();
  CheckInvariants();
  return status_.ok();
}

void SimWorld::RunUntil(SteadyTime time) {
  while (StepUntil(time)) {
  }
  if (status_.ok()) loop_.AdvanceTo(time);
}

bool SimWorld::RunUntilTrue(const std::function<bool()>& condition, absl::Duration limit) {
  const SteadyTime end = now() + limit;
  while (status_.ok()) {
    if (condition()) return true;
    if (!StepUntil(end)) break;
  }
  if (status_.ok()) loop_.AdvanceTo(end);
  return false;
}

void SimWorld::Heal() {
  network_.Heal();
  for (const auto& [id, node] : nodes_) {
    node->disk().SetFailing(false);
    node->Resume();
    node->Start();
  }
}

void SimWorld::CheckProgress() {
  if (now() != moment_) {
    moment_ = now();
    events_in_moment_ = 0;
  }
  if (++events_in_moment_ > kMaxEventsPerMoment) {
    End(MakeError(
        absl::StatusCode::kResourceExhausted, "NO_PROGRESS",
        "more than " + std::to_string(kMaxEventsPerMoment) + " events ran without time going on"));
  }
}

void SimWorld::CheckInvariants() {
  for (const auto& [name, invariant] : invariants_) {
    if (!status_.ok()) return;
    const absl::Status status = invariant();
    if (!status.ok()) End(WithContext(status, "invariant \"" + name + "\""));
  }
}

void SimWorld::End(const absl::Status& status) {
  status_ = WithContext(status, "seed " + std::to_string(seed_));
  trace_.Add(DescribeError(status_));
  std::fprintf(stderr, "Simulation failed; replay with UNDERSTUDY_SIM_SEED=%llu\n%s",
               static_cast<unsigned long long>(seed_), trace_.Tail(kPrintedLines).c_str());
}

std::vector<uint64_t> SimSeeds(uint64_t count) {
  if (const uint64_t seed = Number("UNDERSTUDY_SIM_SEED"); seed != 0) return {seed};
  if (const uint64_t more = Number("UNDERSTUDY_SIM_SEEDS"); more != 0) count = more;
  std::vector<uint64_t> seeds;
  for (uint64_t seed = 1; seed <= count; ++seed) seeds.push_back(seed);
  return seeds;
}

}  // namespace understudy
