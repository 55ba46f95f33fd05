#ifndef UNDERSTUDY_CLI_OUTPUT_COLOR_H_
#define UNDERSTUDY_CLI_OUTPUT_COLOR_H_

#include <string>
#include <string_view>

namespace understudy::cli {

enum class Color { kPlain, kBold, kDim, kRed, kGreen, kYellow, kCyan };

enum class ColorMode { kAuto, kAlways, kNever };

// Whether `file_descriptor` gets colours: in kAuto only a terminal that is not "dumb", and only
// while NO_COLOR is unset (https://no-color.org).
bool WantsColor(ColorMode mode, int file_descriptor);

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
