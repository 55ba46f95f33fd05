#ifndef UNDERSTUDY_CLI_COMPLETION_H_
#define UNDERSTUDY_CLI_COMPLETION_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace understudy::cli {

// What may follow the words of a verb: the verbs below it and its flags.
struct CompletionWords {
  std::vector<std::string> verbs;
  std::vector<std::string> flags;
  std::string summary;
};

// By the verb's words, "" for the command itself, e.g. "config put".
using CompletionTree = std::map<std::string, CompletionWords>;

// A script for "bash", "zsh" or "fish" that completes verbs, flags and file names.
absl::StatusOr<std::string> CompletionScript(std::string_view shell, const CompletionTree& tree);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_COMPLETION_H_
