#include "cli/local_fleet/process_table.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "common/status/status.h"

namespace understudy::cli {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const FleetProcess& process) {
  return {{"pid", process.id.pid},
          {"start_ticks", process.id.start_ticks},
          {"program", process.spec.program},
          {"arguments", process.spec.arguments},
          {"log_file", process.spec.log_file},
          {"dies_with_parent", process.spec.dies_with_parent}};
}

std::optional<FleetProcess> FromJson(const Json& json) {
  // We wrote the file; a foreign one must not throw.
  if (!json.is_object() || !json.value("pid", Json()).is_number_integer() ||
      !json.value("start_ticks", Json()).is_number_unsigned() ||
      !json.value("program", Json()).is_string() || !json.value("log_file", Json()).is_string() ||
      !json.value("arguments", Json()).is_array() ||
      !json.value("dies_with_parent", Json()).is_boolean()) {
    return std::nullopt;
  }
  FleetProcess process;
  process.id = {.pid = json["pid"].get<pid_t>(),
                .start_ticks = json["start_ticks"].get<uint64_t>()};
  process.spec.program = json["program"].get<std::string>();
  process.spec.log_file = json["log_file"].get<std::string>();
  process.spec.dies_with_parent = json["dies_with_parent"].get<bool>();
  for (const Json& argument : json["arguments"]) {
    if (!argument.is_string()) return std::nullopt;
    process.spec.arguments.push_back(argument.get<std::string>());
  }
  return process;
}

}  // namespace

std::string FormatProcesses(const ProcessTable& processes) {
  Json json = Json::object();
  for (const auto& [name, process] : processes) json[name] = ToJson(process);
  return json.dump(2) + "\n";
}

absl::StatusOr<ProcessTable> ParseProcesses(std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  ProcessTable processes;
  bool whole = json.is_object();
  for (auto entry = json.begin(); whole && entry != json.end(); ++entry) {
    const std::optional<FleetProcess> process = FromJson(entry.value());
    whole = process.has_value();
    if (whole) processes[entry.key()] = *process;
  }
  if (whole) return processes;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PROCESSES_FILE",
                   file + ": not a list of processes as `understudy up` writes it");
}

}  // namespace understudy::cli
