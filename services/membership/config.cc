#include "services/membership/config.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"

namespace understudy::membership {
namespace {

constexpr char kListen[] = "127.0.0.1:7101";

DetectorPolicy ReadDetector(config::ConfigReader& reader) {
  DetectorPolicy policy;
  policy.beat_interval = reader.DurationOr("beat_interval", absl::Milliseconds(100),
                                           {absl::Milliseconds(10), absl::Seconds(60)});
  policy.missed_beats_limit =
      static_cast<uint32_t>(reader.IntOr("missed_beats_limit", 3, {1, 100}));
  policy.first_deadline =
      reader.DurationOr("first_deadline", std::max(policy.detection_time() * 10, absl::Seconds(3)),
                        {absl::Milliseconds(10), absl::Hours(24)});
  policy.storm_confirm_intervals =
      static_cast<uint32_t>(reader.IntOr("storm_confirm_intervals", 10, {0, 1000}));
  policy.tick = std::clamp(policy.beat_interval / 10, absl::Milliseconds(5), absl::Seconds(1));
  return policy;
}

bool IsWildcard(const std::string& host) { return host == "0.0.0.0" || host == "::"; }

}  // namespace

Config ReadConfig(config::ConfigReader& reader) {
  Config config;
  config.service = rpc::ReadServiceConfig(reader, kListen);
  config.vault = reader.Address("vault");
  config.beat_listen = reader.AddressOr("beat_listen", kListen);
  config.beat_advertise = reader.StringOr("beat_advertise", "");
  config.receive_buffer_bytes =
      reader.SizeOr("receive_buffer", uint64_t{32} << 20, {uint64_t{64} << 10, uint64_t{1} << 30});
  config.detector = ReadDetector(reader);
  config.lease = reader.DurationOr("lease", config.detector.detection_time(),
                                   {absl::Milliseconds(10), absl::Hours(24)});
  config.limits.max_stations =
      static_cast<size_t>(reader.IntOr("max_stations", 100'000, {1, 1'000'000}));
  if (config.detector.first_deadline < config.detector.detection_time()) {
    reader.Problem("first_deadline",
                   absl::StrCat("expected at least beat_interval * missed_beats_limit, which is ",
                                absl::FormatDuration(config.detector.detection_time())));
  }
  return config;
}

std::string BeatAddress(const Config& config, int port) {
  if (!config.beat_advertise.empty()) return config.beat_advertise;
  auto address = config::ParseAddress(config.beat_listen).value_or(config::HostAndPort());
  address.port = static_cast<uint16_t>(port);
  return IsWildcard(address.host) ? absl::StrCat(":", port) : config::FormatAddress(address);
}

}  // namespace understudy::membership
