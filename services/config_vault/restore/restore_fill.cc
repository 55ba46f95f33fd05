#include "services/config_vault/restore/restore_fill.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr size_t kPage = 128;
// Revisions that are written on top, in one batch: with content.
constexpr size_t kNewRevisions = 16;
constexpr ReplicaPosition kFilling = {.filling = true};
constexpr std::string_view kAuthor = "config-vault/restore";

absl::Status LostRevision(const std::string& name) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                   absl::StrCat("the latest revision of \"", name, "\" is missing"));
}

// What the vault held before.
struct Before {
  Counters counters;
  std::map<std::string, DocumentInfo, std::less<>> documents;
  // Of the kept documents, with content.
  std::map<std::string, DocumentRevision, std::less<>> kept;
  std::vector<StoredStation> stations;
  std::vector<Duty> duties;
  std::vector<StoredFailover> failovers;

  bool has_registry() const { return !duties.empty() || !failovers.empty(); }
};

using EachHead = std::function<absl::Status(const DocumentHead&)>;

absl::Status ForEachHead(const VaultReader& reader, const EachHead& each) {
  VaultReader::HeadPage page;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(page, reader.ListHeads("", page.last, kPage, true));
    for (const DocumentHead& head : page.heads) UNDERSTUDY_RETURN_IF_ERROR(each(head));
  } while (page.more);
  return absl::OkStatus();
}

absl::StatusOr<Before> ReadBefore(const VaultReader& reader, const RestoreOptions& options) {
  Before before;
  UNDERSTUDY_ASSIGN_OR_RETURN(before.counters, reader.ReadCounters());
  UNDERSTUDY_RETURN_IF_ERROR(ForEachHead(reader, [&](const DocumentHead& head) {
    before.documents.emplace(head.latest.name, head.latest);
    return absl::OkStatus();
  }));
  for (const std::string& name : options.kept_documents) {
    const auto found = before.documents.find(name);
    if (found == before.documents.end()) continue;
    UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> revision,
                                reader.FindRevision(name, found->second.revision));
    if (!revision.has_value()) return LostRevision(name);
    before.kept.emplace(name, *std::move(revision));
    before.documents.erase(found);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(before.stations, reader.ListStations());
  UNDERSTUDY_ASSIGN_OR_RETURN(before.duties, reader.ListDuties());
  UNDERSTUDY_ASSIGN_OR_RETURN(before.failovers,
                              reader.ListFailovers(UINT64_MAX, SIZE_MAX, /*unfinished=*/false));
  return before;
}

absl::Status CheckEmpty(const Before& before, const RestoreOptions& options) {
  if (options.replace || (before.documents.empty() && !before.has_registry())) {
    return absl::OkStatus();
  }
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NOT_EMPTY",
      absl::StrCat("the vault holds ", before.documents.size(), " documents, ",
                   before.duties.size(), " duties and ", before.failovers.size(),
                   " failovers; nothing was changed. Restore into an empty vault, or ask for "
                   "what is there to be replaced"));
}

// Which of the backup's records count where the vault has a registry of its own.
class Filter {
 public:
  explicit Filter(const Before& before) : has_registry_(before.has_registry()) {
    for (const StoredStation& station : before.stations) stations_.insert(station.station.id);
    for (const Duty& duty : before.duties) duties_.insert(duty.id);
  }

  bool Keeps(const Mutation& mutation) const {
    if (const auto* station = std::get_if<WriteStation>(&mutation)) {
      return !stations_.contains(station->station.station.id);
    }
    if (const auto* duty = std::get_if<WriteDuty>(&mutation)) {
      return !duties_.contains(duty->duty.id);
    }
    return !has_registry_ || !std::holds_alternative<WriteFailover>(mutation);
  }

  // A duty that is added to a registry is nobody's: its station may have another.
  void Adapt(Mutation& mutation) const {
    auto* duty = std::get_if<WriteDuty>(&mutation);
    if (duty == nullptr || !has_registry_) return;
    duty->duty.assignment.station_id.clear();
    duty->duty.assignment.state = AssignmentState::kUnspecified;
  }

 private:
  const bool has_registry_;
  std::set<std::string, std::less<>> stations_;
  std::set<std::string, std::less<>> duties_;
};

class Filler {
 public:
  Filler(VaultStore& store, Before before, const RestoreOptions& options)
      : store_(store), before_(std::move(before)), options_(options) {}

  absl::StatusOr<Counters> Fill(BackupRecords& backup) {
    counters_ = backup.counters();
    counters_.revision = std::max(counters_.revision, before_.counters.revision);
    if (before_.has_registry()) counters_.finished_number = before_.counters.finished_number;
    UNDERSTUDY_RETURN_IF_ERROR(store_.Clear());
    // The revision first: it stays, wherever this breaks off.
    UNDERSTUDY_RETURN_IF_ERROR(Apply({}));
    UNDERSTUDY_RETURN_IF_ERROR(AddBackup(backup));
    UNDERSTUDY_RETURN_IF_ERROR(AddRegistry());
    UNDERSTUDY_RETURN_IF_ERROR(AddNewRevisions());
    return counters_;
  }

 private:
  absl::Status Apply(std::vector<Mutation> mutations) {
    return store_.Apply({.mutations = std::move(mutations), .counters = counters_}, kFilling);
  }

  absl::Status AddBackup(BackupRecords& backup) {
    const Filter filter(before_);
    return backup.ForEachPiece([&](std::vector<Mutation> piece) {
      std::erase_if(piece, [&](const Mutation& mutation) { return !filter.Keeps(mutation); });
      for (Mutation& mutation : piece) filter.Adapt(mutation);
      return Apply(std::move(piece));
    });
  }

  absl::Status AddRegistry() {
    std::vector<Mutation> mutations;
    for (StoredStation& station : before_.stations) {
      mutations.push_back(WriteStation{std::move(station)});
    }
    for (Duty& duty : before_.duties) mutations.push_back(WriteDuty{.duty = std::move(duty)});
    for (StoredFailover& failover : before_.failovers) {
      mutations.push_back(WriteFailover{std::move(failover)});
    }
    return Apply(std::move(mutations));
  }

  // What must be told anew to those who have watched this vault, and what is this vault's own.
  absl::Status AddNewRevisions() {
    std::vector<DocumentHead> restored;
    const std::unique_ptr<VaultReader> reader = store_.Snapshot();
    UNDERSTUDY_RETURN_IF_ERROR(ForEachHead(*reader, [&](const DocumentHead& head) {
      if (IsKept(head.latest.name)) {
        kept_heads_.emplace(head.latest.name, head);
      } else if (IsUnseen(head.latest)) {
        restored.push_back(head);
      }
      before_.documents.erase(head.latest.name);
      return absl::OkStatus();
    }));
    for (const DocumentHead& head : restored) {
      UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> revision,
                                  reader->FindRevision(head.latest.name, head.latest.revision));
      if (!revision.has_value()) return LostRevision(head.latest.name);
      UNDERSTUDY_RETURN_IF_ERROR(AddOnTop(head, *std::move(revision)));
    }
    UNDERSTUDY_RETURN_IF_ERROR(AddKeptAndDeletions());
    return Flush();
  }

  bool IsKept(const std::string& name) const {
    return std::count(options_.kept_documents.begin(), options_.kept_documents.end(), name) > 0;
  }
  bool IsUnseen(const DocumentInfo& restored) const {
    if (restored.revision > before_.counters.revision) return false;
    const auto seen = before_.documents.find(restored.name);
    return seen == before_.documents.end() || seen->second.revision != restored.revision ||
           seen->second.sha256 != restored.sha256;
  }

  absl::Status AddKeptAndDeletions() {
    for (auto& [name, revision] : before_.kept) {
      const auto head = kept_heads_.find(name);
      UNDERSTUDY_RETURN_IF_ERROR(AddOnTop(
          head == kept_heads_.end() ? DocumentHead() : head->second, std::move(revision)));
    }
    for (const auto& [name, head] : kept_heads_) {
      if (before_.kept.contains(name) || head.latest.deleted) continue;
      UNDERSTUDY_RETURN_IF_ERROR(
          AddOnTop(head, Deletion(name, "of the vault that the backup was taken from")));
    }
    for (const auto& [name, info] : before_.documents) {
      if (info.deleted) continue;
      UNDERSTUDY_RETURN_IF_ERROR(
          AddOnTop(DocumentHead(), Deletion(name, "not in the backup that was restored")));
    }
    return absl::OkStatus();
  }

  DocumentRevision Deletion(const std::string& name, const std::string& why) const {
    DocumentRevision deletion{.info = {.name = name, .deleted = true}};
    deletion.info.author = std::string(kAuthor);
    deletion.info.time = options_.time;
    deletion.info.comment = why;
    return deletion;
  }

  // `revision` as the newest of the document whose head is `head`; a head of nothing is new.
  absl::Status AddOnTop(const DocumentHead& head, DocumentRevision revision) {
    const bool was_there = head.kept != 0 && !head.latest.deleted;
    if (!revision.info.deleted && !was_there) ++counters_.documents;
    if (revision.info.deleted && was_there) --counters_.documents;
    ++counters_.kept_revisions;
    revision.info.revision = ++counters_.revision;
    const Revision oldest = head.kept == 0 ? revision.info.revision : head.oldest;
    DocumentHead made{.latest = revision.info, .oldest = oldest, .kept = head.kept + 1};
    on_top_.push_back(WriteRevision{.revision = std::move(revision), .head = std::move(made)});
    return on_top_.size() < kNewRevisions ? absl::OkStatus() : Flush();
  }

  absl::Status Flush() { return Apply(std::exchange(on_top_, {})); }

  VaultStore& store_;
  Before before_;
  const RestoreOptions& options_;
  Counters counters_;
  std::map<std::string, DocumentHead, std::less<>> kept_heads_;
  std::vector<Mutation> on_top_;
};

}  // namespace

absl::StatusOr<Counters> FillFromBackup(VaultStore& store, BackupRecords& backup,
                                        const RestoreOptions& options) {
  UNDERSTUDY_ASSIGN_OR_RETURN(Before before, ReadBefore(*store.Snapshot(), options));
  UNDERSTUDY_RETURN_IF_ERROR(CheckEmpty(before, options));
  return Filler(store, std::move(before), options).Fill(backup);
}

absl::StatusOr<bool> DropUnfinishedRestore(VaultStore& store) {
  Counters left;
  {
    const std::unique_ptr<VaultReader> reader = store.Snapshot();
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<ReplicaPosition> position,
                                reader->ReadPosition());
    if (!position.has_value() || !position->filling) return false;
    UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, reader->ReadCounters());
    left.revision = counters.revision;
  }
  UNDERSTUDY_RETURN_IF_ERROR(store.Clear());
  UNDERSTUDY_RETURN_IF_ERROR(store.Apply({.counters = left}, ReplicaPosition{}));
  UNDERSTUDY_RETURN_IF_ERROR(store.Sync());
  return true;
}

}  // namespace understudy::config_vault
