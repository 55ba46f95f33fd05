#include "services/config_vault/config.h"

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"
#include "common/document/identifiers.h"

namespace understudy::config_vault {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:7102";
constexpr int64_t kMaxKeepRevisions = 1'000'000;

std::vector<std::string> ReadAddresses(config::ConfigReader& section, std::string_view key) {
  std::vector<std::string> addresses = section.Strings(key);
  for (const std::string& address : addresses) {
    if (config::ParseAddress(address).has_value()) continue;
    section.Problem(key, absl::StrCat("expected host:port, found \"", address, "\""));
  }
  return addresses;
}

std::vector<std::string> ReadEndpoints(config::ConfigReader& etcd) {
  std::vector<std::string> endpoints = ReadAddresses(etcd, "endpoints");
  if (endpoints.empty()) etcd.Problem("endpoints", "expected at least one host:port, found none");
  return endpoints;
}

std::string ReadSite(config::ConfigReader& etcd) {
  std::string site = etcd.StringOr("site", EtcdConfig().site);
  if (!CheckStationId(site).ok()) {
    etcd.Problem("site", absl::StrCat("expected 1 to 63 characters of [a-z0-9-], beginning and "
                                      "ending with a letter or digit, found \"",
                                      site, "\""));
  }
  return site;
}

// etcd's own files, or those of the service, or none where that is asked for and safe.
std::optional<rpc::TlsFiles> ReadEtcdTls(config::ConfigReader& etcd, const Config& config,
                                         const std::vector<std::string>& endpoints) {
  if (etcd.Has("tls")) return rpc::ReadTlsFiles(etcd.Section("tls"));
  const bool insecure = etcd.BoolOr("insecure", !config.service.tls.has_value());
  if (!insecure) return config.service.tls;
  for (const std::string& endpoint : endpoints) {
    const auto parsed = config::ParseAddress(endpoint);
    if (!parsed.has_value() || config::IsLoopback(parsed->host)) continue;
    etcd.Problem("endpoints",
                 absl::StrCat("expected loopback addresses without tls, found \"", endpoint, "\""));
  }
  return std::nullopt;
}

EtcdConfig ReadEtcd(config::ConfigReader etcd, const Config& config) {
  const EtcdConfig defaults;
  EtcdConfig read;
  read.endpoints = ReadEndpoints(etcd);
  read.site = ReadSite(etcd);
  read.peers = ReadAddresses(etcd, "peers");
  read.tls = ReadEtcdTls(etcd, config, read.endpoints);
  read.max_transaction_writes = static_cast<size_t>(
      etcd.IntOr("max_transaction_writes", static_cast<int64_t>(defaults.max_transaction_writes),
                 {8, 10'000}));
  read.max_transaction_bytes = etcd.SizeOr("max_transaction", defaults.max_transaction_bytes,
                                           {uint64_t{64} << 10, uint64_t{64} << 20});
  read.write_patience = etcd.DurationOr("write_patience", defaults.write_patience,
                                        {absl::Milliseconds(100), absl::Minutes(1)});
  read.replicated = etcd.BoolOr("replicated", defaults.replicated);
  read.kept_revisions = etcd.IntOr("kept_revisions", defaults.kept_revisions, {100, 10'000'000});
  read.upkeep_interval = etcd.DurationOr("upkeep_interval", defaults.upkeep_interval,
                                         {absl::Milliseconds(100), absl::Hours(24)});
  return read;
}

}  // namespace

Config ReadConfig(config::ConfigReader& reader) {
  const Config defaults;
  Config config;
  config.service = rpc::ReadServiceConfig(reader, kDefaultListen);
  config.data_directory = reader.String("data_directory");
  config.cache_bytes = reader.SizeOr("cache", defaults.cache_bytes, {1 << 20, uint64_t{64} << 30});
  config.workers =
      static_cast<size_t>(reader.IntOr("workers", static_cast<int64_t>(defaults.workers), {1, 64}));
  config.max_watchers = static_cast<size_t>(
      reader.IntOr("max_watchers", static_cast<int64_t>(defaults.max_watchers), {1, 100'000}));
  config::ConfigReader history = reader.SectionOr("history");
  config.keep_revisions =
      static_cast<uint64_t>(history.IntOr("keep_revisions", 0, {0, kMaxKeepRevisions}));
  if (reader.ChoiceOr("engine", "embedded", {"embedded", "etcd"}) == "etcd") {
    config.engine = EngineKind::kEtcd;
    config.etcd = ReadEtcd(reader.Section("etcd"), config);
  } else if (reader.Has("etcd")) {
    reader.SectionOr("etcd").IgnoreKeys();
    reader.Problem("etcd", "is only for \"engine: etcd\"");
  }
  const bool several = config.engine == EngineKind::kEtcd && reader.Has("control");
  config.control = ReadControlConfig(reader, several);
  if (config.etcd.replicated && !several) {
    reader.Problem("etcd", "`replicated` needs other control nodes: the section `control`");
  }
  return config;
}

}  // namespace understudy::config_vault
