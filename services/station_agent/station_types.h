#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_STATION_TYPES_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_STATION_TYPES_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/document/sha256.h"

// The agent's words. Values only.
namespace understudy::station_agent {

enum class StationKind { kDeployment = 1, kBackup = 2 };

// The numbers are the protocol's; a beat's bit is number - 1.
enum class HealthFault {
  kCpu = 1,
  kMemory = 2,
  kDisk = 3,
  kNativeProcessDead = 4,
  kNativeProcessMemory = 5,
  kNativeProcessSilent = 6,
};

// When an order about a duty was decided: a later epoch beats all of an earlier one.
struct OrderMark {
  uint64_t epoch = 0;
  uint64_t number = 0;

  friend auto operator<=>(const OrderMark&, const OrderMark&) = default;
};

// A duty at one revision of its document, under one assignment.
struct DutyOrder {
  std::string duty_id;
  // Number 0: never assigned, only declared by the station's own configuration.
  OrderMark mark;
  // Name in the vault.
  std::string document;
  // 0: there is none in the vault, or what runs is newer than the vault's.
  uint64_t revision = 0;
  // Nothing while there is no document.
  std::optional<Sha256> sha256;
  bool strict_fencing = false;

  friend bool operator==(const DutyOrder&, const DutyOrder&) = default;
};

// A document kept for a duty, without its content.
struct KeptDocument {
  std::string duty_id;
  std::string document;
  uint64_t revision = 0;
  Sha256 sha256 = {};
  // Uncompressed, bytes.
  uint64_t size = 0;

  friend bool operator==(const KeptDocument&, const KeptDocument&) = default;
};

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_STATION_TYPES_H_
