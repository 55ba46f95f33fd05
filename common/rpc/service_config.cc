#include "common/rpc/service_config.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/config/address_text.h"

namespace understudy::rpc {
namespace {

std::optional<std::string> OptionalAddress(config::ConfigReader& reader, std::string_view key) {
  std::string address = reader.AddressOr(key, "");
  if (address.empty()) return std::nullopt;
  return address;
}

std::string ReadableFile(config::ConfigReader& section, std::string_view key) {
  const bool given = section.Has(key);
  std::string path = section.String(key);
  if (given && access(path.c_str(), R_OK) != 0) {
    section.Problem(key, absl::StrCat("cannot read \"", path, "\": ", std::strerror(errno)));
  }
  return path;
}

void RequireLoopback(config::ConfigReader& reader, std::string_view key,
                     const std::string& address) {
  const auto parsed = config::ParseAddress(address);
  if (!parsed.has_value() || config::IsLoopback(parsed->host)) return;
  reader.Problem(key, absl::StrCat("expected a loopback address because of \"insecure: true\", ",
                                   "found \"", address, "\"; use tls to serve other machines"));
}

log::LogConfig ReadLog(config::ConfigReader section) {
  log::LogConfig log;
  log.level =
      *log::ParseLevel(section.ChoiceOr("level", "info", {"debug", "info", "warn", "error"}));
  log.format = *log::ParseFormat(section.ChoiceOr("format", "text", {"text", "json"}));
  return log;
}

}  // namespace

TlsFiles ReadTlsFiles(config::ConfigReader section) {
  TlsFiles files;
  files.certificate = ReadableFile(section, "certificate");
  files.private_key = ReadableFile(section, "private_key");
  files.authorities = ReadableFile(section, "authorities");
  return files;
}

ServiceConfig ReadServiceConfig(config::ConfigReader& reader, const std::string& default_listen) {
  ServiceConfig config;
  config.listen = reader.AddressOr("listen", default_listen);
  config.health_listen = OptionalAddress(reader, "health_listen");
  config.metrics_listen = OptionalAddress(reader, "metrics_listen");
  if (reader.BoolOr("insecure", false)) {
    RequireLoopback(reader, "listen", config.listen);
    // Allowed beside it, so that --insecure works with any file; not read.
    reader.SectionOr("tls").IgnoreKeys();
  } else if (reader.Has("tls")) {
    config.tls = ReadTlsFiles(reader.Section("tls"));
  } else {
    reader.Problem("tls", "is required unless \"insecure: true\" is set");
  }
  config.reflection = reader.BoolOr("reflection", false);
  config.log = ReadLog(reader.SectionOr("log"));
  if (reader.Has("ports_file")) config.ports_file = reader.String("ports_file");
  return config;
}

}  // namespace understudy::rpc
