#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr char kUsualAgent[] = "127.0.0.1:7105";
// An agent lists no more.
constexpr uint64_t kMaxListed = 10'000;

struct Options {
  std::string station;
  std::string agent;
  std::string reason = "asked to by an operator";
  uint64_t limit = 1000;
};

// --agent, or the site file's address of the station, or the design's port on this machine.
absl::StatusOr<std::string> AgentAddress(const Options& options, Context& context) {
  if (!options.agent.empty()) return options.agent;
  UNDERSTUDY_ASSIGN_OR_RETURN(const SiteAddresses site, context.Site());
  if (options.station.empty()) {
    return site.agents.size() == 1 ? site.agents.begin()->second : std::string(kUsualAgent);
  }
  const auto found = site.agents.find(options.station);
  if (found != site.agents.end()) return found->second;
  return UsageError("the site file knows no agent of " + options.station +
                    " on this machine; --agent HOST:PORT says where it is");
}

absl::StatusOr<std::unique_ptr<AgentClient>> Agent(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string address, AgentAddress(options, context));
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  return clients->Agent(address);
}

absl::Status Leave(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto agent, Agent(options, context));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, agent->Leave(options.reason));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << "The station has left; its duty moves to a backup.\n";
  }
  return absl::OkStatus();
}

void PrintStatus(const station_agent::v1::GetStatusResponse& status, Context& context) {
  Table table({"STATION", status.station_id()});
  const auto add = [&](const char* name, Cell value) {
    if (!value.text.empty()) table.AddRow({{name, Color::kDim}, std::move(value)});
  };
  add("kind", KindWord(status.kind()));
  add("joined", status.joined() ? Cell("yes", Color::kGreen) : Cell("no", Color::kRed));
  add("takes orders",
      status.orders_attached() ? Cell("yes", Color::kGreen) : Cell("no", Color::kRed));
  add("duty", status.duty_id());
  add("running", HashText(status.running_sha256(), true));
  for (const auto& staged : status.staged()) {
    add("staged", absl::StrCat(staged.duty_id(), ", revision ", staged.revision(), ", sha-256 ",
                               HashText(staged.sha256())));
  }
  for (const int fault : status.faults()) {
    add("fault", {FaultWord(static_cast<type::v1::HealthFault>(fault)), Color::kRed});
  }
  add("upload", status.upload_pending() ? "pending" : "");
  add("last answer", DurationText(ToDuration(status.last_answer_age())) + " ago");
  add("agent", status.agent_version());
  context.out() << table.Render(context.painter());
}

absl::Status ShowStatus(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto agent, Agent(options, context));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto status, agent->GetStatus());
  context.json() ? context.PrintJson(status) : PrintStatus(status, context);
  return absl::OkStatus();
}

std::string WaitText(const station_agent::v1::Coroutine& coroutine) {
  if (coroutine.waits_for().empty()) return "";
  if (!coroutine.has_file_descriptor()) return coroutine.waits_for();
  return absl::StrCat(coroutine.waits_for(), " on ", coroutine.file_descriptor());
}

absl::Status ShowCoroutines(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto agent, Agent(options, context));
  const auto limit = static_cast<uint32_t>(std::min(options.limit, kMaxListed));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, agent->ListCoroutines(limit));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  Table table({"COROUTINE", "STATE", "WAITS FOR", {"SINCE", Table::Align::kRight}, "ID"});
  for (const auto& coroutine : response.coroutines()) {
    table.AddRow({coroutine.name(),
                  coroutine.cancelled() ? Cell(coroutine.state() + ", to end", Color::kRed)
                                        : Cell(coroutine.state()),
                  WaitText(coroutine),
                  coroutine.has_waiting() ? DurationText(ToDuration(coroutine.waiting())) : "",
                  absl::StrCat(coroutine.id())});
  }
  context.out() << table.Render(context.painter());
  if (response.total() > static_cast<uint64_t>(response.coroutines_size())) {
    context.out() << response.coroutines_size() << " of " << response.total() << " are shown.\n";
  }
  return absl::OkStatus();
}

void AddTarget(Verb& verb, Options& options) {
  verb.OptionalArgument(options.station, "STATION", "as the site file knows it");
  verb.Option(options.agent, "--agent", "HOST:PORT", "the agent itself");
}

}  // namespace

void AddStation(Verb& root) {
  Verb station = root.Add("station", "Talk to the agent of a station on this machine",
                          "understudy station status gate-1\n"
                          "understudy station coroutines gate-1\n"
                          "understudy station leave gate-1 --reason \"new battery\"\n"
                          "understudy station leave --agent 127.0.0.1:7105");
  station.NeedsVerb();
  auto options = std::make_shared<Options>();
  Verb status =
      station.Add("status", "What the agent itself says", "understudy station status gate-1");
  AddTarget(status, *options);
  status.OnRun([options](Context& context) { return ShowStatus(*options, context); });
  Verb coroutines = station.Add("coroutines", "What the agent's coroutines do and wait for",
                                "understudy station coroutines gate-1");
  AddTarget(coroutines, *options);
  coroutines.Option(options->limit, "--limit", "N", "list at most so many, up to 10000");
  coroutines.OnRun([options](Context& context) { return ShowCoroutines(*options, context); });
  Verb leave = station.Add("leave", "Leave the site in order: the duty moves, the agent stops",
                           "understudy station leave gate-1 --reason \"new battery\"");
  AddTarget(leave, *options);
  leave.Option(options->reason, "--reason", "TEXT", "for people");
  leave.OnRun([options](Context& context) { return Leave(*options, context); });
}

}  // namespace understudy::cli
