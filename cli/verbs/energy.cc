#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/output/format.h"
#include "cli/output/table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"
#include "services/checkpoint_store/energy/energy_codec.h"
#include "services/checkpoint_store/energy/energy_plot.h"
#include "services/checkpoint_store/energy/energy_presets.h"
#include "services/checkpoint_store/energy/energy_units.h"

namespace understudy::cli {
namespace {

using checkpoint_store::v1::ComputeEnergyRequest;
using checkpoint_store::v1::ComputeEnergyResponse;
using checkpoint_store::v1::EnergyParameters;

constexpr uint32_t kPlotPoints = 201;

struct Options {
  std::string preset = "esp8266";
  std::string cycle, active, active_power, transfer, transfer_power;
  std::string light_sleep, deep_sleep, battery, longest;
  std::string voltage = "3.3V";
  std::string battery_voltage = "3V";
  std::string plot;
  bool presets = false;
};

// Text to a number of the message, if there is text.
template <typename Parse, typename Set>
absl::Status Apply(const std::string& text, const char* flag, Parse parse, Set set) {
  if (text.empty()) return absl::OkStatus();
  const auto value = parse(text);
  if (!value.ok()) return WithContext(value.status(), flag);
  set(*value);
  return absl::OkStatus();
}

absl::StatusOr<google::protobuf::Duration> ParseTime(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration() ||
      duration > absl::Seconds(checkpoint_store::kMaxCycleSeconds)) {
    return MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_DURATION",
        absl::StrCat("expected a duration such as 20s, 30m or 1h, found \"", text, "\""));
  }
  google::protobuf::Duration message;
  message.set_seconds(absl::ToInt64Seconds(duration));
  message.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration % absl::Seconds(1))));
  return message;
}

absl::Status ApplyTimes(const Options& options, ComputeEnergyRequest& request) {
  EnergyParameters& p = *request.mutable_parameters();
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.cycle, "--cycle", ParseTime,
                                   [&p](const auto& time) { *p.mutable_cycle() = time; }));
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.active, "--active-time", ParseTime,
                                   [&p](const auto& time) { *p.mutable_active_time() = time; }));
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.transfer, "--transfer-time", ParseTime,
                                   [&p](const auto& time) { *p.mutable_transfer_time() = time; }));
  return Apply(options.longest, "--longest-cycle", ParseTime,
               [&request](const auto& time) { *request.mutable_longest_cycle() = time; });
}

absl::Status ApplyPowers(const Options& options, EnergyParameters& p) {
  const auto volts = checkpoint_store::ParseVolts(options.voltage);
  if (!volts.ok()) return WithContext(volts.status(), "--voltage");
  const auto watts = [&volts](const std::string& text) {
    return checkpoint_store::ParseWatts(text, *volts);
  };
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.active_power, "--active-power", watts,
                                   [&p](double value) { p.set_active_watts(value); }));
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.transfer_power, "--transfer-power", watts,
                                   [&p](double value) { p.set_transfer_watts(value); }));
  UNDERSTUDY_RETURN_IF_ERROR(Apply(options.light_sleep, "--light-sleep", watts,
                                   [&p](double value) { p.set_light_sleep_watts(value); }));
  return Apply(options.deep_sleep, "--deep-sleep", watts,
               [&p](double value) { p.set_deep_sleep_watts(value); });
}

absl::Status ApplyBattery(const Options& options, EnergyParameters& p) {
  const auto volts = checkpoint_store::ParseVolts(options.battery_voltage);
  if (!volts.ok()) return WithContext(volts.status(), "--battery-voltage");
  return Apply(
      options.battery, "--battery",
      [&volts](const std::string& text) { return checkpoint_store::ParseJoules(text, *volts); },
      [&p](double value) { p.set_battery_joules(value); });
}

absl::StatusOr<ComputeEnergyRequest> MakeRequest(const Options& options) {
  ComputeEnergyRequest request;
  if (options.preset != "none") request.set_preset(options.preset);
  request.set_curve_points(kPlotPoints);
  UNDERSTUDY_RETURN_IF_ERROR(ApplyTimes(options, request));
  UNDERSTUDY_RETURN_IF_ERROR(ApplyPowers(options, *request.mutable_parameters()));
  UNDERSTUDY_RETURN_IF_ERROR(ApplyBattery(options, *request.mutable_parameters()));
  return request;
}

std::string Seconds(double seconds) {
  // absl has no longer ones than this, and no battery lasts longer.
  return DurationText(absl::Seconds(std::min(seconds, 3.15e11)));
}

std::string Inputs(const ComputeEnergyResponse& response) {
  using checkpoint_store::JoulesText;
  using checkpoint_store::WattsText;
  const auto p = checkpoint_store::FromProto(response.parameters());
  std::string text =
      absl::StrCat("cycle ", Seconds(p.cycle_seconds), ": work ", Seconds(p.active_seconds), " at ",
                   WattsText(p.active_watts), ", transfer ", Seconds(p.transfer_seconds), " at ",
                   WattsText(p.transfer_watts), "; light sleep ", WattsText(p.light_sleep_watts),
                   ", deep sleep ", WattsText(p.deep_sleep_watts));
  if (p.battery_joules > 0) {
    absl::StrAppend(&text, "; battery ", JoulesText(p.battery_joules));
  }
  text += "\n";
  if (!response.preset_source().empty()) {
    absl::StrAppend(&text, "inputs from: ", response.preset_source(), "\n");
  }
  return text + "\n";
}

std::vector<Cell> Row(const std::string& name, const checkpoint_store::v1::EnergySide& side,
                      double sleep_joules, bool wins) {
  using checkpoint_store::JoulesText;
  const Color color = wins ? Color::kGreen : Color::kPlain;
  const bool battery = side.cycles() > 0;
  return {Cell(name, color),
          JoulesText(side.joules_per_cycle()),
          JoulesText(sleep_joules),
          checkpoint_store::WattsText(side.average_watts()),
          battery ? absl::StrFormat("%.0f", side.cycles()) : "",
          battery ? Seconds(side.lifetime_seconds()) : "",
          Cell(wins ? "wins" : "", color)};
}

std::string Sides(const ComputeEnergyResponse& response, const Painter& painter) {
  const auto right = Table::Align::kRight;
  Table table({"SIDE",
               {"PER CYCLE", right},
               {"ASLEEP", right},
               {"AVERAGE", right},
               {"CYCLES", right},
               {"LIFETIME", right},
               "VERDICT"});
  const auto winner = response.winner();
  table.AddRow(Row("light sleep, memory on power", response.local(), response.local_sleep_joules(),
                   winner == checkpoint_store::v1::ENERGY_WINNER_LOCAL));
  table.AddRow(Row("deep sleep, checkpoint-store", response.remote(),
                   response.remote_sleep_joules(),
                   winner == checkpoint_store::v1::ENERGY_WINNER_REMOTE));
  return table.Render(painter);
}

std::string VerdictText(const ComputeEnergyResponse& response) {
  using checkpoint_store::JoulesText;
  using checkpoint_store::WattsText;
  const bool remote = response.winner() == checkpoint_store::v1::ENERGY_WINNER_REMOTE;
  std::string text = "Both take the same.\n";
  if (response.winner() != checkpoint_store::v1::ENERGY_WINNER_TIE) {
    text = absl::StrFormat(
        "%s saves %s per cycle, %.1f %%.\n", remote ? "Deep sleep" : "Light sleep",
        JoulesText(response.saved_joules_per_cycle()), response.saved_fraction() * 100);
  }
  absl::StrAppend(&text, "A transfer costs ", JoulesText(response.transfer_price_joules()),
                  " over deep sleep; deep sleep saves ",
                  JoulesText(response.deep_sleep_gain_joules()), " over light sleep.\n");
  if (response.has_break_even_cycle_seconds()) {
    absl::StrAppendFormat(&text, "Deep sleep wins in cycles longer than %.4g s",
                          response.break_even_cycle_seconds());
  } else {
    text += "Deep sleep wins in no cycle, because it takes no less than light sleep";
  }
  return absl::StrCat(text, "; in this one, if light sleep takes more than ",
                      WattsText(response.light_sleep_threshold_watts()), ".\n");
}

checkpoint_store::EnergyPlot PlotOf(const ComputeEnergyResponse& response) {
  checkpoint_store::EnergyPlot plot;
  for (const auto& point : response.curve()) {
    plot.curve.push_back({point.cycle_seconds(), point.local_joules(), point.remote_joules()});
  }
  if (response.has_break_even_cycle_seconds()) {
    plot.break_even_seconds = response.break_even_cycle_seconds();
  }
  plot.cycle_seconds = checkpoint_store::FromProto(response.parameters()).cycle_seconds;
  return plot;
}

absl::Status WritePlot(const std::string& path, const ComputeEnergyResponse& response) {
  if (!path.ends_with(".svg")) {
    return UsageError(absl::StrCat("--plot ", path, ": expected a name that ends with .svg"));
  }
  std::ofstream file(path);
  file << checkpoint_store::EnergyPlotSvg(PlotOf(response));
  file.close();
  if (file) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "CANNOT_WRITE",
                   absl::StrCat("cannot write ", path));
}

void ListPresets(Context& context) {
  Table table({"PRESET", "WHAT IT SHOWS", "INPUTS FROM"});
  for (const auto& preset : checkpoint_store::EnergyPresets()) {
    table.AddRow(
        {std::string(preset.name), std::string(preset.summary), std::string(preset.source)});
  }
  context.out() << table.Render(context.painter());
}

absl::Status Energy(const Options& options, Context& context) {
  if (options.presets) {
    ListPresets(context);
    return absl::OkStatus();
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const ComputeEnergyRequest request, MakeRequest(options));
  UNDERSTUDY_ASSIGN_OR_RETURN(const ComputeEnergyResponse response,
                              checkpoint_store::ComputeEnergy(request));
  if (!options.plot.empty()) UNDERSTUDY_RETURN_IF_ERROR(WritePlot(options.plot, response));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  context.out() << Inputs(response) << Sides(response, context.painter()) << "\n"
                << VerdictText(response) << "\n"
                << EnergyPlotText(PlotOf(response));
  return absl::OkStatus();
}

void AddFlags(Verb& energy, Options& options) {
  energy.Option(options.preset, "--preset", "NAME",
                "where to begin (--presets lists them); \"none\": with nothing");
  energy.Flag(options.presets, "--presets", "list the presets, and where their figures come from");
  energy.Option(options.cycle, "--cycle", "DURATION", "the whole cycle, e.g. 30m");
  energy.Option(options.active, "--active-time", "DURATION", "of which the work, e.g. 1s");
  energy.Option(options.active_power, "--active-power", "POWER", "what the work takes, e.g. 15mA");
  energy.Option(options.transfer, "--transfer-time", "DURATION",
                "start, association, handshake, download and upload, e.g. 2s");
  energy.Option(options.transfer_power, "--transfer-power", "POWER", "on average, e.g. 75mA");
  energy.Option(options.light_sleep, "--light-sleep", "POWER",
                "asleep with the memory on power, e.g. 0.5mW or 0.9mA");
  energy.Option(options.deep_sleep, "--deep-sleep", "POWER", "asleep without, e.g. 66uW or 20uA");
  energy.Option(options.voltage, "--voltage", "VOLTAGE", "makes a current a power");
  energy.Option(options.battery, "--battery", "ENERGY", "usable, e.g. 2500mAh, 9Wh or 27kJ");
  energy.Option(options.battery_voltage, "--battery-voltage", "VOLTAGE",
                "makes a charge an energy");
  energy.Option(options.longest, "--longest-cycle", "DURATION", "how far the curves go");
  energy.Option(options.plot, "--plot", "FILE.svg", "draw the two curves there, too");
}

}  // namespace

void AddEnergy(Verb& root) {
  Verb energy = root.Add(
      "energy", "Whether a device should sleep lightly, or deeply with its memory in the store",
      "understudy energy\n"
      "understudy energy --preset paper-table2\n"
      "understudy energy --cycle 10m --light-sleep 0.9mA --deep-sleep 20uA --plot energy.svg\n"
      "understudy energy --battery 1200mAh --battery-voltage 3.7V -o json | jq .remote.cycles");
  auto options = std::make_shared<Options>();
  AddFlags(energy, *options);
  energy.OnRun([options](Context& context) { return Energy(*options, context); });
}

}  // namespace understudy::cli
