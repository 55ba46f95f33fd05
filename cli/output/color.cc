#include "cli/output/color.h"

#include <unistd.h>

#include <cstdlib>

namespace understudy::cli {
namespace {

const char* Sequence(Color color) {
  switch (color) {
    case Color::kPlain:
      return "";
    case Color::kBold:
      return "\x1b[1m";
    case Color::kDim:
      return "\x1b[2m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kCyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

bool TakesColor(int file_descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* terminal = std::getenv("TERM");
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return isatty(file_descriptor) == 1;
}

std::string Painter::Paint(Color color, std::string_view text) const {
  if (!enabled_ || color == Color::kPlain || text.empty()) return std::string(text);
  std::string painted = Sequence(color);
  painted.append(text);
  return painted + "\x1b[0m";
}

}  // namespace understudy::cli
