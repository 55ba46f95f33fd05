// Any text must become either values or problems.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "common/config/config_reader.h"

namespace {

void ReadAll(understudy::config::ConfigReader& reader) {
  reader.AddressOr("listen", "");
  reader.BoolOr("insecure", false);
  reader.SectionOr("log").ChoiceOr("level", "info", {"info", "warn"});
  reader.DurationOr("beat_interval", absl::Seconds(1), {absl::ZeroDuration(), absl::Seconds(9)});
  auto limits = reader.SectionOr("limits");
  limits.DoubleOr("cpu", 1, {0, 1});
  limits.SizeOr("size", 1, {0, 1 << 30});
  reader.Counts("capabilities");
  reader.StringMap("a");
  reader.Strings("c");
  for (auto& peer : reader.Sections("peers")) peer.String("host");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto reader = understudy::config::ConfigReader::FromText(text, "fuzz.yaml");
  ReadAll(reader);
  const bool has_problems = reader.has_problems();
  // Problems that were found do not vanish.
  if (has_problems && reader.Finish().ok()) abort();
  return 0;
}
