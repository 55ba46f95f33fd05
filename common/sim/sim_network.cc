#include "common/sim/sim_network.h"

namespace understudy {
namespace {

std::string Describe(const std::string& from, const std::string& to, const std::string& port,
                     const SimMessage& message) {
  return from + " > " + to + ":" + port + " " + message.kind;
}

}  // namespace

void SimNetwork::Send(const SimNode& from, const std::string& to, const std::string& port,
                      const SimMessage& message) {
  if (!from.is_up()) return;
  if (from.id() == to) {
    Carry(from.id(), to, port, message);
    return;
  }
  const SimLinkQuality& quality = QualityOf(from.id(), to);
  if (random_.Chance(quality.drop)) {
    trace_.Add(Describe(from.id(), to, port, message) + " dropped");
    return;
  }
  const bool twice = random_.Chance(quality.duplicate);
  Carry(from.id(), to, port, message);
  if (twice) Carry(from.id(), to, port, message);
}

void SimNetwork::Carry(const std::string& from, const std::string& to, const std::string& port,
                       const SimMessage& message) {
  loop_.After(DrawDelay(from, to),
              [this, from, to, port, message] { Arrive(from, to, port, message); });
}

void SimNetwork::Arrive(const std::string& from, const std::string& to, const std::string& port,
                        const SimMessage& message) {
  const std::string line = Describe(from, to, port, message);
  if (!Passes(from, to)) {
    trace_.Add(line + " blocked");
    return;
  }
  SimNode* node = Find(to);
  const bool received = node != nullptr && node->Receive(from, port, message);
  trace_.Add(received ? line : line + " unheard");
}

void SimNetwork::SetQuality(const std::string& from, const std::string& to,
                            SimLinkQuality quality) {
  qualities_[{from, to}] = quality;
}

void SimNetwork::Block(const std::string& from, const std::string& to) {
  if (blocked_.insert({from, to}).second) trace_.Add("block " + from + " > " + to);
}

void SimNetwork::Unblock(const std::string& from, const std::string& to) {
  if (blocked_.erase({from, to}) > 0) trace_.Add("unblock " + from + " > " + to);
}

void SimNetwork::Partition(const std::set<std::string>& some, const std::set<std::string>& others) {
  for (const std::string& one : some) {
    for (const std::string& other : others) {
      if (one == other) continue;
      Block(one, other);
      Block(other, one);
    }
  }
}

void SimNetwork::Isolate(const std::string& node) {
  std::set<std::string> others;
  for (const auto& [id, unused] : nodes_) others.insert(id);
  Partition({node}, others);
}

void SimNetwork::Heal() {
  trace_.Add("heal the network");
  blocked_.clear();
  qualities_.clear();
  default_quality_ = SimLinkQuality();
}

bool SimNetwork::Passes(const std::string& from, const std::string& to) const {
  return !blocked_.contains({from, to});
}

absl::Duration SimNetwork::DrawDelay(const std::string& from, const std::string& to) {
  if (from == to) return absl::ZeroDuration();
  const SimLinkQuality& quality = QualityOf(from, to);
  const absl::Duration delay = random_.Between(quality.min_delay, quality.max_delay);
  return random_.Chance(quality.slow) ? delay + quality.slow_delay : delay;
}

SimNode* SimNetwork::Find(const std::string& id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? nullptr : found->second;
}

const SimLinkQuality& SimNetwork::QualityOf(const std::string& from, const std::string& to) const {
  const auto found = qualities_.find({from, to});
  return found == qualities_.end() ? default_quality_ : found->second;
}

}  // namespace understudy
