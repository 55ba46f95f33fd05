#ifndef UNDERSTUDY_CLI_OUTPUT_DISPLAY_WIDTH_H_
#define UNDERSTUDY_CLI_OUTPUT_DISPLAY_WIDTH_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace understudy::cli {

// Terminal columns that UTF-8 text takes: combining marks 0, East Asian wide characters and emoji
// 2, all else 1. A byte that is not UTF-8 counts as 1.
size_t DisplayWidth(std::string_view text);

// The text with control characters (escape sequences, line ends, ...) shown as \xNN and invalid
// UTF-8 as U+FFFD: what others wrote must not steer the reader's terminal.
std::string Printable(std::string_view text);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_DISPLAY_WIDTH_H_
