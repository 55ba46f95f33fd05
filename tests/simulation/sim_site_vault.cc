#include "tests/simulation/sim_site_vault.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/document/identifiers.h"
#include "services/config_vault/etcd/root_record_codec.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace etcd = config_vault::etcd;

namespace {

constexpr absl::Duration kReadTimeout = absl::Milliseconds(300);
constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr absl::Duration kRepeatEvery = absl::Milliseconds(250);

cv::RootClaim ClaimOf(const std::vector<etcd::KeyValue>& values) {
  if (values.empty()) return {};
  return {.epoch = static_cast<cv::Epoch>(values[0].mod_revision),
          .record = *etcd::DecodeRoot(values[0].value)};
}

std::vector<std::string> PeersOf(const std::string& id, const SimSiteVault::Site& site) {
  std::vector<std::string> peers;
  for (const cv::ControlNode& node : site.nodes) {
    if (node.id != id) peers.push_back(node.beats);
  }
  return peers;
}

cv::ControlSelf SelfOf(const std::string& id, uint64_t instance, const SimSiteVault::Site& site) {
  cv::ControlSelf self{.id = id, .instance = instance, .addresses = {}};
  for (const cv::ControlNode& node : site.nodes) {
    if (node.id == id) self.addresses = node.addresses;
  }
  return self;
}

// The duty whose document it is, if it is one.
std::optional<std::string> DutyOf(const std::string& document) {
  const std::string prefix = DutyDocumentName("");
  if (!document.starts_with(prefix)) return std::nullopt;
  return document.substr(prefix.size());
}

}  // namespace

// As services/config_vault/etcd/etcd_root_key.h. Changes come with the replica.
class SimSiteVault::Key final : public cv::RootKey {
 public:
  explicit Key(SimSiteVault& vault) : vault_(vault) {}

  void Read(ReadDone done) override {
    auto told = std::make_shared<ReadDone>(std::move(done));
    vault_.etcd_.Range({.keys = {vault_.replica_.keys().Root(), {}}}, kReadTimeout,
                       [told](const absl::StatusOr<etcd::RangeResult>& found) {
                         if (!found.ok()) return (*told)(found.status());
                         (*told)(ClaimOf(found->values));
                       });
  }
  void Claim(cv::Epoch expected, const cv::RootRecord& record, ClaimDone done) override {
    auto told = std::make_shared<ClaimDone>(std::move(done));
    if (!vault_.replica_.tip().following) {
      return vault_.node_.executor().Post(
          [told] { (*told)(absl::UnavailableError("does not follow yet")); });
    }
    const std::string key = vault_.replica_.keys().Root();
    etcd::Transaction transaction;
    transaction.conditions = {{key, static_cast<int64_t>(expected)}};
    transaction.writes = {etcd::Write::Put(key, etcd::EncodeRoot(record))};
    transaction.reads_otherwise = {{key, {}}};
    vault_.etcd_.Commit(
        transaction, kReadTimeout,
        [told, record](const absl::StatusOr<etcd::TransactionResult>& result) {
          if (!result.ok()) return (*told)(result.status());
          if (!result->succeeded) {
            return (*told)(ClaimResult{.won = false, .owner = ClaimOf(result->otherwise[0])});
          }
          const auto epoch = static_cast<cv::Epoch>(result->header.revision);
          (*told)(ClaimResult{.won = true, .owner = {.epoch = epoch, .record = record}});
        });
  }
  void Subscribe(std::function<void(const cv::RootClaim&)>) override {}
  void Unsubscribe() override {}

 private:
  SimSiteVault& vault_;
};

SimSiteVault::SimSiteVault(SimWorld& world, SimNode& node, std::string id, const Site& site,
                           StoreDisk& disk)
    : world_(world),
      node_(node),
      id_(std::move(id)),
      site_(site),
      instance_(node.random().Next() | 1),
      etcd_(world, node),
      key_(std::make_unique<Key>(*this)),
      replica_(
          world, node, etcd_, disk,
          {.peers = PeersOf(id_, site),
           .on_root =
               [this](const cv::RootClaim& claim) {
                 TellClaim([claim](auto& core, auto now) { core.OnRoot(claim, now); });
               },
           .on_applied = [this](int64_t after, int64_t revision,
                                const cv::VaultBatch& batch) { OnApplied(after, revision, batch); },
           .on_filled = [this] { TellAllDocuments(); }}),
      engine_(node, etcd_, replica_, lease_,
              {.role = [this] { return role_; },
               .on_deposed =
                   [this](cv::Epoch epoch) {
                     TellClaim([epoch](auto& core, auto now) { core.OnDeposed(epoch, now); });
                   },
               .on_confirmed =
                   [this](cv::Epoch epoch) {
                     TellClaim([epoch](auto& core, auto now) { core.OnConfirmed(epoch, now); });
                   },
               .on_acknowledged =
                   [this](uint64_t proposal) { site_.ledger.OnAcknowledged(id_, proposal); }}),
      claim_(std::make_unique<SimRootClaim>(
          world, node, SelfOf(id_, instance_, site), site.nodes,
          SimRootClaim::Outside{.key = *key_,
                                .begin_reign = [this](cv::Epoch epoch) { BeginReign(epoch); },
                                .end_reign = [this] { EndReign(); },
                                .publish = [this](const cv::RoleState& role) { Publish(role); },
                                .progress =
                                    [this] {
                                      return cv::ReplicaProgress{
                                          .following = replica_.tip().following,
                                          .applied = static_cast<uint64_t>(replica_.tip().applied)};
                                    },
                                .lease = &lease_,
                                .policy = site.policy})),
      calls_(world, node, *this) {
  world.streams().Accept(node, "role", [this](const auto& stream) { AcceptRole(stream); });
  world.streams().Accept(node, "watch", [this](const auto& stream) { AcceptWatch(stream); });
  claim_->Start(household_.whole());
  RepeatRole();
  household_.SetListener([this](bool whole) {
    TellClaim([whole](auto& core, auto now) { core.OnHousehold(whole, now); });
  });
}

// As a task of its own: it may be told from within another of its inputs.
void SimSiteVault::TellClaim(std::function<void(cv::RootClaimCore&, cv::ClaimMoment)> in) {
  node_.executor().Post([this, in = std::move(in)] { claim_->Take(in); });
}

void SimSiteVault::Write(absl::StatusOr<cv::Command> command, SimEngine::Done done) {
  if (!command.ok()) return done(command.status());
  engine_.Propose(*std::move(command), std::move(done));
}

// As services/config_vault/etcd/read_gate.h.
std::optional<int64_t> SimSiteVault::BatchToRead() const {
  if (!replica_.tip().following) return std::nullopt;
  return lease_.BatchToRead(node_.clock().SteadyNow());
}

bool SimSiteVault::MayReadAtOnce() const {
  const auto batch = BatchToRead();
  return batch.has_value() && replica_.tip().batch_revision >= *batch;
}

void SimSiteVault::WhenCurrent(std::function<void(absl::Status)> then) {
  const auto when_applied = [this, then](int64_t batch) {
    replica_.WhenApplied(batch, kPatience, [then](bool applied) {
      then(applied ? absl::OkStatus() : absl::UnavailableError("catching up"));
    });
  };
  if (const auto batch = BatchToRead(); batch.has_value()) {
    site_.ledger.OnReadByLease();
    return when_applied(*batch);
  }
  etcd_.Range({.keys = {replica_.keys().Batch(), {}}}, kReadTimeout,
              [then, when_applied](const absl::StatusOr<etcd::RangeResult>& found) {
                if (!found.ok()) return then(found.status());
                when_applied(found->values.empty() ? 0 : found->values[0].mod_revision);
              });
}

void SimSiteVault::BeginReign(cv::Epoch epoch) {
  reign_ = epoch;
  site_.ledger.OnReign(absl::StrCat(id_, "#", instance_), epoch, replica_.tip().applied);
  world_.Note(absl::StrCat(id_, " acts under epoch ", epoch));
  engine_.BeginReign(epoch);
}

void SimSiteVault::EndReign() {
  reign_.reset();
  world_.Note(id_ + " stops acting");
  engine_.EndReign();
}

void SimSiteVault::HandOver(const std::string& to) {
  claim_->Take([&](auto& core, auto now) { core.HandOver(1, to, now); });
}

SimVault::Role SimSiteVault::RoleForWatchers() const {
  const cv::NodeAddresses& at = role_.root_addresses;
  return {.epoch = role_.epoch,
          .is_root = role_.role == cv::Role::kRoot,
          .root = {.epoch = role_.epoch,
                   .node_id = role_.root,
                   .addresses = {at.vault, at.membership, at.orchestrator}}};
}

void SimSiteVault::Publish(const cv::RoleState& role) {
  if (role == role_) return;
  role_ = role;
  SendTo(role_watchers_, {"role", role_});
  SendTo(watchers_, {"role", RoleForWatchers()});
}

void SimSiteVault::OnApplied(int64_t after, int64_t revision, const cv::VaultBatch& batch) {
  site_.ledger.OnApplied(id_, after, revision, batch);
  for (const cv::Mutation& mutation : batch.mutations) {
    const auto* write = std::get_if<cv::WriteRevision>(&mutation);
    if (write != nullptr) TellDocument(write->revision.info);
  }
}

void SimSiteVault::TellDocument(const cv::DocumentInfo& info) {
  const auto duty = DutyOf(info.name);
  if (!duty.has_value()) return;
  const std::string sha(info.sha256.begin(), info.sha256.end());
  SendTo(watchers_, {"document", SimVault::Document{*duty, {info.revision, sha, info.author}}});
}

// Watchers of the production vault read on in the store after a gap.
void SimSiteVault::TellAllDocuments() {
  const auto heads = store().Snapshot()->ListHeads("duties/", "", 1000, false);
  for (const cv::DocumentHead& head : heads->heads) TellDocument(head.latest);
}

// A stream that is full ends, and is dropped meanwhile.
void SimSiteVault::SendTo(Streams streams, const SimMessage& message) {
  for (const auto& stream : streams) stream->Send(message);
}

void SimSiteVault::Drop(Streams& streams, const SimStream* stream) {
  std::erase_if(streams, [&](const auto& open) { return open.get() == stream; });
}

void SimSiteVault::AcceptRole(const std::shared_ptr<SimStream>& stream) {
  SimStream* const raw = stream.get();
  role_watchers_.push_back(stream);
  household_.Arrive("membership");
  stream->SetHandlers(nullptr, [this, raw] {
    Drop(role_watchers_, raw);
    household_.Leave("membership");
  });
  stream->Send({"role", role_});
}

void SimSiteVault::RepeatRole() {
  SendTo(role_watchers_, {"role", role_});
  node_.executor().RunAt(node_.clock().SteadyNow() + kRepeatEvery, [this] { RepeatRole(); });
}

void SimSiteVault::AcceptWatch(const std::shared_ptr<SimStream>& stream) {
  SimStream* const raw = stream.get();
  watchers_.push_back(stream);
  household_.Arrive("failover-orchestrator");
  stream->SetHandlers(nullptr, [this, raw] {
    Drop(watchers_, raw);
    household_.Leave("failover-orchestrator");
  });
  stream->Send({"role", RoleForWatchers()});
  TellAllDocuments();
  stream->Send({"synced", SimVault::Synced()});
}

}  // namespace understudy::simulation
