#include "cli/demo/timeline.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/display_width.h"

namespace understudy::cli {
namespace {

constexpr size_t kWhoWidth = 22;

std::string Padded(std::string_view text, size_t width) {
  std::string padded = Printable(text);
  const size_t columns = DisplayWidth(padded);
  if (columns < width) padded.append(width - columns, ' ');
  return padded;
}

}  // namespace

std::string TimelineLine(absl::Duration since_start, std::string_view who, std::string_view what) {
  return absl::StrFormat("%8.3f s  ", absl::ToDoubleSeconds(since_start)) + Padded(who, kWhoWidth) +
         Printable(what);
}

void Timeline::Chapter(std::string_view title) {
  absl::MutexLock lock(&mutex_);
  out_ << "\n" << painter_.Paint(Color::kBold, title) << "\n" << std::flush;
}

void Timeline::Say(std::string_view who, std::string_view what, Color color) {
  const std::string line = TimelineLine(SteadyNow() - start_, who, what);
  absl::MutexLock lock(&mutex_);
  out_ << painter_.Paint(color, line) << "\n" << std::flush;
}

}  // namespace understudy::cli
