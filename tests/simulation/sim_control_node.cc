#include "tests/simulation/sim_control_node.h"

#include <any>
#include <utility>

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

class SimControlNode::Key final : public cv::RootKey {
 public:
  explicit Key(SimControlNode& node) : node_(node) {}

  void Read(ReadDone done) override {
    auto told = std::make_shared<ReadDone>(std::move(done));
    node_.Ask({.kind = SimEtcd::Request::Kind::kReadRoot}, [told](const SimEtcd::Answer* answer) {
      if (answer == nullptr) return (*told)(absl::UnavailableError("no answer"));
      (*told)(answer->root);
    });
  }
  void Claim(cv::Epoch expected, const cv::RootRecord& record, ClaimDone done) override {
    SimEtcd::Request request{.kind = SimEtcd::Request::Kind::kClaim};
    request.epoch = expected;
    request.record = record;
    auto told = std::make_shared<ClaimDone>(std::move(done));
    node_.Ask(request, [told](const SimEtcd::Answer* answer) {
      if (answer == nullptr) return (*told)(absl::UnavailableError("no answer"));
      (*told)(ClaimResult{.won = answer->done, .owner = answer->root});
    });
  }
  void Subscribe(std::function<void(const cv::RootClaim&)>) override {}
  void Unsubscribe() override {}

 private:
  SimControlNode& node_;
};

SimControlNode::SimControlNode(SimWorld& world, SimNode& node, const std::vector<std::string>& all,
                               ReplicaDisk& disk, ControlHistory& history)
    : world_(world),
      node_(node),
      disk_(disk),
      history_(history),
      name_(absl::StrCat(node.id(), "#", history.last_instance + 1)),
      instance_(++history.last_instance),
      key_(std::make_unique<Key>(*this)),
      claim_(world, node, {.id = node.id(), .instance = instance_, .addresses = {}}, Nodes(all),
             {.key = *key_,
              .begin_reign = [this](cv::Epoch epoch) { StartReign(epoch); },
              .end_reign = [this] { EndReign(); },
              .publish = [](const cv::RoleState&) {},
              .progress =
                  [this] {
                    return cv::ReplicaProgress{.following = true, .applied = disk_.applied};
                  }}) {
  node.Listen("etcd-answer", [this](const std::string&, const SimMessage& message) {
    const auto& answer = std::any_cast<const SimEtcd::Answer&>(message.body);
    // A repeated answer finds nobody.
    auto found = waiting_.extract(answer.number);
    if (!found.empty()) found.mapped()(&answer);
  });
  claim_.Start(true);
  Follow();
  Write();
}

void SimControlNode::Ask(SimEtcd::Request request, OnAnswer done) {
  request.number = ++last_request_;
  waiting_.emplace(request.number, std::move(done));
  world_.network().Send(node_, "etcd", "etcd", {"request", request});
  node_.executor().RunAt(node_.clock().SteadyNow() + kTimeout, [this, number = request.number] {
    auto found = waiting_.extract(number);
    if (!found.empty()) found.mapped()(nullptr);
  });
}

void SimControlNode::SetHousehold(bool whole) {
  claim_.Take([&](auto& core, auto now) { core.OnHousehold(whole, now); });
}

void SimControlNode::HandOver(const std::string& to) {
  claim_.Take([&](auto& core, auto now) { core.HandOver(1, to, now); });
}

void SimControlNode::EndReign() {
  reign_.reset();
  world_.Note(name_ + " stops acting");
}

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
    node_.executor().RunAt(node_.clock().SteadyNow() + kFollowEvery, [this] { Follow(); });
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
  claim_.Take([&](auto& core, auto now) { core.OnRoot(claim, now); });
}

// Decided on the replica; etcd takes it only if nothing has been written since, by anybody.
void SimControlNode::Write() {
  node_.executor().RunAt(node_.clock().SteadyNow() + kWriteEvery, [this] { Write(); });
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
    claim_.Take([&](auto& core, auto now) { core.OnDeposed(epoch, now); });
  });
}

}  // namespace understudy::simulation
