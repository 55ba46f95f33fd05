#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_PENDING_VIEW_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_PENDING_VIEW_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "services/config_vault/vault_reader.h"

namespace understudy::config_vault {

// A view with record writes on top that are not stored yet, so that commands of one batch see the
// effects of those before them. Not thread-safe.
class PendingView final : public VaultView {
 public:
  // `base` must outlive the view and not change under it.
  explicit PendingView(const VaultView& base) : base_(base) {}

  void Apply(const Mutation& mutation);
  void SetCounters(const Counters& counters) { counters_ = counters; }

  absl::StatusOr<Counters> ReadCounters() const override;
  Found<DocumentHead> FindHead(std::string_view name) const override;
  Found<DocumentRevision> FindRevision(std::string_view name, Revision revision) const override;
  absl::StatusOr<Revision> NextRevision(std::string_view name, Revision after) const override;
  Found<RememberedRequest> FindRequest(std::string_view id) const override;
  Found<std::string> FindRequestId(uint64_t number) const override;
  Found<StoredStation> FindStation(std::string_view id) const override;
  Found<Duty> FindDuty(std::string_view id) const override;
  Found<std::string> FindDutyOfStation(std::string_view station_id) const override;
  Found<StoredFailover> FindFailover(std::string_view id) const override;
  Found<std::string> FindFinishedFailover(uint64_t number) const override;

 private:
  // An empty value: erased.
  template <typename Key, typename Value>
  using Overlay = std::map<Key, std::optional<Value>, std::less<>>;
  using RevisionKey = std::pair<std::string, Revision>;

  void Set(const WriteRevision& write);
  void Set(const TrimRevision& trim);
  void Set(const WriteRequest& write);
  void Set(const ForgetRequest& forget);
  void Set(const WriteStation& write);
  void Set(const EraseStation& erase);
  void Set(const WriteDuty& write);
  void Set(const EraseDuty& erase);
  void Set(const WriteFailover& write);
  void Set(const EraseFailover& erase);

  const VaultView& base_;
  std::optional<Counters> counters_;
  Overlay<std::string, DocumentHead> heads_;
  Overlay<RevisionKey, DocumentRevision> revisions_;
  Overlay<std::string, RememberedRequest> requests_;
  Overlay<uint64_t, std::string> request_ids_;
  Overlay<std::string, StoredStation> stations_;
  Overlay<std::string, Duty> duties_;
  Overlay<std::string, std::string> duty_of_station_;
  Overlay<std::string, StoredFailover> failovers_;
  Overlay<uint64_t, std::string> finished_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_PENDING_VIEW_H_
