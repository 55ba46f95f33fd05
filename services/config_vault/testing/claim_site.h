#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_CLAIM_SITE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_CLAIM_SITE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/random/random.h"
#include "services/config_vault/root_claim.h"
#include "services/config_vault/testing/fake_root_key.h"

namespace understudy::config_vault {

// Control nodes "control-1", ... with nothing but their root claims, on one key, in steps of one
// millisecond: a beat takes one step. For readable scenarios; tests/simulation plays the rest.
class ClaimSite {
 public:
  struct Node {
    std::unique_ptr<Random> random;
    std::unique_ptr<FakeRootKey> key;
    std::unique_ptr<RootClaimCore> core;
    uint64_t instance = 0;
    bool frozen = false;
    bool replica_held = false;
    std::vector<RootClaim> held_claims;
    struct Unread {
      std::string from;
      ControlBeat beat;
      SteadyTime sent;
    };
    std::vector<Unread> unread;
    // When the newest beat of each other node that it has read was sent.
    std::map<std::string, SteadyTime> seen;
    // What it was told to do, in short.
    bool reigning = false;
    RoleState published;
    std::optional<absl::Duration> took;
    std::optional<RenewLease> lease;
  };

  explicit ClaimSite(int nodes, RootClaimPolicy policy = {});
  ~ClaimSite();

  void Run(absl::Duration duration);
  void Start(const std::string& id);
  void Kill(const std::string& id);
  void Freeze(const std::string& id) { node(id).frozen = true; }
  void Thaw(const std::string& id) { node(id).frozen = false; }
  // Beats from the one to the other are lost.
  void Cut(const std::string& from, const std::string& to) { cut_.insert({from, to}); }
  // From all others and from the key.
  void Isolate(const std::string& id);
  void Heal();
  void LoseKey(const std::string& id);
  void HoldReplica(const std::string& id) { node(id).replica_held = true; }
  void ReleaseReplica(const std::string& id);
  void SetHousehold(const std::string& id, bool whole);
  void HandOver(const std::string& from, uint64_t request, const std::string& to);
  // It is no longer an admitted node; all learn it.
  void Remove(const std::string& id);
  // Once more; it has run all the time.
  void AdmitAgain(const std::string& id);

  Node& node(const std::string& id) { return nodes_.at(id); }
  // Who acts.
  std::vector<std::string> Roots() const;
  // Whether the node may read without asking, as root.
  bool HasLease(const std::string& id) {
    return node(id).lease.has_value() && now_ < node(id).lease->until;
  }
  SharedRootKey& key() { return key_; }
  // Root claims and hand-overs so far.
  size_t epochs_seen() const { return epochs_.size(); }
  int false_alarms() const { return false_alarms_; }
  const std::map<uint64_t, absl::StatusOr<RootClaim>>& answers() const { return answers_; }
  ClaimMoment now() const { return {now_, absl::UnixEpoch() + (now_ - SteadyTime())}; }

 private:
  void TellNodes();
  void Step();
  void Act(const std::string& id);
  void Do(const std::string& id, const ClaimAction& action);
  void Deliver(const std::string& from, const std::string& to, const ControlBeat& beat);
  void Later(std::function<void()> task) { later_.push_back(std::move(task)); }
  void OnKey(const std::string& id, const RootClaim& claim);

  const RootClaimPolicy policy_;
  SteadyTime now_ = SteadyTime::FromNanoseconds(1'000'000'000);
  SharedRootKey key_;
  std::map<std::string, Node> nodes_;
  std::vector<ControlNode> admitted_;
  Revision nodes_revision_ = 1;
  std::map<std::string, ControlNode> removed_;
  std::set<std::pair<std::string, std::string>> cut_;
  std::set<Epoch> epochs_;
  std::map<uint64_t, absl::StatusOr<RootClaim>> answers_;
  int false_alarms_ = 0;
  uint64_t last_instance_ = 0;
  std::vector<std::function<void()>> later_;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_TESTING_CLAIM_SITE_H_
