#include "services/config_vault/etcd/testing/etcd_node.h"

#include <utility>

#include "common/testing/eventually.h"
#include "services/config_vault/etcd/await.h"
#include "services/config_vault/etcd/snapshot.h"
#include "services/config_vault/mutation_codec.h"

namespace understudy::config_vault::etcd {

EtcdNode::EtcdNode(FakeEtcd& etcd, std::string id, Options options)
    : id_(std::move(id)), options_(std::move(options)), client_(etcd.NewClient()) {
  Start();
}

EtcdNode::~EtcdNode() { Stop(); }

void EtcdNode::Start() {
  feed_ = std::make_unique<ChangeFeed>(store_->Snapshot()->ReadCounters()->revision, 16);
  replica_ = std::make_unique<Replica>(options_.replica, *client_, *store_, *feed_, clock_,
                                       options_.source, *this);
  engine_ = std::make_unique<EtcdEngine>(options_.engine, *client_, *replica_, *store_, clock_,
                                         role_, lease_, *this);
  engine_->SetListener(
      {.on_deposed = [this](Epoch epoch) { deposed.Put(epoch); }, .on_confirmed = nullptr});
  root_key_ = std::make_unique<EtcdRootKey>(EtcdRootKeyOptions(), *client_, *replica_);
  gate_ = std::make_unique<ReadGate>(ReadGateOptions{.timeout = absl::Milliseconds(200)}, *client_,
                                     *replica_, lease_, clock_, *this);
  if (!replica_->Start().ok()) std::abort();
}

void EtcdNode::Stop() {
  engine_->Stop();
  replica_->Stop();
}

void EtcdNode::Restart() {
  End();
  Start();
}

void EtcdNode::MoveTo(FakeEtcd& etcd) {
  End();
  client_ = etcd.NewClient();
  Start();
}

void EtcdNode::End() {
  Stop();
  gate_.reset();
  root_key_.reset();
  engine_.reset();
  replica_.reset();
}

Epoch EtcdNode::BecomeRoot(Epoch expected) {
  rpc::testing::Inbox<Epoch> own;
  RootKey::ClaimResult result{.owner = {.epoch = expected}};
  while (!result.won) {
    const auto claimed = Await<RootKey::ClaimResult>([&](auto done) {
      root_key_->Claim(result.owner.epoch, {.node_id = id_, .instance = 1}, std::move(done));
    });
    if (claimed.ok()) result = *claimed;
  }
  root_key_->Subscribe([&](const RootClaim& claim) {
    if (claim.epoch == result.owner.epoch) own.Put(claim.epoch);
  });
  const Epoch epoch = own.Take();
  root_key_->Unsubscribe();
  engine_->BeginReign(epoch);
  return epoch;
}

absl::StatusOr<Outcome> EtcdNode::Propose(Command command) {
  auto outcome =
      Await<Outcome>([&](auto done) { engine_->Propose(std::move(command), std::move(done)); });
  if (outcome.ok()) AwaitStore(outcome->revision);
  return outcome;
}

void EtcdNode::AwaitStore(Revision revision) {
  understudy::testing::Eventually([&] {
    if (!store_->Recover().ok()) return true;
    const auto counters = store_->Snapshot()->ReadCounters();
    return counters.ok() && counters->revision >= revision;
  });
}

absl::Status EtcdNode::ReadCurrent() {
  return Await<bool>([&](auto done) {
           gate_->WhenCurrent(1, [done = std::move(done)](const absl::Status& status) mutable {
             if (status.ok()) return done(true);
             done(status);
           });
         })
      .status();
}

std::string EtcdNode::Contents() const {
  std::string contents;
  const absl::Status status = ReadSnapshot(*store_->Snapshot(), {}, [&](const VaultBatch& piece) {
    contents += storage::EncodeMutations(piece.mutations);
    return absl::OkStatus();
  });
  return status.ok() ? contents : status.ToString();
}

}  // namespace understudy::config_vault::etcd
