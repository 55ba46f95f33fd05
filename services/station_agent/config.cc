#include "services/station_agent/config.h"

#include <set>
#include <string_view>
#include <utility>

#include "common/config/address_text.h"
#include "common/document/identifiers.h"

namespace understudy::station_agent {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:7105";
constexpr size_t kMaxAddresses = 16;
constexpr size_t kMaxControlNodes = 9;
constexpr size_t kMaxDevices = 256;
constexpr size_t kMaxDeviceType = 128;
// A name in /dev/shm, where there is also one with the ending of the agent's bell.
constexpr size_t kMaxLinkName = 250;
constexpr std::string_view kBellEnding = ".bell";

void Check(config::ConfigReader& reader, const char* key, const absl::Status& status) {
  if (!status.ok()) reader.Problem(key, std::string(status.message()));
}

CapabilitySet ReadCapabilities(config::ConfigReader& reader, const char* key) {
  absl::StatusOr<CapabilitySet> set = CapabilitySet::Create(reader.Counts(key));
  if (set.ok()) return *std::move(set);
  Check(reader, key, set.status());
  return {};
}

bool ReadStrict(config::ConfigReader& reader, const char* key) {
  return reader.ChoiceOr(key, "overlap", {"overlap", "strict"}) == "strict";
}

std::optional<DeclaredDuty> ReadDuty(config::ConfigReader& reader, StationKind kind) {
  if (!reader.Has("duty")) return std::nullopt;
  if (kind == StationKind::kBackup) {
    reader.Problem("duty", "expected none: a station of kind backup waits for a duty");
  }
  config::ConfigReader section = reader.Section("duty");
  DeclaredDuty duty;
  duty.id = section.String("id");
  Check(section, "id", CheckDutyId(duty.id));
  duty.needs = ReadCapabilities(section, "needs");
  duty.strict_fencing = ReadStrict(section, "fencing");
  return duty;
}

HealthLimit ReadShareLimit(config::ConfigReader limits, const char* key,
                           const HealthLimit& fallback) {
  config::ConfigReader section = limits.SectionOr(key);
  return {section.DoubleOr("above", fallback.above, {0.01, 1.0}),
          section.DurationOr("for", fallback.for_at_least, {absl::ZeroDuration(), absl::Hours(1)})};
}

HealthLimitsOptions ReadLimits(config::ConfigReader& reader) {
  config::ConfigReader limits = reader.SectionOr("limits");
  HealthLimitsOptions options;
  options.cpu = ReadShareLimit(limits, "cpu", options.cpu);
  options.memory = ReadShareLimit(limits, "memory", options.memory);
  options.disk = ReadShareLimit(limits, "disk", options.disk);
  config::ConfigReader memory = limits.SectionOr("native_process_memory");
  options.native_process_memory.above =
      static_cast<double>(memory.SizeOr("above", 0, {0, uint64_t{1} << 50}));
  options.native_process_memory.for_at_least =
      memory.DurationOr("for", absl::ZeroDuration(), {absl::ZeroDuration(), absl::Hours(1)});
  options.native_process_silent =
      limits.DurationOr("native_process_silent", options.native_process_silent,
                        {absl::ZeroDuration(), absl::Hours(1)});
  options.native_process_start = limits.DurationOr(
      "native_process_start", options.native_process_start, {absl::ZeroDuration(), absl::Hours(1)});
  return options;
}

SyncOptions ReadSync(config::ConfigReader& reader) {
  config::ConfigReader section = reader.SectionOr("sync");
  SyncOptions sync;
  sync.mode = section.ChoiceOr("mode", "real_time", {"real_time", "scheduled"}) == "scheduled"
                  ? SyncMode::kScheduled
                  : SyncMode::kRealTime;
  return sync;
}

void ReadLink(config::ConfigReader& reader, Config& config) {
  config::ConfigReader section = reader.SectionOr("link");
  config.link_name = section.StringOr("name", "/understudy-" + config.station_id);
  const std::string& name = config.link_name;
  if (name.size() < 2 || name.size() > kMaxLinkName || name[0] != '/' ||
      name.find('/', 1) != std::string::npos) {
    section.Problem(
        "name", "expected a slash and up to 249 characters without one, found \"" + name + "\"");
  }
  if (name.ends_with(kBellEnding)) {
    section.Problem("name", "expected no name that ends in .bell, as another link's bell would");
  }
  if (section.Has("group")) config.link_group = section.String("group");
}

void ReadStation(config::ConfigReader& reader, Config& config) {
  config.station_id = reader.String("station_id");
  Check(reader, "station_id", CheckStationId(config.station_id));
  config.kind = reader.Choice("kind", {"deployment", "backup"}) == "deployment"
                    ? StationKind::kDeployment
                    : StationKind::kBackup;
  config.capabilities = ReadCapabilities(reader, "capabilities");
  config.addresses = reader.Strings("addresses");
  if (config.addresses.size() > kMaxAddresses) {
    reader.Problem("addresses", "expected at most 16 entries");
  }
  config.duty = ReadDuty(reader, config.kind);
  if (config.duty.has_value() && !config.capabilities.Covers(config.duty->needs)) {
    reader.Problem("duty",
                   "the station's own capabilities do not cover the duty's needs: missing " +
                       config.capabilities.Missing(config.duty->needs).ToString());
  }
}

ControlNode ReadControlNode(config::ConfigReader& reader) {
  return {.vault = reader.Address("vault"),
          .membership = reader.Address("membership"),
          .orchestrator = reader.Address("orchestrator")};
}

// A list, or for the only one the three addresses by themselves.
std::vector<ControlNode> ReadControlNodes(config::ConfigReader& reader) {
  std::vector<config::ConfigReader> sections = reader.Sections("control_nodes");
  if (sections.empty()) return {ReadControlNode(reader)};
  if (sections.size() > kMaxControlNodes) {
    reader.Problem("control_nodes", "expected at most 9 control nodes");
  }
  std::vector<ControlNode> nodes;
  for (config::ConfigReader& section : sections) nodes.push_back(ReadControlNode(section));
  return nodes;
}

std::string ReadHexOr(config::ConfigReader& reader, const char* key) {
  if (!reader.Has(key)) return "";
  absl::StatusOr<std::string> bytes = ParseHexBytes(reader.String(key));
  Check(reader, key, bytes.status());
  return bytes.ok() ? *std::move(bytes) : "";
}

ProbeFraming ReadFraming(config::ConfigReader& section) {
  const std::string name =
      section.ChoiceOr("framing", "none", {"none", "line", "length16", "modbus_rtu"});
  if (name == "line") return ProbeFraming::kLine;
  if (name == "length16") return ProbeFraming::kLength16;
  return name == "modbus_rtu" ? ProbeFraming::kModbusRtu : ProbeFraming::kNone;
}

void CheckProbe(config::ConfigReader& section, const WatchedDevice& device) {
  const DeviceTransport transport = device.address.transport;
  if (device.request.empty()) {
    if (transport == DeviceTransport::kUdp) {
      section.Problem("request", "expected one: over udp only an answer tells that it is there");
    }
    if (!device.answer.empty() || device.framing != ProbeFraming::kNone) {
      section.Problem("request", "expected one, because answer or framing is given");
    }
  }
  if (device.framing == ProbeFraming::kModbusRtu && transport != DeviceTransport::kSerial) {
    section.Problem("framing", "expected another than modbus_rtu: the address is no serial port");
  }
  if (device.framing == ProbeFraming::kLine && device.request.find('\n') != std::string::npos) {
    section.Problem("request", "expected no line feed (0a) in it: framing line adds one");
  }
  if (section.Has("ca") && transport != DeviceTransport::kTls) {
    section.Problem("ca", "expected none: the address is not tls://");
  }
}

WatchedDevice ReadDevice(config::ConfigReader& section) {
  WatchedDevice device;
  device.id = section.String("id");
  Check(section, "id", CheckChildDeviceId(device.id));
  device.type = section.StringOr("type", "");
  if (device.type.size() > kMaxDeviceType) {
    section.Problem("type", "expected at most 128 characters");
  }
  const absl::StatusOr<DeviceAddress> address = ParseDeviceAddress(section.String("address"));
  Check(section, "address", address.status());
  if (address.ok()) device.address = *address;
  device.request = ReadHexOr(section, "request");
  device.answer = ReadHexOr(section, "answer");
  device.framing = ReadFraming(section);
  device.certificate_authority_file = section.StringOr("ca", "");
  device.every =
      section.DurationOr("every", device.every, {absl::Milliseconds(100), absl::Hours(1)});
  device.time_out =
      section.DurationOr("time_out", device.time_out, {absl::Milliseconds(10), absl::Minutes(1)});
  device.misses = static_cast<int>(section.IntOr("misses", device.misses, {1, 100}));
  if (address.ok()) CheckProbe(section, device);
  return device;
}

std::vector<WatchedDevice> ReadDevices(config::ConfigReader& reader) {
  std::vector<WatchedDevice> devices;
  std::set<std::string> ids;
  for (config::ConfigReader& section : reader.Sections("devices")) {
    devices.push_back(ReadDevice(section));
    if (!ids.insert(devices.back().id).second) {
      section.Problem("id", "expected an id that no other device has, found \"" +
                                devices.back().id + "\" again");
    }
  }
  if (devices.size() > kMaxDevices) reader.Problem("devices", "expected at most 256 devices");
  return devices;
}

void CheckLoopback(config::ConfigReader& reader, const std::string& listen) {
  const auto address = config::ParseAddress(listen);
  if (address.has_value() && !config::IsLoopback(address->host)) {
    reader.Problem("listen", "expected a loopback address: no port is open on a station");
  }
}

}  // namespace

Config ReadConfig(config::ConfigReader& reader) {
  Config config;
  config.service = rpc::ReadServiceConfig(reader, kDefaultListen);
  CheckLoopback(reader, config.service.listen);
  ReadStation(reader, config);
  config.control_nodes = ReadControlNodes(reader);
  config.state_directory = reader.String("state_directory");
  ReadLink(reader, config);
  config.sync = ReadSync(reader);
  config.limits = ReadLimits(reader);
  config.sample_interval = reader.DurationOr("sample_interval", config.sample_interval,
                                             {absl::Seconds(1), absl::Minutes(1)});
  config.duty_core.activation_timeout =
      reader.DurationOr("activation_timeout", config.duty_core.activation_timeout,
                        {absl::Milliseconds(10), absl::Minutes(10)});
  config.devices = ReadDevices(reader);
  config.leave_on_stop = reader.BoolOr("leave_on_stop", false);
  return config;
}

}  // namespace understudy::station_agent
