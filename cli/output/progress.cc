#include "cli/output/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "cli/output/display_width.h"

namespace understudy::cli {

std::string ProgressLine(size_t done, size_t total, std::string_view what) {
  constexpr size_t kCells = 24;
  const size_t filled = total == 0 ? kCells : std::min(kCells, kCells * done / total);
  return absl::StrCat("[", std::string(filled, '#'), std::string(kCells - filled, '.'), "] ", done,
                      "/", total, " ", Printable(what));
}

Progress::Progress(size_t total) : Progress(total, isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (visible_) std::fputs("\r\x1b[K", stderr);
}

void Progress::Step(std::string_view what) {
  Reach(done_, what);
  done_ = std::min(done_ + 1, total_);
}

void Progress::Reach(size_t done, std::string_view what) {
  done_ = std::min(done, total_);
  if (visible_) {
    std::fprintf(stderr, "\r%s\x1b[K", ProgressLine(done_, total_, what).c_str());
  }
}

}  // namespace understudy::cli
