#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_CONFIG_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "common/config/config_reader.h"
#include "common/rpc/service_config.h"
#include "services/membership/failure_detector.h"
#include "services/membership/membership_core.h"

namespace understudy::membership {

// The configuration file. Each key is explained in README.md.
struct Config {
  rpc::ServiceConfig service;
  std::string vault;
  std::string beat_listen;
  // Empty: derived from beat_listen.
  std::string beat_advertise;
  uint64_t receive_buffer_bytes = 0;
  absl::Duration lease;
  DetectorPolicy detector;
  CoreLimits limits;
};

// Problems are noted in `reader`.
Config ReadConfig(config::ConfigReader& reader);

// What stations are told when beats arrive at `port`: the configured address, else the listening
// one; without a host where that is a wildcard, so that they use the host they joined at.
std::string BeatAddress(const Config& config, int port);

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_CONFIG_H_
