#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using membership::v1::Member;

std::string Percent(double share) { return absl::StrFormat("%.0f %%", share * 100); }

std::string Faults(const Member& member) {
  std::string faults;
  for (const int fault : member.faults()) {
    absl::StrAppend(&faults, faults.empty() ? "" : ", ",
                    FaultWord(static_cast<type::v1::HealthFault>(fault)));
  }
  return faults;
}

std::string Children(const Member& member) {
  if (member.children().empty()) return "";
  int alive = 0;
  for (const auto& child : member.children()) alive += child.alive() ? 1 : 0;
  return absl::StrCat(alive, "/", member.children_size());
}

Cell StateCell(const Member& member) {
  Cell cell = MemberStateCell(member.state());
  if (member.state() == Member::STATE_FAILED) {
    cell.text += " (" + VerdictWord(member.verdict()) + ")";
  }
  return cell;
}

void AddMember(Table& table, const Member& member) {
  const bool alive = member.state() == Member::STATE_ALIVE;
  const auto& indicators = member.indicators();
  table.AddRow({member.station_id(),
                KindWord(member.kind()),
                StateCell(member),
                member.duty_id(),
                alive ? Percent(indicators.cpu_used()) : "",
                alive ? Percent(indicators.memory_used()) : "",
                alive ? Percent(indicators.disk_used()) : "",
                Children(member),
                {Faults(member), Color::kRed},
                CountsText(ToCounts(member.capabilities()))});
}

absl::Status ListStations(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto membership, context.Membership());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, membership->List());
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  Table table({"STATION",
               "KIND",
               "STATE",
               "DUTY",
               {"CPU", Table::Align::kRight},
               {"MEMORY", Table::Align::kRight},
               {"DISK", Table::Align::kRight},
               {"DEVICES", Table::Align::kRight},
               "FAULTS",
               "CAPABILITIES"});
  for (const Member& member : response.members()) AddMember(table, member);
  context.out() << table.Render(context.painter());
  if (response.storm_brake()) {
    context.err() << context.painter().Paint(
        Color::kRed,
        "More than half of the site fell silent at once: no failure is declared until "
        "it is confirmed.\n");
  }
  return absl::OkStatus();
}

void AddLine(Table& table, const std::string& name, Cell value) {
  if (!value.text.empty()) table.AddRow({{name, Color::kDim}, std::move(value)});
}

void AddVerdict(Table& table, const Member& member) {
  if (member.state() != Member::STATE_FAILED) return;
  AddLine(table, "verdict", {VerdictWord(member.verdict()), Color::kRed});
  AddLine(table, "evidence", member.evidence().summary());
  AddLine(table, "verdict at", TimeText(ToTime(member.verdict_at())));
}

void AddIndicators(Table& table, const type::v1::Indicators& indicators) {
  AddLine(table, "cpu", Percent(indicators.cpu_used()));
  AddLine(table, "memory", Percent(indicators.memory_used()));
  AddLine(table, "disk", Percent(indicators.disk_used()));
}

void AddChildren(Table& table, const Member& member) {
  for (const auto& child : member.children()) {
    AddLine(table, "device",
            {absl::StrCat(child.id(), " (", child.type(), ") ", child.alive() ? "alive" : "dead"),
             child.alive() ? Color::kPlain : Color::kRed});
  }
}

absl::Status ShowStation(const std::string& id, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto membership, context.Membership());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, membership->Get(id));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  const Member& member = response.member();
  Table table({"STATION", member.station_id()});
  AddLine(table, "kind", KindWord(member.kind()));
  AddLine(table, "state", MemberStateCell(member.state()));
  AddVerdict(table, member);
  AddLine(table, "duty", member.duty_id());
  AddLine(table, "declares", member.declared_duty().id());
  AddLine(table, "capabilities", CountsText(ToCounts(member.capabilities())));
  AddLine(table, "faults", {Faults(member), Color::kRed});
  AddLine(table, "agent", member.agent_version());
  AddLine(table, "joined", TimeText(ToTime(member.joined_at())));
  AddLine(table, "last heard", TimeText(ToTime(member.last_heard_at())));
  if (member.state() == Member::STATE_ALIVE) AddIndicators(table, member.indicators());
  AddChildren(table, member);
  context.out() << table.Render(context.painter());
  return absl::OkStatus();
}

}  // namespace

void AddStations(Verb& root) {
  Verb stations = root.Add("stations", "Who is here and how they are",
                           "understudy stations\n"
                           "understudy stations gate-1\n"
                           "understudy stations -o json | jq -r '.members[] | select(.kind == "
                           "\"STATION_KIND_BACKUP\") | .station_id'");
  auto id = std::make_shared<std::string>();
  stations.OptionalArgument(*id, "STATION", "only this one, in full");
  stations.OnRun([id](Context& context) {
    return id->empty() ? ListStations(context) : ShowStation(*id, context);
  });
}

}  // namespace understudy::cli
