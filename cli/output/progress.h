#ifndef UNDERSTUDY_CLI_OUTPUT_PROGRESS_H_
#define UNDERSTUDY_CLI_OUTPUT_PROGRESS_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace understudy::cli {

// "[######......] 6/12 what": one line of exactly this shape.
std::string ProgressLine(size_t done, size_t total, std::string_view what);

// Shows how far long work is, on a terminal's standard error; elsewhere it is silent. The line is
// wiped at the end. Not thread-safe.
class Progress {
 public:
  // Silent unless standard error is a terminal.
  explicit Progress(size_t total);
  Progress(size_t total, bool visible) : total_(total), visible_(visible) {}
  ~Progress();

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // One more step begins; `what` names it.
  void Step(std::string_view what);
  // So many steps are done; for work that goes on in large strides.
  void Reach(size_t done, std::string_view what);

 private:
  size_t total_;
  size_t done_ = 0;
  bool visible_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_PROGRESS_H_
