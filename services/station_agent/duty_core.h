#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_CORE_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_CORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/time/steady_time.h"
#include "services/station_agent/station_role.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

// What the native process says that it runs.
struct NativeState {
  enum class Kind { kIdle, kRunning, kRefused };
  Kind kind = Kind::kIdle;
  // The order (of GiveToNative or StopNative) that it answers.
  uint64_t order = 0;
  Sha256 sha256 = {};
  std::string reason;
};

// What the caller must do, in order.
namespace duty_action {

// Keep the role: it is on disk when OnRoleSaved(version) comes.
struct SaveRole {
  uint64_t version = 0;
};
// Fetch the document, check its hash, keep it; then OnFetched. For pre-staging, or because a duty
// was given whose document is not here.
struct Fetch {
  KeptDocument wanted;
};
// Forget the document kept for the duty.
struct Drop {
  std::string duty_id;
};
// Give the document kept for the duty to the native process, as this order.
struct GiveToNative {
  uint64_t order = 0;
  std::string duty_id;
};
// Keep again the document that the duty ran before the newer one that it could not run.
struct Restore {
  std::string duty_id;
};
// Tell the native process to run nothing, as this order.
struct StopNative {
  uint64_t order = 0;
};
// Kind or duty changed: tell membership, and whoever asks.
struct TellRole {};
// The stream of orders must be opened anew: what we said on it is no longer so.
struct AttachAgain {};
// To the orchestrator.
struct ReplyStaged {
  std::string duty_id;
  uint64_t revision = 0;
  // Nothing: `error` says why.
  std::optional<Sha256> sha256;
  std::string error;
};
struct ReplyAccepted {
  DutyOrder order;
};
struct ReplyRunning {
  DutyOrder order;
  // Said by the native process.
  Sha256 sha256 = {};
  absl::Duration took;
};
struct ReplyRefused {
  std::string duty_id;
  uint64_t number = 0;
  std::string reason;
  std::string message;
};
struct ReplyStoodDown {
  std::string duty_id;
  uint64_t number = 0;
};

}  // namespace duty_action

using DutyAction =
    std::variant<duty_action::SaveRole, duty_action::Fetch, duty_action::Drop, duty_action::Restore,
                 duty_action::GiveToNative, duty_action::StopNative, duty_action::TellRole,
                 duty_action::AttachAgain, duty_action::ReplyStaged, duty_action::ReplyAccepted,
                 duty_action::ReplyRunning, duty_action::ReplyRefused, duty_action::ReplyStoodDown>;

struct DutyCoreOptions {
  // From the order to "running", at most.
  absl::Duration activation_timeout = absl::Seconds(5);
  // How long a native process that should run the duty may say that it runs nothing before it is
  // given the document again.
  absl::Duration idle_patience = absl::Seconds(1);
};

// Decides what the station does about its duty. It holds at most one. Orders older than the newest
// seen for their duty are refused; the same order again is answered again and changes nothing.
// Pure: time and chance come in, actions go out.
class DutyCore {
 public:
  enum class Phase {
    kNone,
    // Given to us, the document is on its way.
    kFetching,
    // The native process has the document and has not answered yet.
    kStarting,
    kRunning,
    // The lease ran out: held, but not run, until the site says otherwise.
    kSuspended,
    // The duty is gone; the native process has not stopped yet.
    kStopping,
  };

  // `random` must outlive the core; it makes the numbers of orders to the native process.
  DutyCore(const DutyCoreOptions& options, Random& random);

  // An order that the native process has.
  struct NativeOrder {
    uint64_t number = 0;
    // To run a document, or to run nothing.
    bool activates = false;
  };
  // The beginning: what was saved, what is kept on disk, and which order an earlier agent left for
  // the native process.
  void Start(StationRole role, const std::vector<KeptDocument>& kept,
             const std::optional<NativeOrder>& native_order);

  // The root's epoch, as membership or an order that was admitted says. Orders of an older one come
  // from a root that was deposed and has not noticed: they are refused, whatever their duty.
  void OnEpoch(uint64_t epoch);

  // Orders.
  void OnStage(const KeptDocument& wanted);
  void OnUnstage(const std::string& duty_id);
  void OnActivate(SteadyTime now, const DutyOrder& order);
  void OnHold(SteadyTime now, const DutyOrder& order);
  void OnStandDown(const std::string& duty_id, const OrderMark& mark);

  // Whether a fetched document may replace the kept one: not what the native process changed since,
  // nor a later revision.
  bool Takes(const KeptDocument& fetched) const;
  // A newer document of the duty is being tried; what ran before may be restored.
  bool IsTrying() const { return before_.has_value(); }
  // Results. `error` is empty when the document is kept now.
  void OnFetched(SteadyTime now, const KeptDocument& document, const std::string& error);
  void OnRoleSaved(uint64_t version);

  // The native process.
  void OnNativeAttached(SteadyTime now);
  void OnNativeLost();
  void OnNativeState(SteadyTime now, const NativeState& state);
  // It published a configuration under `order`: is it the duty's, to be kept and uploaded?
  bool OwnsConfiguration(uint64_t order) const;
  // That configuration is kept as the duty's document now (revision 0 until it is uploaded).
  void OnConfigurationKept(const KeptDocument& document);
  void OnUploaded(uint64_t revision, const Sha256& sha256);
  // The link lost its orders; what should run is given again.
  void OnLinkRemade();

  // The lease under which duties with strict fencing run. While it is over no order for one counts.
  void OnLeaseOver();
  void OnLeaseRenewed();

  // Time. When to come back: NextAt.
  void OnTime(SteadyTime now);
  SteadyTime NextAt() const;

  // What to do since the last call.
  std::vector<DutyAction> TakeActions();

  const StationRole& role() const { return role_; }
  Phase phase() const { return phase_; }
  // The duty that a hello names: run, or suspended; not one that is only beginning or ending.
  std::optional<DutyOrder> Holding() const;
  // By duty.
  const std::map<std::string, KeptDocument>& kept() const { return kept_; }
  const NativeState& native_state() const { return native_; }
  bool strict() const { return role_.duty.has_value() && role_.duty->strict_fencing; }

 private:
  template <typename Action>
  void Do(Action action) {
    actions_.emplace_back(std::move(action));
  }
  void Refuse(const DutyOrder& order, std::string reason, std::string message);
  // Refuses what must be refused before anything changes, and notes the order's mark.
  bool Admit(const DutyOrder& order);
  // The oldest mark that an order for the duty may have.
  OrderMark OldestAdmitted(const std::string& duty_id) const;
  bool HoldsAnother(const std::string& duty_id) const;
  bool Holds(const std::string& duty_id) const;
  bool IsKept(const DutyOrder& order) const;
  bool NativeRunsTheDuty() const;
  bool HasOwnChange() const;

  void Take(SteadyTime now, const DutyOrder& order);
  void ActivateAgain(SteadyTime now, const DutyOrder& order);
  void BeginUpdate(SteadyTime now, const DutyOrder& order);
  void OnUpdateFetched(SteadyTime now, const KeptDocument& document, const std::string& error);
  void ApplyUpdate(SteadyTime now, const DutyOrder& order, const KeptDocument& document);
  void Revert();
  void FetchOrGive(SteadyTime now);
  void Resume(SteadyTime now);
  void Give();
  void Stop();
  void FailActivation(std::string reason, std::string message);
  void SayRunning(SteadyTime now);
  void OnAnswerWhileStarting(SteadyTime now);
  void OnAnswerWhileRunning(SteadyTime now);
  void FinishStandDowns();
  void SaveRole();

  const DutyCoreOptions options_;
  Random& random_;
  StationRole role_;
  Phase phase_ = Phase::kNone;
  bool lease_is_over_ = false;
  bool dropped_order_ = false;
  std::map<std::string, KeptDocument> kept_;
  uint64_t role_version_ = 0;
  uint64_t saved_version_ = 0;

  // Of the activation or hold that is being carried out.
  SteadyTime order_at_;
  bool is_activation_ = false;
  // The orchestrator waits for "running".
  bool owes_running_ = false;
  // A newer document of the duty that runs, while it is fetched.
  std::optional<DutyOrder> update_;
  // What ran before the newer document that is being tried.
  struct Before {
    DutyOrder duty;
    std::optional<KeptDocument> kept;
  };
  std::optional<Before> before_;

  // The newest that is known.
  uint64_t epoch_ = 0;

  NativeState native_;
  bool native_attached_ = false;
  // The newest order to it; 0 before the first.
  uint64_t native_order_ = 0;
  // Since when it has not run what it should.
  std::optional<SteadyTime> idle_since_;

  // Answered when the native process has stopped and the role is on disk.
  struct StandDown {
    std::string duty_id;
    uint64_t number = 0;
    uint64_t role_version = 0;
    bool stopped = false;
  };
  std::vector<StandDown> stand_downs_;

  std::vector<DutyAction> actions_;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_DUTY_CORE_H_
