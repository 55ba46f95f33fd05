#include "tests/simulation/site_ledger.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "services/config_vault/mutation_codec.h"

namespace understudy::simulation {

namespace cv = config_vault;
namespace etcd = config_vault::etcd;

class SiteLedger::Watcher final : public etcd::WatchObserver {
 public:
  explicit Watcher(SiteLedger& ledger) : ledger_(ledger) {}
  void OnEvents(const etcd::Header&, etcd::RevisionEvents events) override {
    ledger_.OnEvents(events);
  }
  void OnConnection(const absl::Status&) override {}
  void OnEnd(const absl::Status&) override {}

 private:
  SiteLedger& ledger_;
};

SiteLedger::SiteLedger(etcd::FakeEtcd& key_space,
                       std::function<void(const std::string& line)> trace)
    : trace_(std::move(trace)),
      client_(key_space.NewClient()),
      watch_(client_->StartWatch(keys_.All(), 0, std::make_shared<Watcher>(*this))) {}

SiteLedger::~SiteLedger() = default;

absl::Status SiteLedger::status() const {
  return violation_.empty() ? absl::OkStatus() : absl::InternalError(violation_);
}

void SiteLedger::Fail(std::string what) {
  if (violation_.empty()) violation_ = std::move(what);
}

void SiteLedger::OnEvents(const etcd::RevisionEvents& events) {
  const auto ordered = etcd::DecodeBatch(keys_, events);
  if (!ordered.ok()) return Fail(absl::StrCat("a batch that nobody can read: ",
                                              ordered.status().ToString()));
  if (ordered->has_value()) OnBatch(events.revision, **ordered);
  for (const etcd::Event& event : events.events) {
    if (event.value.key == keys_.Root()) epoch_ = static_cast<cv::Epoch>(events.revision);
  }
}

void SiteLedger::OnBatch(int64_t revision, const etcd::OrderedBatch& ordered) {
  if (ordered.origin.epoch != epoch_) {
    Fail(absl::StrCat("a write of epoch ", ordered.origin.epoch, " was accepted under epoch ",
                      epoch_));
  }
  if (!proposals_.insert(ordered.origin.proposal).second) {
    Fail(absl::StrCat("a batch was written twice, last at revision ", revision));
  }
  const cv::Revision before = store_.Snapshot()->ReadCounters()->revision;
  if (ordered.batch.counters.revision < before) {
    Fail(absl::StrCat("the vault's revision went from ", before, " to ",
                      ordered.batch.counters.revision));
  }
  batches_[revision] = cv::storage::EncodeMutations(ordered.batch.mutations);
  batch_revision_ = revision;
  for (const cv::Mutation& mutation : ordered.batch.mutations) {
    std::visit([this](const auto& what) { Note(what); }, mutation);
  }
  (void)store_.Commit(ordered.batch);
}

// Confirming writes the same assignment again.
void SiteLedger::Note(const cv::WriteDuty& write) {
  const cv::Assignment& now = write.duty.assignment;
  trace_(absl::StrCat("ledger: ", write.duty.id, "#", now.number, " at ", now.station_id,
                      now.state == cv::AssignmentState::kRunning ? " runs" : " is claimed",
                      " under epoch ", epoch_));
  const auto [entry, is_new] = assigned_.emplace(std::pair(write.duty.id, now.number),
                                                 std::pair(now.station_id, now.epoch));
  if (!is_new && entry->second.first != now.station_id) {
    Fail(absl::StrCat("duty ", write.duty.id, "#", now.number, " was assigned to ",
                      entry->second.first, " and to ", now.station_id));
  }
  if (is_new && now.number > 1 && !assigned_.contains({write.duty.id, now.number - 1})) {
    Fail(absl::StrCat("duty ", write.duty.id, " has no assignment before #", now.number));
  }
  holders_[write.duty.id] = now.station_id;
  for (const auto& [duty, station] : holders_) {
    if (duty == write.duty.id || station.empty() || station != now.station_id) continue;
    Fail(absl::StrCat(station, " holds both ", duty, " and ", write.duty.id));
  }
}

void SiteLedger::Note(const cv::WriteFailover& write) {
  const cv::Failover& failover = write.failover.failover;
  trace_(absl::StrCat("ledger: failover ", failover.id, " to ", failover.to_station, " state ",
                      static_cast<int>(failover.state), ": ", failover.note));
}

void SiteLedger::Note(const cv::WriteRevision& write) {
  const cv::DocumentInfo& info = write.revision.info;
  documents_[{info.name, info.revision}] = std::string(info.sha256.begin(), info.sha256.end());
}

void SiteLedger::OnReign(const std::string& who, cv::Epoch epoch, int64_t applied) {
  const auto [reign, is_new] = reigns_.emplace(epoch, who);
  if (!is_new && reign->second != who) {
    Fail(absl::StrCat(reign->second, " and ", who, " both acted under epoch ", epoch));
  }
  // It must not forget what others were told.
  if (applied < static_cast<int64_t>(epoch)) {
    Fail(absl::StrCat(who, " acts under epoch ", epoch, " at revision ", applied));
  }
}

void SiteLedger::OnApplied(const std::string& node, int64_t after, int64_t revision,
                           const cv::VaultBatch& batch) {
  const auto next = batches_.upper_bound(after);
  if (next == batches_.end() || next->first != revision) {
    return Fail(absl::StrCat(node, " applied revision ", revision, " after ", after,
                             ", which is not the next batch"));
  }
  if (next->second != cv::storage::EncodeMutations(batch.mutations)) {
    Fail(absl::StrCat(node, " applied another batch at revision ", revision, " than was written"));
  }
}

void SiteLedger::OnAcknowledged(const std::string& node, uint64_t proposal) {
  if (proposals_.contains(proposal)) return;
  Fail(absl::StrCat(node, " acknowledged a batch that is nowhere"));
}

void SiteLedger::OnClientWrite(const std::string& document, cv::Revision revision,
                               const std::string& sha256) {
  ++client_writes_;
  const auto found = documents_.find({document, revision});
  if (found == documents_.end() || found->second != sha256) {
    Fail(absl::StrCat("revision ", revision, " of ", document,
                      " was acknowledged, and is nowhere as it was"));
  }
  cv::Revision& newest = acknowledged_[document];
  newest = std::max(newest, revision);
}

void SiteLedger::OnClientRead(const std::string& document, cv::Revision revision,
                              const std::string& sha256, cv::Revision floor) {
  ++client_reads_;
  if (revision < floor) {
    Fail(absl::StrCat("a read of ", document, " found revision ", revision, ", but ", floor,
                      " had been acknowledged, or read, before it began"));
  }
  if (revision == 0) return;
  const auto found = documents_.find({document, revision});
  if (found == documents_.end() || found->second != sha256) {
    Fail(absl::StrCat("a read of ", document, " found what nobody wrote at revision ", revision));
  }
  // Nobody may see less from now on.
  cv::Revision& newest = acknowledged_[document];
  newest = std::max(newest, revision);
}

cv::Revision SiteLedger::Acknowledged(const std::string& document) const {
  const auto found = acknowledged_.find(document);
  return found == acknowledged_.end() ? 0 : found->second;
}

std::string SiteLedger::AssignedTo(const std::string& duty, uint64_t number) const {
  const auto found = assigned_.find({duty, number});
  return found == assigned_.end() ? "" : found->second.first;
}

}  // namespace understudy::simulation
