#include "services/config_vault/root_claim_runner.h"

#include <pthread.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

// Membership stands by when it has heard nothing for resign_after, a second.
constexpr absl::Duration kRepeatEvery = absl::Milliseconds(250);

// How long a stop may wait for the thread that reads.
constexpr absl::Duration kReadWait = absl::Milliseconds(100);
// In listings: what a node said of itself counts for so long.
constexpr absl::Duration kBelievedFor = absl::Seconds(1);

}  // namespace

RootClaimRunner::RootClaimRunner(const RootClaimPolicy& policy, const ControlSelf& self,
                                 const beat::SessionKey& key, Parts parts)
    : self_(self),
      parts_(parts),
      core_(policy, self, parts.random),
      alarm_(parts.executor, [this] { Take([this](ClaimMoment) { Tick(); }); }),
      links_(self.id, self.instance, key),
      self_node_{.id = self.id, .addresses = self.addresses, .beats = {}} {}

RootClaimRunner::~RootClaimRunner() { Stop(); }

void RootClaimRunner::Start(const std::vector<ControlNode>& nodes) {
  SetNodesSeen(0);
  if (const absl::Status found = SetNodes(nodes, 0); !found.ok()) {
    log_.Warn("{}", DescribeError(found));
  }
  parts_.reign.SetListener(
      {.on_deposed =
           [this](Epoch epoch) {
             Post([this, epoch](ClaimMoment now) { core_.OnDeposed(epoch, now); });
           },
       .on_confirmed =
           [this](Epoch epoch) {
             Post([this, epoch](ClaimMoment now) { core_.OnConfirmed(epoch, now); });
           }});
  Post([this](ClaimMoment now) { core_.Start(now); });
  parts_.key.Subscribe([this](const RootClaim& claim) {
    Post([this, claim](ClaimMoment now) { core_.OnRoot(claim, now); });
  });
  reader_ = std::thread([this] { ReadLoop(); });
  pthread_setname_np(reader_.native_handle(), "control-beats");
}

void RootClaimRunner::Stop() {
  if (stopping_.exchange(true)) return;
  parts_.key.Unsubscribe();
  {
    absl::MutexLock lock(&mutex_);
    drain_posted_ = false;
  }
  if (reader_.joinable()) reader_.join();
}

void RootClaimRunner::Post(Input input) {
  parts_.executor.Post([this, input = std::move(input)]() mutable { Take(std::move(input)); });
}

void RootClaimRunner::Take(Input input) {
  input(Now());
  Act();
  alarm_.Set(core_.NextDeadline());
}

absl::Status RootClaimRunner::SetNodes(const std::vector<ControlNode>& nodes, Revision revision) {
  absl::Status status;
  std::map<std::string, ControlEndpoint> endpoints;
  for (const ControlNode& node : nodes) {
    if (node.id == self_.id) continue;
    absl::StatusOr<ControlEndpoint> endpoint = parts_.socket.Resolve(node.beats);
    if (endpoint.ok()) {
      endpoints.emplace(node.id, *endpoint);
    } else {
      status = endpoint.status();
    }
  }
  Post([this, nodes, revision, endpoints = std::move(endpoints)](ClaimMoment now) mutable {
    endpoints_ = std::move(endpoints);
    std::vector<std::string> ids;
    for (const ControlNode& node : nodes) {
      ids.push_back(node.id);
      if (node.id == self_.id) self_node_ = node;
    }
    links_.SetPeers(ids);
    core_.OnNodes(nodes, revision, now);
  });
  return status;
}

void RootClaimRunner::SetNodesSeen(uint64_t applied) {
  Post([this, applied](ClaimMoment) { parts_.key.SetNodesSeen(applied); });
}

void RootClaimRunner::SetHousehold(bool whole) {
  Post([this, whole](ClaimMoment now) { core_.OnHousehold(whole, now); });
}

void RootClaimRunner::ReadLoop() {
  while (!stopping_.load()) {
    if (!parts_.socket.Wait(kReadWait)) continue;
    absl::MutexLock lock(&mutex_);
    drain_posted_ = true;
    Post([this](ClaimMoment) { Drain(); });
    mutex_.AwaitWithTimeout(absl::Condition(
                                +[](bool* posted) { return !*posted; }, &drain_posted_),
                            kReadWait);
  }
}

// Everything that has arrived is read before anybody is judged by what has not. A beat counts from
// when it was read, and is answered before the next is: what is promised with the answer counts
// from there, too.
void RootClaimRunner::Drain() {
  std::array<uint8_t, kControlPacketSize + 1> buffer;
  for (int i = 0; i < kMaxDatagrams; ++i) {
    const std::optional<size_t> size = parts_.socket.Receive(buffer);
    if (!size.has_value()) break;
    const ControlLinks::Received received = links_.Receive(std::span(buffer).first(*size));
    parts_.metrics.CountBeat(received.result);
    if (received.result != ControlResult::kOk) continue;
    core_.OnBeat(received.from, received.beat, Now());
    Act();
    if (received.beat.following) parts_.reign.OnPeerProgress(received.beat.applied);
  }
  absl::MutexLock lock(&mutex_);
  drain_posted_ = false;
}

void RootClaimRunner::Tick() {
  const ClaimMoment now = Now();
  Drain();
  core_.OnProgress(parts_.reign.progress());
  core_.Tick(now);
  Show();
  if (now.steady < next_repeat_) return;
  next_repeat_ = now.steady + kRepeatEvery;
  parts_.role.Repeat();
}

void RootClaimRunner::Act() {
  for (ClaimAction& action : core_.TakeActions()) {
    std::visit([this](auto& what) { Do(what); }, action);
  }
}

void RootClaimRunner::Show() {
  const SteadyTime now = parts_.clock.SteadyNow();
  const auto& peers = core_.peers().all();
  const auto heard = std::count_if(peers.begin(), peers.end(), [&](const auto& peer) {
    return ControlPeers::IsFresh(peer.second, now, absl::Seconds(1));
  });
  parts_.metrics.peers.Set(static_cast<double>(peers.size()));
  parts_.metrics.peers_heard.Set(static_cast<double>(heard));
}

void RootClaimRunner::Do(const SendBeat& action) {
  for (const auto& [id, endpoint] : endpoints_) {
    if (!action.to.empty() && action.to != id) continue;
    parts_.socket.Send(endpoint, links_.Encode(id, action.beat, parts_.clock.SteadyNow()));
    parts_.metrics.beats_sent.Add();
  }
}

void RootClaimRunner::Do(const ClaimKey& action) {
  parts_.metrics.claims.Add();
  parts_.key.Claim(action.expected, action.record,
                   [this, attempt = action.attempt](absl::StatusOr<RootKey::ClaimResult> result) {
                     Post([this, attempt, result = std::move(result)](ClaimMoment now) {
                       core_.OnClaimAnswered(attempt, result, now);
                     });
                   });
}

void RootClaimRunner::Do(const ReadKey&) {
  parts_.key.Read([this](absl::StatusOr<RootClaim> claim) {
    Post([this, claim = std::move(claim)](ClaimMoment now) { core_.OnReadAnswered(claim, now); });
  });
}

void RootClaimRunner::Do(const StartReign& action) {
  parts_.reign.BeginReign(action.epoch);
  parts_.metrics.reigns.Add();
  if (action.took.has_value()) parts_.metrics.take_over.Observe(*action.took);
}
void RootClaimRunner::Do(const StopReign&) { parts_.reign.EndReign(); }
void RootClaimRunner::Do(const RenewLease& action) {
  parts_.lease.Renew({.epoch = action.epoch, .nodes = action.nodes, .until = action.until});
}
void RootClaimRunner::Do(const WithdrawLease&) { parts_.lease.Withdraw(); }
void RootClaimRunner::Do(const PublishRole& action) {
  parts_.metrics.is_root.Set(action.state.role == Role::kRoot ? 1 : 0);
  parts_.role.Publish(action.state);
}
void RootClaimRunner::Do(const FalseAlarm&) { parts_.metrics.false_alarms.Add(); }
void RootClaimRunner::Do(const Report& action) {
  if (action.level == Report::Level::kWarning) {
    log_.Warn("{}", action.text);
  } else {
    log_.Info("{}", action.text);
  }
}
void RootClaimRunner::Do(AnswerHandOver& action) {
  auto waiting = hand_overs_.extract(action.request);
  if (!waiting.empty()) waiting.mapped()(std::move(action.answer));
}

void RootClaimRunner::HandOver(const std::string& to, HandOverDone done) {
  Post([this, to, done = std::move(done)](ClaimMoment now) mutable {
    hand_overs_.emplace(++last_hand_over_, std::move(done));
    core_.HandOver(last_hand_over_, to, now);
  });
}

void RootClaimRunner::List(ListDone done) {
  Post([this, done = std::move(done)](ClaimMoment) mutable { done(ListNow()); });
}

ControlNodeStatus RootClaimRunner::StatusOf(const ControlPeer& peer, SteadyTime now) const {
  ControlNodeStatus status{.node = peer.node};
  if (!peer.heard_at.has_value()) return status;
  status.heard_ago = now - *peer.heard_at;
  // What a silent node said last is not what it is.
  status.is_root = peer.beat.is_root && status.heard_ago <= kBelievedFor;
  status.epoch = peer.beat.epoch;
  status.following = peer.beat.following;
  status.applied = peer.beat.applied;
  status.household_whole = peer.beat.household_whole;
  return status;
}

std::vector<ControlNodeStatus> RootClaimRunner::ListNow() const {
  const SteadyTime now = parts_.clock.SteadyNow();
  const ControlBeat own = core_.beat(now);
  std::vector<ControlNodeStatus> list;
  list.push_back({.node = self_node_,
                  .self = true,
                  .is_root = own.is_root,
                  .epoch = own.epoch,
                  .following = own.following,
                  .applied = own.applied,
                  .household_whole = own.household_whole,
                  .heard_ago = absl::ZeroDuration()});
  for (const auto& [id, peer] : core_.peers().all()) list.push_back(StatusOf(peer, now));
  uint64_t newest = 0;
  for (const ControlNodeStatus& status : list) newest = std::max(newest, status.applied);
  for (ControlNodeStatus& status : list) status.behind = newest - status.applied;
  std::sort(list.begin(), list.end(),
            [](const auto& one, const auto& other) { return one.node.id < other.node.id; });
  return list;
}

}  // namespace understudy::config_vault
