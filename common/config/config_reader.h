#ifndef UNDERSTUDY_COMMON_CONFIG_CONFIG_READER_H_
#define UNDERSTUDY_COMMON_CONFIG_CONFIG_READER_H_

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace understudy::config {

struct ConfigNode;

// Inclusive bounds of a number.
template <typename Value>
struct Range {
  Value low;
  Value high;
};

// Reads one section of a YAML configuration file, and remembers all that is wrong with it:
//
//   config::ConfigReader reader = config::ConfigReader::FromText(text, "vault.yaml");
//   config.data_directory = reader.String("data_directory");                    // required
//   config.interval = reader.DurationOr("beat_interval", absl::Milliseconds(100),
//                                       {absl::Milliseconds(1), absl::Seconds(10)});
//   config::ConfigReader limits = reader.SectionOr("limits");                    // may be absent
//   config.limits.cpu = limits.DoubleOr("cpu", 0.95, {0.0, 1.0});
//   const absl::Status status = reader.Finish();
//
// A getter whose value is missing or wrong notes the problem and returns its default (or zero), so
// that one run finds every problem. Keys that no getter asked for are problems too. `XOr` is for
// optional keys: absent or empty means the default, wrong is still a problem.
//
// Readers of one file share their findings and are cheap to copy. Not thread-safe. Pure: reads no
// file, clock or environment.
class ConfigReader {
 public:
  // `file` is only for messages. Text that is no YAML map is a problem, reported by Finish.
  static ConfigReader FromText(std::string_view yaml, std::string file);

  // Sets `key` ("log.level" for one in a section) as if the file said so; `origin`, e.g.
  // "--listen", takes the place of the line in messages. Before any getter.
  void Override(std::string_view key, std::string_view value, std::string_view origin);

  // Whether the section has this key, with a value.
  bool Has(std::string_view key) const;

  std::string String(std::string_view key);
  std::string StringOr(std::string_view key, std::string fallback);
  bool Bool(std::string_view key);
  bool BoolOr(std::string_view key, bool fallback);
  int64_t Int(std::string_view key, Range<int64_t> range);
  int64_t IntOr(std::string_view key, int64_t fallback, Range<int64_t> range);
  double Double(std::string_view key, Range<double> range);
  double DoubleOr(std::string_view key, double fallback, Range<double> range);
  // "100ms", "1.5s", "2m30s", "0".
  absl::Duration Duration(std::string_view key, Range<absl::Duration> range);
  absl::Duration DurationOr(std::string_view key, absl::Duration fallback,
                            Range<absl::Duration> range);
  // Bytes: "4MiB", "64KiB", "512".
  uint64_t Size(std::string_view key, Range<uint64_t> range);
  uint64_t SizeOr(std::string_view key, uint64_t fallback, Range<uint64_t> range);
  // One of `choices`.
  std::string Choice(std::string_view key, const std::vector<std::string>& choices);
  std::string ChoiceOr(std::string_view key, std::string fallback,
                       const std::vector<std::string>& choices);
  // "host:port" or "[::1]:port", port 0 to 65535.
  std::string Address(std::string_view key);
  std::string AddressOr(std::string_view key, std::string fallback);

  // Absent: empty.
  std::vector<std::string> Strings(std::string_view key);
  std::map<std::string, std::string> StringMap(std::string_view key);
  // Names with counts, as in a capability set: {camera.rtsp: 16, npu.tops: 8}. Counts are 0 to
  // 4,294,967,295; names are not checked.
  std::map<std::string, uint32_t> Counts(std::string_view key);

  // A required section. Where it is missing, one problem is noted and the returned reader is
  // silent.
  ConfigReader Section(std::string_view key);
  // Where it is missing the returned reader has no keys: XOr getters give their defaults, required
  // ones are problems.
  ConfigReader SectionOr(std::string_view key);
  // A list of sections; absent: empty.
  std::vector<ConfigReader> Sections(std::string_view key);

  // All keys of this section are fine, read or not.
  void IgnoreKeys();

  // Notes a problem that the caller found with the value of `key`, e.g. "expected a multiple of
  // beat_interval, found 150ms".
  void Problem(std::string_view key, std::string_view message);
  bool has_problems() const;

  // OK, or INVALID_ARGUMENT whose message has one problem per line, e.g.
  //   vault.yaml:3: tls.certificate: expected text, found a list
  // Once, after all getters of all sections.
  absl::Status Finish();

 private:
  struct File;
  struct Place;

  ConfigReader(std::shared_ptr<File> file, std::shared_ptr<Place> place);

  // Null when there is none, which is a problem when it is required.
  const ConfigNode* Find(std::string_view key, bool required);
  template <typename Value, typename Parse>
  Value Read(std::string_view key, std::optional<Value> fallback, std::string_view expected,
             Parse parse);
  template <typename Value, typename Parse, typename Format>
  Value ReadRanged(std::string_view key, std::optional<Value> fallback, Range<Value> range,
                   std::string_view kind, Parse parse, Format format);
  ConfigReader ReadSection(std::string_view key, bool required);
  std::string PathOf(std::string_view key) const;

  std::shared_ptr<File> file_;
  std::shared_ptr<Place> place_;
};

}  // namespace understudy::config

#endif  // UNDERSTUDY_COMMON_CONFIG_CONFIG_READER_H_
