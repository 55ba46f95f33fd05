#include "cli/verbs/checkpoint_simulate.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/checkpoint_fleet/fleet_simulation.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/local_fleet/interrupt.h"
#include "cli/local_fleet/wait.h"
#include "cli/output/format.h"
#include "cli/output/progress.h"
#include "cli/output/table.h"
#include "common/status/status.h"
#include "services/checkpoint_store/energy/energy_model.h"
#include "services/checkpoint_store/energy/energy_presets.h"
#include "services/checkpoint_store/energy/energy_units.h"

namespace understudy::cli {
namespace {

struct Options {
  uint64_t devices = 1'000;
  absl::Duration interval = absl::Seconds(20);
  absl::Duration duration = absl::Minutes(1);
  // Empty: as the site says, or the design's port on this machine.
  std::string server;
  std::string token;
  uint64_t bytes = 2'048;
  uint64_t changed = 32;
  uint64_t awake = 32;
  std::string preset = "esp8266";
};

// What deep sleep saves in one cycle of the preset's device, by the model; less than nothing when
// it costs. Nothing when the interval is too short for its work and its transfer.
struct Saving {
  double joules_per_cycle = 0;
  std::optional<double> break_even_seconds;
};

absl::StatusOr<std::optional<Saving>> SavingOf(const Options& options) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const checkpoint_store::EnergyPreset preset,
                              checkpoint_store::FindEnergyPreset(options.preset));
  checkpoint_store::EnergyParameters parameters = preset.parameters;
  parameters.cycle_seconds = absl::ToDoubleSeconds(options.interval);
  const auto verdict = checkpoint_store::JudgeEnergy(parameters);
  if (!verdict.ok()) return std::nullopt;
  return Saving{verdict->local.joules_per_cycle - verdict->remote.joules_per_cycle,
                verdict->break_even_cycle_seconds};
}

std::string SavedText(const std::optional<Saving>& saving, uint64_t cycles) {
  if (!saving.has_value()) return "-";
  return checkpoint_store::JoulesText(saving->joules_per_cycle * static_cast<double>(cycles));
}

// None is wider than a terminal of 80 columns.
std::vector<std::string> LiveLines(const FleetFigures& figures, const std::optional<Saving>& saving,
                                   absl::Duration duration) {
  const double seconds = std::max(absl::ToDoubleSeconds(figures.elapsed), 0.001);
  std::vector<std::string> lines = {
      ProgressLine(static_cast<size_t>(seconds),
                   static_cast<size_t>(absl::ToInt64Seconds(duration)), "seconds"),
      absl::StrFormat("%d devices  %d cycles (%.1f/s)  %d failed  %d mismatched", figures.enrolled,
                      figures.cycles, static_cast<double>(figures.cycles) / seconds,
                      figures.failed, figures.mismatched),
      absl::StrFormat("wake-up p50 %s  p99 %s  saved %s", DurationText(figures.p50),
                      DurationText(figures.p99),
                      SavedText(saving, figures.cycles - figures.failed))};
  if (figures.late > 0) absl::StrAppend(&lines.back(), "  ", figures.late, " late");
  return lines;
}

// On a terminal a few lines that change; elsewhere a line now and then.
class Live {
 public:
  Live(Context& context, const std::optional<Saving>& saving, absl::Duration duration)
      : context_(context),
        saving_(saving),
        duration_(duration),
        terminal_(isatty(STDERR_FILENO) == 1) {}
  ~Live() {
    if (shown_ > 0) std::fprintf(stderr, "\x1b[%zuF\x1b[J", shown_);
  }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  void Show(const FleetFigures& figures) {
    const std::vector<std::string> lines = LiveLines(figures, saving_, duration_);
    if (terminal_) {
      Draw(lines);
    } else if (++reports_ % 5 == 0) {
      context_.err() << absl::StrJoin(lines, "  ") << std::endl;
    }
  }

 private:
  // Over what was drawn before.
  void Draw(const std::vector<std::string>& lines) {
    if (shown_ > 0) std::fprintf(stderr, "\x1b[%zuF", shown_);
    for (const std::string& line : lines) std::fprintf(stderr, "%s\x1b[K\n", line.c_str());
    shown_ = lines.size();
  }

  Context& context_;
  const std::optional<Saving>& saving_;
  const absl::Duration duration_;
  const bool terminal_;
  int reports_ = 0;
  // Lines on the terminal.
  size_t shown_ = 0;
};

void PrintTable(const FleetFigures& figures, const std::optional<Saving>& saving,
                const Options& options, Context& context) {
  const auto right = Table::Align::kRight;
  Table table({{"DEVICES", right},
               {"CYCLES", right},
               {"FAILED", right},
               {"MISMATCHED", right},
               {"P50", right},
               {"P99", right},
               {"SENT", right},
               {"RECEIVED", right},
               {"TLS RESUMED", right},
               {"ENERGY SAVED", right}});
  const bool well = figures.failed == 0;
  table.AddRow({absl::StrCat(figures.enrolled), absl::StrCat(figures.cycles),
                Cell(absl::StrCat(figures.failed), well ? Color::kGreen : Color::kRed),
                Cell(absl::StrCat(figures.mismatched),
                     figures.mismatched == 0 ? Color::kGreen : Color::kRed),
                DurationText(figures.p50), DurationText(figures.p99), SizeText(figures.bytes_sent),
                SizeText(figures.bytes_received), absl::StrCat(figures.resumed),
                SavedText(saving, figures.cycles - figures.failed)});
  context.out() << table.Render(context.painter());
  if (saving.has_value() && saving->joules_per_cycle < 0) {
    context.out() << "At this interval light sleep takes less, by the model of the preset "
                  << options.preset << ": deep sleep wins "
                  << (saving->break_even_seconds.has_value()
                          ? absl::StrFormat("from %.4g s on.\n", *saving->break_even_seconds)
                          : "never.\n");
  }
  if (!well) context.out() << "last failure: " << figures.last_failure << "\n";
}

void PrintJson(const FleetFigures& figures, const std::optional<Saving>& saving, Context& context) {
  nlohmann::json json = {{"devices", figures.enrolled},
                         {"elapsed_seconds", absl::ToDoubleSeconds(figures.elapsed)},
                         {"cycles", figures.cycles},
                         {"failed", figures.failed},
                         {"mismatched", figures.mismatched},
                         {"from_operator", figures.from_operator},
                         {"late", figures.late},
                         {"p50_seconds", absl::ToDoubleSeconds(figures.p50)},
                         {"p99_seconds", absl::ToDoubleSeconds(figures.p99)},
                         {"bytes_sent", figures.bytes_sent},
                         {"bytes_received", figures.bytes_received},
                         {"tls_resumed", figures.resumed},
                         {"last_failure", figures.last_failure}};
  if (saving.has_value()) {
    json["energy_saved_joules"] =
        saving->joules_per_cycle * static_cast<double>(figures.cycles - figures.failed);
  }
  context.out() << json.dump(2) << "\n";
}

FleetSettings SettingsOf(const Options& options, const Context& context) {
  FleetSettings settings;
  settings.device = {.memory_bytes = options.bytes,
                     .changed_bytes = options.changed,
                     .interval = options.interval,
                     .timeout = context.options().timeout};
  settings.devices = options.devices;
  settings.awake = options.awake;
  settings.token = options.token;
  // Another for each run: devices stay in the store.
  settings.prefix = absl::StrCat("simulated-", absl::ToUnixMillis(WallNow()));
  return settings;
}

absl::StatusOr<StoreAddress> AddressOf(const Options& options, Context& context) {
  if (!options.server.empty()) return FindStore(options.server);
  constexpr char kUsual[] = "127.0.0.1:8104";
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  return FindStore(site.checkpoints_http.empty() ? kUsual : site.checkpoints_http);
}

// Whatever the site says; nothing without TLS.
absl::StatusOr<TlsContext> TlsOf(Context& context) {
  if (context.options().insecure) return TlsContext();
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  if (!site.tls.has_value()) return TlsContext();
  return MakeDeviceTls(*site.tls);
}

absl::Status Conclude(const FleetFigures& figures) {
  if (figures.failed == 0) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "CYCLES_FAILED",
                   absl::StrCat(figures.failed, " of ", figures.cycles,
                                " cycles failed; the last: ", figures.last_failure));
}

absl::Status Simulate(const Options& options, Context& context) {
  const Interrupt interrupt;
  const auto cancelled = [&interrupt] { return interrupt.requested(); };
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::optional<Saving> saving, SavingOf(options));
  UNDERSTUDY_ASSIGN_OR_RETURN(const TlsContext tls, TlsOf(context));
  UNDERSTUDY_ASSIGN_OR_RETURN(const StoreAddress address, AddressOf(options, context));
  FleetSimulation fleet(SettingsOf(options, context), address, tls.get());
  UNDERSTUDY_RETURN_IF_ERROR(fleet.Enrol(cancelled));
  {
    Live live(context, saving, options.duration);
    fleet.Run(options.duration, cancelled,
              [&live](const FleetFigures& figures) { live.Show(figures); });
  }
  const FleetFigures figures = fleet.figures();
  if (context.json()) {
    PrintJson(figures, saving, context);
  } else {
    PrintTable(figures, saving, options, context);
  }
  return Conclude(figures);
}

}  // namespace

void AddCheckpointSimulate(Verb& checkpoint) {
  Verb simulate = checkpoint.Add(
      "simulate", "Play sleeping devices against a store, with the real device client",
      "understudy checkpoint simulate --devices 1000 --interval 20s --token \"$TOKEN\"\n"
      "understudy --insecure checkpoint simulate --devices 100 --duration 30s\n"
      "understudy checkpoint simulate --interval 30m --preset esp8266 -o json | jq .cycles");
  auto options = std::make_shared<Options>();
  simulate.Number(options->devices, "--devices", 1, 100'000, "devices to create and to play");
  simulate.Option(options->interval, "--interval", "between two wake-ups of a device");
  simulate.Option(options->duration, "--duration", "how long to play");
  simulate.Option(options->server, "--server", "HOST:PORT",
                  "the store's port for devices; default: the site's");
  simulate.Option(options->token, "--token", "TEXT",
                  "an operator's token, to create the devices; or a certificate with that role");
  simulate.Number(options->bytes, "--bytes", 1, 1 << 20, "of a device's memory");
  simulate.Number(options->changed, "--changed", 0, 1 << 20, "bytes that change in a cycle");
  simulate.Number(options->awake, "--awake", 1, 512, "devices awake at once at most");
  simulate.Option(options->preset, "--preset", "NAME",
                  "whose energy is counted (`understudy energy --presets`)");
  simulate.OnRun([options](Context& context) { return Simulate(*options, context); });
}

}  // namespace understudy::cli
