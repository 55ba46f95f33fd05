#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_SESSION_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/beat/session_key.h"
#include "common/capability/capability_set.h"
#include "common/executor/executor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/station_agent/health_limits.h"
#include "services/station_agent/station_types.h"

namespace understudy::station_agent {

class ControlChannels;

// The duty that the station's own configuration declares.
struct DeclaredDuty {
  std::string id;
  CapabilitySet needs;
  bool strict_fencing = false;
};

struct JoinAnnouncement {
  std::string station_id;
  StationKind kind = StationKind::kBackup;
  CapabilitySet capabilities;
  std::string agent_version;
  std::vector<std::string> addresses;
  std::optional<DeclaredDuty> declared_duty;
};

// What membership assigned.
struct JoinedSession {
  uint64_t id = 0;
  beat::SessionKey key;
  std::string beat_host;
  uint16_t beat_port = 0;
  absl::Duration beat_interval;
  uint32_t missed_beats_limit = 0;
  absl::Duration lease;
  uint64_t epoch = 0;
  // When the request that opened it was sent: the first lease counts from here.
  SteadyTime sent_at;
};

struct ChildDevice {
  std::string id;
  std::string type;
  bool alive = false;
  absl::Time changed_at;
};

struct Indicators {
  double cpu_used = 0;
  double memory_used = 0;
  double disk_used = 0;
  bool native_process_alive = false;
  uint64_t native_process_memory_bytes = 0;
};

struct StationReport {
  StationKind kind = StationKind::kBackup;
  std::string duty_id;
  Indicators indicators;
  std::vector<FaultReport> faults;
  std::vector<ChildDevice> children;
};

// Told of what becomes of the session, on the executor.
class MembershipObserver {
 public:
  virtual ~MembershipObserver() = default;
  virtual JoinAnnouncement MakeAnnouncement() = 0;
  virtual void OnJoined(const JoinedSession& session) = 0;
  virtual void OnJoinFailed(const absl::Status& why) = 0;
  // Joining again goes on by itself.
  virtual void OnSessionOver(const absl::Status& why) = 0;
  // The stream beside the beats is open (and wants a report), or has ended.
  virtual void OnConversing() = 0;
  virtual void OnStreamBeatAnswered(uint64_t sequence) = 0;
};

// The session with membership: finds the root among the control nodes and joins there, with
// backoff, until it is in; keeps the stream open; joins again when the session is over. While the
// root does not answer it asks the other nodes, and keeps its session until one of them is root:
// nothing that runs on the station is touched by that. A root of an older epoch than one that is
// known is not believed. All calls on the executor.
class MembershipSession {
 public:
  virtual ~MembershipSession() = default;

  virtual void Start() = 0;
  virtual void Stop() = 0;
  // 0 while not joined.
  virtual uint64_t session_id() const = 0;
  virtual bool conversing() const = 0;
  // Lost when the stream is not open.
  virtual void SendReport(const StationReport& report) = 0;
  virtual void SendBeat(uint64_t sequence, uint16_t health) = 0;
  // Membership answered a beat so, or we stood still for too long: join again.
  virtual void OnSessionEnded(uint64_t session_id) = 0;
  // Nothing was heard of the root for as long as it may miss beats of ours: another control node
  // may be root by now. Called with each beat while that is so.
  virtual void OnRootSilent() = 0;
  // Leaves. `callback` runs on the executor; when it is OK the session is stopped.
  virtual void Leave(const std::string& reason,
                     absl::AnyInvocable<void(absl::Status)> callback) = 0;
};

// All references must outlive the session, `clock` the process's calls, too. The session must be
// destroyed on the executor or after it has stopped. Where membership names no host for beats, they
// go to the host of its own address.
std::unique_ptr<MembershipSession> MakeGrpcMembershipSession(const Clock& clock, Random& random,
                                                             std::shared_ptr<Executor> executor,
                                                             ControlChannels& channels,
                                                             MembershipObserver& observer);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_MEMBERSHIP_SESSION_H_
