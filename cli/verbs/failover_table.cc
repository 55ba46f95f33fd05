#include "cli/verbs/failover_table.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"

namespace understudy::cli {
namespace {

using config_vault::v1::Failover;
using config_vault::v1::StageTimes;

std::string Stage(bool present, const google::protobuf::Duration& duration) {
  return present ? DurationText(ToDuration(duration)) : "";
}

std::array<std::pair<const char*, std::string>, 7> Stages(const StageTimes& stages) {
  return {{{"detect", Stage(stages.has_detect(), stages.detect())},
           {"decide", Stage(stages.has_decide(), stages.decide())},
           {"fence", Stage(stages.has_fence(), stages.fence())},
           {"claim", Stage(stages.has_claim(), stages.claim())},
           {"activate", Stage(stages.has_activate(), stages.activate())},
           {"running", Stage(stages.has_running(), stages.running())},
           {"recovery", Stage(stages.has_recovery(), stages.recovery())}}};
}

// How the hash that runs compares with the one that was to run.
Cell RunningHash(const Failover& failover) {
  if (failover.running_sha256().empty()) return "";
  const bool same = failover.running_sha256() == failover.document_sha256();
  return {HashText(failover.running_sha256(), true) + (same ? " (identical)" : " (DIFFERENT)"),
          same ? Color::kGreen : Color::kRed};
}

}  // namespace

Table FailoverTable() {
  const auto right = Table::Align::kRight;
  return Table({"FAILOVER",
                "CAUSE",
                "FROM",
                "TO",
                "STATE",
                {"DETECT", right},
                {"DECIDE", right},
                {"CLAIM", right},
                {"ACTIVATE", right},
                {"RUNNING", right},
                {"RECOVERY", right},
                "VERDICT AT"});
}

void AddFailover(Table& table, const Failover& failover) {
  const auto stages = Stages(failover.stages());
  table.AddRow({failover.id(),
                CauseWord(failover),
                failover.from_station(),
                failover.to_station(),
                FailoverStateCell(failover.state()),
                stages[0].second,
                stages[1].second,
                stages[3].second,
                stages[4].second,
                stages[5].second,
                {stages[6].second, Color::kBold},
                TimeText(ToTime(failover.verdict_at()))});
}

Table FailoverDetails(const Failover& failover) {
  Table table({"FAILOVER", failover.id()});
  const auto add = [&](const char* name, Cell value) {
    if (!value.text.empty()) table.AddRow({{name, Color::kDim}, std::move(value)});
  };
  add("duty", failover.duty_id());
  add("state", FailoverStateCell(failover.state()));
  add("from", failover.from_station());
  add("to", failover.to_station());
  add("cause", CauseWord(failover));
  add("evidence", failover.evidence().summary());
  add("verdict at", TimeText(ToTime(failover.verdict_at())));
  add("finished at", TimeText(ToTime(failover.finished_at())));
  add("assignment", absl::StrCat(failover.assignment_number()));
  add("revision", absl::StrCat(failover.document_revision()));
  add("document", HashText(failover.document_sha256(), true));
  add("running", RunningHash(failover));
  for (const auto& [name, time] : Stages(failover.stages())) add(name, time);
  for (const std::string& station : failover.abandoned_stations()) add("did not answer", station);
  add("note", failover.note());
  return table;
}

std::string FailoverLine(const Failover& failover, const Painter& painter) {
  const Cell state = FailoverStateCell(failover.state());
  std::string line =
      absl::StrCat(painter.Paint(Color::kBold, Printable(failover.id())), "  ",
                   painter.Paint(state.color, state.text), "  ", Printable(failover.from_station()),
                   " -> ", failover.to_station().empty() ? "?" : Printable(failover.to_station()),
                   "  ", CauseWord(failover));
  if (failover.state() == Failover::STATE_DONE) {
    absl::StrAppend(&line, "  ", StagesText(failover.stages()));
  } else if (!failover.note().empty()) {
    absl::StrAppend(&line, "  ", Printable(failover.note()));
  }
  return line + "\n";
}

std::string StagesText(const StageTimes& stages) {
  std::string text;
  for (const auto& [name, time] : Stages(stages)) {
    if (!time.empty()) absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", time);
  }
  return text;
}

}  // namespace understudy::cli
