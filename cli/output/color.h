#ifndef UNDERSTUDY_CLI_OUTPUT_COLOR_H_
#define UNDERSTUDY_CLI_OUTPUT_COLOR_H_

#include <string>
#include <string_view>

namespace understudy::cli {

enum class Color { kPlain, kBold, kDim, kRed, kGreen, kYellow, kCyan };

enum class ColorMode { kAuto, kAlways, kNever };

// Whether it is a terminal that takes colours: not a "dumb" one, and not while NO_COLOR is set
// (https://no-color.org). Reads the environment: for main.
bool TakesColor(int file_descriptor);

// Wraps text in escape sequences, or leaves it as it is.
class Painter {
 public:
  explicit Painter(bool enabled) : enabled_(enabled) {}

  bool enabled() const { return enabled_; }
  std::string Paint(Color color, std::string_view text) const;

 private:
  bool enabled_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_COLOR_H_
