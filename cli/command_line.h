#ifndef UNDERSTUDY_CLI_COMMAND_LINE_H_
#define UNDERSTUDY_CLI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "cli/completion.h"
#include "cli/context.h"

namespace understudy::cli {

// The whole program: understands the words after the program's name, does what they say, prints
// results to `world.out` and errors to `world.err`. Returns the exit code (exit_code.h).
int RunCommandLine(const std::vector<std::string>& words, World& world);

// The words that the command line knows.
CompletionTree KnownWords();

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_COMMAND_LINE_H_
