#ifndef UNDERSTUDY_CLI_VERB_H_
#define UNDERSTUDY_CLI_VERB_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace understudy::cli {

class Context;

// What a verb does once the command line is understood.
using Action = std::function<absl::Status(Context&)>;

// Declares one verb of the command line: its words, arguments, help. A light handle; the targets of
// its arguments must live as long as the command line. (CLI11 stays behind it: its headers are
// heavy.)
class Verb {
 public:
  Verb(CLI::App* app, Action* chosen) : app_(app), chosen_(chosen) {}

  // A verb below this one: "config" has "put". `examples` are whole command lines, one a line.
  Verb Add(const std::string& name, const std::string& summary, const std::string& examples = "");
  // Without a verb below it the command is incomplete.
  void NeedsVerb();

  // Positional arguments, in the order of the calls; `name` in capitals.
  void Argument(std::string& target, const std::string& name, const std::string& help);
  void Argument(uint64_t& target, const std::string& name, const std::string& help);
  void OptionalArgument(std::string& target, const std::string& name, const std::string& help);

  // `flag` e.g. "--comment" or "-o,--output". Defaults are the targets' values and shown in the
  // help.
  void Option(std::string& target, const std::string& flag, const std::string& value_name,
              const std::string& help);
  void Option(uint64_t& target, const std::string& flag, const std::string& value_name,
              const std::string& help);
  void Option(std::optional<uint64_t>& target, const std::string& flag,
              const std::string& value_name, const std::string& help);
  void Option(absl::Duration& target, const std::string& flag, const std::string& help);
  void Choice(std::string& target, const std::string& flag, const std::vector<std::string>& choices,
              const std::string& help);
  void Flag(bool& target, const std::string& flag, const std::string& help);
  // A number within bounds.
  void Number(uint64_t& target, const std::string& flag, uint64_t low, uint64_t high,
              const std::string& help);

  void OnRun(Action action);

 private:
  CLI::App* app_;
  Action* chosen_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_VERB_H_
