#include "services/config_vault/config.h"

namespace understudy::config_vault {
namespace {

constexpr char kDefaultListen[] = "127.0.0.1:7102";
constexpr int64_t kMaxKeepRevisions = 1'000'000;

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
  return config;
}

}  // namespace understudy::config_vault
