#ifndef UNDERSTUDY_CLI_DEMO_TIMELINE_H_
#define UNDERSTUDY_CLI_DEMO_TIMELINE_H_

#include <ostream>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cli/output/color.h"
#include "common/time/steady_time.h"

namespace understudy::cli {

// What happens, as it happens: "  12.345 s  membership    gate-1 has crashed". Thread-safe.
class Timeline {
 public:
  Timeline(std::ostream& out, Painter painter, SteadyTime start)
      : out_(out), painter_(painter), start_(start) {}

  // A new chapter.
  void Chapter(std::string_view title);
  void Say(std::string_view who, std::string_view what, Color color = Color::kPlain);

 private:
  std::ostream& out_ ABSL_GUARDED_BY(mutex_);
  const Painter painter_;
  const SteadyTime start_;
  absl::Mutex mutex_;
};

// One line of it, without colours.
std::string TimelineLine(absl::Duration since_start, std::string_view who, std::string_view what);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_TIMELINE_H_
