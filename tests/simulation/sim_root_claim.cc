#include "tests/simulation/sim_root_claim.h"

#include <any>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace understudy::simulation {

namespace cv = config_vault;

SimRootClaim::SimRootClaim(SimWorld& world, SimNode& node, const cv::ControlSelf& self,
                           const std::vector<cv::ControlNode>& nodes, Outside outside)
    : world_(world),
      node_(node),
      nodes_(nodes),
      outside_(std::move(outside)),
      core_(outside_.policy, self, node.random()),
      links_(self.id, self.instance, cv::ControlBeatKey("the simulated site's secret")) {
  std::vector<std::string> ids;
  for (const cv::ControlNode& admitted : nodes) ids.push_back(admitted.id);
  links_.SetPeers(ids);
  node.Listen("control", [this](const std::string&, const SimMessage& message) {
    const auto received =
        links_.Receive(std::any_cast<const cv::ControlPacketBytes&>(message.body));
    if (received.result != cv::ControlResult::kOk) return;
    Take([&](auto& core, auto now) { core.OnBeat(received.from, received.beat, now); });
  });
}

void SimRootClaim::Start(bool household_whole) {
  Take([&](auto& core, auto now) {
    core.OnNodes(nodes_, kNodesRevision, now);
    core.OnHousehold(household_whole, now);
    core.OnProgress(outside_.progress());
    core.Start(now);
  });
}

cv::ClaimMoment SimRootClaim::Now() const {
  return {node_.clock().SteadyNow(), node_.clock().WallNow()};
}

void SimRootClaim::Take(const std::function<void(cv::RootClaimCore&, cv::ClaimMoment)>& in) {
  in(core_, Now());
  for (const cv::ClaimAction& action : core_.TakeActions()) {
    std::visit([this](const auto& what) { Do(what); }, action);
  }
  SetTimer();
}

void SimRootClaim::SetTimer() {
  const SteadyTime next = core_.NextDeadline();
  if (next == timer_at_) return;
  if (!timer_at_.is_infinite()) node_.executor().Cancel(timer_);
  timer_at_ = next;
  timer_ = node_.executor().RunAt(next, [this] {
    timer_at_ = SteadyTime::Infinite();
    Take([this](auto& core, auto now) {
      core.OnProgress(outside_.progress());
      core.Tick(now);
    });
  });
}

void SimRootClaim::Do(const cv::SendBeat& action) {
  for (const auto& [id, peer] : core_.peers().all()) {
    if (!action.to.empty() && action.to != id) continue;
    world_.network().Send(node_, peer.node.beats, "control",
                          {"beat", links_.Encode(id, action.beat, node_.clock().SteadyNow())});
  }
}

void SimRootClaim::Do(const cv::ClaimKey& action) {
  outside_.key.Claim(action.expected, action.record,
                     [this, attempt = action.attempt](const auto& result) {
                       Take([&](auto& core, auto now) {
                         core.OnClaimAnswered(attempt, result, now);
                       });
                     });
}

void SimRootClaim::Do(const cv::ReadKey&) {
  outside_.key.Read([this](const auto& claim) {
    Take([&](auto& core, auto now) { core.OnReadAnswered(claim, now); });
  });
}

void SimRootClaim::Do(const cv::RenewLease& action) {
  if (outside_.lease == nullptr) return;
  outside_.lease->Renew({.epoch = action.epoch, .nodes = action.nodes, .until = action.until});
}

void SimRootClaim::Do(const cv::WithdrawLease&) {
  if (outside_.lease != nullptr) outside_.lease->Withdraw();
}

void SimRootClaim::Do(const cv::Report& action) {
  world_.Note(absl::StrCat(node_.id(), ": ", action.text));
}

}  // namespace understudy::simulation
