#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/capability/capability_set.h"
#include "services/membership/heard_times.h"

// Membership's own words, as membership.proto states them. Numbers of enums are those of the
// protos.
namespace understudy::membership {

enum class StationKind : uint8_t { kUnspecified = 0, kDeployment = 1, kBackup = 2 };
enum class Fencing : uint8_t { kUnspecified = 0, kOverlap = 1, kStrict = 2 };
enum class MemberState : uint8_t {
  kUnspecified = 0,
  kExpected = 1,
  kAlive = 2,
  kFailed = 3,
  kLeft = 4,
};
enum class Verdict : uint8_t {
  kUnspecified = 0,
  kCrashed = 1,
  kPartitioned = 2,
  kSelfReported = 3
};
enum class ChangeReason : uint8_t {
  kUnspecified = 0,
  kJoined = 1,
  kFailed = 2,
  kLeft = 3,
  kReported = 4,
  kRecovered = 5,
  kSuspected = 6,
};

// Bit (n - 1) for each HealthFault n.
using FaultBits = uint16_t;
inline constexpr int kMaxFault = 6;
inline constexpr FaultBits kKnownFaults = (1u << kMaxFault) - 1;
constexpr FaultBits FaultBit(int fault) {
  return fault < 1 || fault > kMaxFault ? FaultBits{0} : static_cast<FaultBits>(1u << (fault - 1));
}

struct DutyDeclaration {
  std::string id;
  CapabilitySet needs;
  Fencing fencing = Fencing::kUnspecified;

  friend bool operator==(const DutyDeclaration&, const DutyDeclaration&) = default;
};

// What the vault keeps of a station.
struct StationRecord {
  std::string id;
  StationKind kind = StationKind::kUnspecified;
  CapabilitySet capabilities;
  std::string agent_version;
  std::vector<std::string> addresses;
  std::optional<DutyDeclaration> declared_duty;
  absl::Time joined_at = absl::UnixEpoch();
  bool has_left = false;

  friend bool operator==(const StationRecord&, const StationRecord&) = default;
};

// Whether the vault need not be told: nothing but the time of joining differs.
inline bool SameButForTime(const StationRecord& a, StationRecord b) {
  b.joined_at = a.joined_at;
  return a == b;
}

struct Indicators {
  double cpu_used = 0;
  double memory_used = 0;
  double disk_used = 0;
  bool native_process_alive = false;
  uint64_t native_process_memory_bytes = 0;
};

struct ChildDevice {
  std::string id{};
  std::string type{};
  bool alive = false;
  absl::Time changed_at = absl::UnixEpoch();

  friend bool operator==(const ChildDevice&, const ChildDevice&) = default;
};
using Children = std::vector<ChildDevice>;

struct FaultReport {
  // Number of the HealthFault.
  int fault = 0;
  double value = 0;
  double limit = 0;
  std::string summary{};
};

struct StationReport {
  StationKind kind = StationKind::kUnspecified;
  std::string duty_id{};
  Indicators indicators{};
  std::vector<FaultReport> faults{};
  Children children{};
};

struct Evidence {
  uint32_t missed_beats = 0;
  absl::Duration silent_for;
  bool stream_open = false;
  FaultBits faults = 0;
  std::string summary;
};

// A station as membership sees it.
struct Member {
  StationRecord record;
  MemberState state = MemberState::kUnspecified;
  // What the station itself says that it runs.
  std::string duty_id;
  // 0 while it has no session that it knows of.
  uint64_t session_id = 0;
  // Where its silence is measured; kNoSlot while it is not.
  Slot slot = kNoSlot;
  bool stream_open = false;
  Indicators indicators;
  // Shared by all copies of the member, since it may be long. Never null.
  std::shared_ptr<const Children> children = std::make_shared<const Children>();
  // What the newest beat and the newest report say; a fault is one that either of them names.
  FaultBits beat_faults = 0;
  std::vector<FaultReport> reported_faults;
  // When the state is kFailed.
  Verdict verdict = Verdict::kUnspecified;
  Evidence evidence;
  absl::Time verdict_at = absl::UnixEpoch();
  // Of a session that is over; of a live one, ask MembershipCore::LastHeard.
  absl::Time last_heard_at = absl::InfinitePast();

  const std::string& id() const { return record.id; }
  FaultBits faults() const {
    FaultBits bits = beat_faults;
    for (const FaultReport& report : reported_faults) bits |= FaultBit(report.fault);
    return bits;
  }
  // Whether a fault of its own is a failure: it has work that somebody else must take over.
  bool has_work() const { return record.kind == StationKind::kDeployment || !duty_id.empty(); }
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_MEMBER_H_
