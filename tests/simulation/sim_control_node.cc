#include "tests/simulation/sim_control_node.h"

#include <any>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"

namespace understudy::simulation {

namespace cv = config_vault;

namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(300);
constexpr absl::Duration kFollowEvery = absl::Milliseconds(5);
constexpr absl::Duration kWriteEvery = absl::Milliseconds(15);
constexpr uint64_t kDuties = 5;
constexpr uint64_t kStations = 12;

std::vector<cv::ControlNode> Nodes(const std::vector<std::string>& ids) {
  std::vector<cv::ControlNode> nodes;
  for (const std::string& id : ids) nodes.push_back({.id = id, .addresses = {}, .beats = id});
  return nodes;
}

}  // namespace

SimControlNode::SimControlNode(SimWorld& world, SimNode& node, const std::vector<std::string>& all,
                               ReplicaDisk& disk, ControlHistory& history)
    : world_(world),
      node_(node),
      disk_(disk),
      history_(history),
      name_(absl::StrCat(node.id(), "#", history.last_instance + 1)),
      instance_(++history.last_instance),
      core_(cv::RootClaimPolicy(), {.id = node.id(), .instance = instance_, .addresses = {}},
            node.random()),
      links_(node.id(), instance_, cv::ControlBeatKey("the simulated site's secret")) {
  links_.SetPeers(all);
  node.Listen("etcd-answer", [this](const std::string&, const SimMessage& message) {
    const auto& answer = std::any_cast<const SimEtcd::Answer&>(message.body);
    // A repeated answer finds nobody.
    auto found = waiting_.extract(answer.number);
    if (!found.empty()) found.mapped()(&answer);
  });
  node.Listen("control", [this](const std::string&, const SimMessage& message) {
    const auto received =
        links_.Receive(std::any_cast<const cv::ControlPacketBytes&>(message.body));
    if (received.result != cv::ControlResult::kOk) return;
    Take([&](cv::ClaimMoment now) { core_.OnBeat(received.from, received.beat, now); });
  });
  Take([&](cv::ClaimMoment now) {
    core_.OnNodes(Nodes(all), now);
    core_.OnHousehold(true, now);
    core_.OnProgress({.following = true, .applied = disk_.applied});
    core_.Start(now);
  });
  Follow();
  Write();
}

cv::ClaimMoment SimControlNode::Now() const {
  return {node_.clock().SteadyNow(), node_.clock().WallNow()};
}

void SimControlNode::Ask(SimEtcd::Request request, OnAnswer done) {
  request.number = ++last_request_;
  waiting_.emplace(request.number, std::move(done));
  world_.network().Send(node_, "etcd", "etcd", {"request", request});
  node_.executor().RunAt(Now().steady + kTimeout, [this, number = request.number] {
    auto found = waiting_.extract(number);
    if (!found.empty()) found.mapped()(nullptr);
  });
}

void SimControlNode::Take(const std::function<void(cv::ClaimMoment)>& input) {
  input(Now());
  Act();
  SetTimer();
}

void SimControlNode::Act() {
  for (const cv::ClaimAction& action : core_.TakeActions()) {
    std::visit([this](const auto& what) { Do(what); }, action);
  }
}

void SimControlNode::SetTimer() {
  const SteadyTime next = core_.NextDeadline();
  if (next == timer_at_) return;
  if (!timer_at_.is_infinite()) node_.executor().Cancel(timer_);
  timer_at_ = next;
  timer_ = node_.executor().RunAt(next, [this] {
    timer_at_ = SteadyTime::Infinite();
    Take([this](cv::ClaimMoment now) {
      core_.OnProgress({.following = true, .applied = disk_.applied});
      core_.Tick(now);
    });
  });
}

void SimControlNode::SetHousehold(bool whole) {
  Take([&](cv::ClaimMoment now) { core_.OnHousehold(whole, now); });
}

void SimControlNode::HandOver(const std::string& to) {
  Take([&](cv::ClaimMoment now) { core_.HandOver(1, to, now); });
}

void SimControlNode::Do(const cv::SendBeat& action) {
  for (const auto& [id, peer] : core_.peers().all()) {
    if (!action.to.empty() && action.to != id) continue;
    world_.network().Send(node_, id, "control", {"beat", links_.Encode(id, action.beat)});
  }
}

void SimControlNode::Do(const cv::ClaimKey& action) {
  SimEtcd::Request request{.kind = SimEtcd::Request::Kind::kClaim};
  request.epoch = action.expected;
  request.record = action.record;
  Ask(request, [this, attempt = action.attempt](const SimEtcd::Answer* answer) {
    absl::StatusOr<cv::RootKey::ClaimResult> result(absl::UnavailableError("no answer"));
    if (answer != nullptr) {
      result = cv::RootKey::ClaimResult{.won = answer->done, .owner = answer->root};
    }
    Take([&](cv::ClaimMoment now) { core_.OnClaimAnswered(attempt, result, now); });
  });
}

void SimControlNode::Do(const cv::ReadKey&) {
  Ask({.kind = SimEtcd::Request::Kind::kReadRoot}, [this](const SimEtcd::Answer* answer) {
    absl::StatusOr<cv::RootClaim> claim(absl::UnavailableError("no answer"));
    if (answer != nullptr) claim = answer->root;
    Take([&](cv::ClaimMoment now) { core_.OnReadAnswered(claim, now); });
  });
}

void SimControlNode::Do(const cv::StopReign&) {
  reign_.reset();
  world_.Note(name_ + " stops acting");
}

void SimControlNode::Do(const cv::Report& action) { world_.Note(name_ + ": " + action.text); }

void SimControlNode::StartReign(cv::Epoch epoch) {
  reign_ = epoch;
  world_.Note(absl::StrCat(name_, " acts under epoch ", epoch));
  const auto [reign, is_new] = history_.reigns.emplace(epoch, name_);
  if (!is_new && reign->second != name_) {
    history_.violation =
        absl::StrCat(reign->second, " and ", name_, " both acted under epoch ", epoch);
  }
  // It must not forget what others were told.
  if (disk_.applied < epoch) {
    history_.violation = absl::StrCat(name_, " acts under epoch ", epoch, " at revision ",
                                      disk_.applied);
  }
}

void SimControlNode::Follow() {
  SimEtcd::Request request{.kind = SimEtcd::Request::Kind::kFollow};
  request.after = disk_.applied;
  Ask(request, [this](const SimEtcd::Answer* answer) {
    if (answer != nullptr) {
      for (const SimRevision& revision : answer->revisions) Apply(revision);
    }
    node_.executor().RunAt(Now().steady + kFollowEvery, [this] { Follow(); });
  });
}

void SimControlNode::Apply(const SimRevision& revision) {
  if (revision.revision != disk_.applied + 1) return;
  disk_.applied = revision.revision;
  if (revision.write.has_value()) {
    disk_.batch_revision = revision.revision;
    disk_.duties[revision.write->duty] = *revision.write;
  }
  if (!revision.root.has_value()) return;
  const cv::RootClaim claim{.epoch = revision.revision, .record = *revision.root};
  Take([&](cv::ClaimMoment now) { core_.OnRoot(claim, now); });
}

// Decided on the replica; etcd takes it only if nothing has been written since, by anybody.
void SimControlNode::Write() {
  node_.executor().RunAt(Now().steady + kWriteEvery, [this] { Write(); });
  if (!reign_.has_value() || writing_) return;
  SimWrite write{.id = ++history_.last_write};
  write.duty = absl::StrCat("duty-", node_.random().Below(kDuties));
  write.station = absl::StrCat("station-", node_.random().Below(kStations));
  write.number = disk_.duties[write.duty].number + 1;
  SimEtcd::Request request{.kind = SimEtcd::Request::Kind::kCommit};
  request.epoch = *reign_;
  request.batch_revision = disk_.batch_revision;
  request.write = write;
  writing_ = true;
  Ask(request, [this, write, epoch = *reign_](const SimEtcd::Answer* answer) {
    writing_ = false;
    // The outcome is unknown: nobody is told, and the replica will show it.
    if (answer == nullptr) return;
    if (answer->done) {
      history_.acknowledged.emplace(write.id, write);
      return;
    }
    if (answer->root.epoch == epoch) return;
    Take([&](cv::ClaimMoment now) { core_.OnDeposed(epoch, now); });
  });
}

}  // namespace understudy::simulation
