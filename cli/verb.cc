#include "cli/verb.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace understudy::cli {
namespace {

std::string Footer(const std::string& examples) {
  if (examples.empty()) return "";
  std::string footer = "Examples:\n";
  for (const absl::string_view line : absl::StrSplit(examples, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&footer, "  ", line, "\n");
  }
  footer.pop_back();
  return footer;
}

// CLI11 calls it with the word that was given; an answer is an error.
std::string CheckDuration(const std::string& word) {
  absl::Duration duration;
  if (absl::ParseDuration(word, &duration) && duration > absl::ZeroDuration()) return "";
  return "expected a duration such as 500ms or 5s, found \"" + word + "\"";
}

}  // namespace

Verb Verb::Add(const std::string& name, const std::string& summary, const std::string& examples) {
  CLI::App* const below = app_->add_subcommand(name, summary);
  below->footer(Footer(examples));
  return Verb(below, chosen_);
}

void Verb::NeedsVerb() { app_->require_subcommand(1); }

void Verb::Argument(std::string& target, const std::string& name, const std::string& help) {
  app_->add_option(name, target, help)->required()->type_name("");
}

void Verb::Argument(uint64_t& target, const std::string& name, const std::string& help) {
  app_->add_option(name, target, help)->required()->type_name("");
}

void Verb::OptionalArgument(std::string& target, const std::string& name, const std::string& help) {
  app_->add_option(name, target, help)->type_name("");
}

void Verb::Option(std::string& target, const std::string& flag, const std::string& value_name,
                  const std::string& help) {
  app_->add_option(flag, target, help)->type_name(value_name)->capture_default_str();
}

void Verb::Option(uint64_t& target, const std::string& flag, const std::string& value_name,
                  const std::string& help) {
  app_->add_option(flag, target, help)->type_name(value_name)->capture_default_str();
}

void Verb::Option(std::optional<uint64_t>& target, const std::string& flag,
                  const std::string& value_name, const std::string& help) {
  app_->add_option(flag, target, help)->type_name(value_name);
}

void Verb::Option(absl::Duration& target, const std::string& flag, const std::string& help) {
  const auto set = [&target](const std::string& word) { absl::ParseDuration(word, &target); };
  app_->add_option_function<std::string>(flag, set, help)
      ->type_name("DURATION")
      ->default_str(absl::FormatDuration(target))
      ->check(CheckDuration);
}

void Verb::Choice(std::string& target, const std::string& flag,
                  const std::vector<std::string>& choices, const std::string& help) {
  app_->add_option(flag, target, help)
      ->type_name(absl::StrJoin(choices, "|"))
      ->capture_default_str()
      ->check(CLI::IsMember(choices).description(""));
}

void Verb::Flag(bool& target, const std::string& flag, const std::string& help) {
  app_->add_flag(flag, target, help);
}

void Verb::Number(uint64_t& target, const std::string& flag, uint64_t low, uint64_t high,
                  const std::string& help) {
  app_->add_option(flag, target, help)
      ->type_name(absl::StrCat(low, "..", high))
      ->capture_default_str()
      ->check(CLI::Range(low, high).description(""));
}

void Verb::OnRun(Action action) {
  app_->final_callback([chosen = chosen_, action = std::move(action)] { *chosen = action; });
}

}  // namespace understudy::cli
