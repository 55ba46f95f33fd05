#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/verbs/checkpoint_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using checkpoint_store::v1::Event;
using checkpoint_store::v1::WatchResponse;

// Of the longest one, "staged-confirmed".
constexpr size_t kKindWidth = 16;

struct Options {
  std::string device;
  bool cycles = false;
  uint64_t count = 0;
};

Color ColorOf(Event::Kind kind) {
  switch (kind) {
    case Event::KIND_OVERDUE:
    case Event::KIND_DEAD_POST:
    case Event::KIND_DEAD_GET:
    case Event::KIND_FOREIGN_CLAIM:
    case Event::KIND_SOURCE_BLOCKED:
      return Color::kRed;
    case Event::KIND_BACK:
      return Color::kGreen;
    default:
      return Color::kPlain;
  }
}

std::string EventLine(const Event& event, const Painter& painter) {
  std::string kind = EnumWord(Event::Kind_Name(event.kind()), "KIND_");
  kind.resize(std::max(kind.size(), kKindWidth), ' ');
  std::string line = absl::StrCat(TimeText(ToTime(event.time())), "  ",
                                  painter.Paint(ColorOf(event.kind()), kind));
  if (!event.device_id().empty()) {
    absl::StrAppend(&line, "  ", painter.Paint(Color::kBold, Printable(event.device_id())),
                    "  generation ", event.generation());
  }
  if (!event.source().empty()) absl::StrAppend(&line, "  from ", Printable(event.source()));
  if (!event.text().empty()) absl::StrAppend(&line, "  ", Printable(event.text()));
  return line + "\n";
}

std::string OverdueLine(const checkpoint_store::v1::OverdueDevices& overdue) {
  if (overdue.total() == 0) return "No device is overdue.\n";
  std::string line = absl::StrCat(Plural(overdue.total(), "device"), " overdue:");
  for (const std::string& id : overdue.device_ids()) absl::StrAppend(&line, " ", Printable(id));
  return line + "\n";
}

absl::Status Watch(const Options& options, Context& context) {
  checkpoint_store::v1::WatchRequest request;
  request.set_device_id(options.device);
  request.set_cycles(options.cycles);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  uint64_t shown = 0;
  return store->Watch(request, [&](const WatchResponse& update) {
    if (context.json()) {
      context.PrintJsonLine(update);
    } else if (update.has_event()) {
      context.out() << EventLine(update.event(), context.painter()) << std::flush;
    } else {
      context.out() << OverdueLine(update.overdue()) << std::flush;
    }
    shown += update.has_event() ? 1 : 0;
    return options.count == 0 || shown < options.count;
  });
}

}  // namespace

void AddCheckpointWatch(Verb& checkpoint) {
  Verb watch = checkpoint.Add("watch",
                              "Print what happens to devices, until Ctrl-C: who is overdue, who is "
                              "back, suspicions",
                              "understudy checkpoint watch\n"
                              "understudy checkpoint watch --cycles --device meter-1 -o json");
  auto options = std::make_shared<Options>();
  watch.Option(options->device, "--device", "DEVICE", "only this one");
  watch.Flag(options->cycles, "--cycles", "also every stored checkpoint");
  watch.Option(options->count, "--count", "N", "end after so many events; 0: never");
  watch.OnRun([options](Context& context) { return Watch(*options, context); });
}

}  // namespace understudy::cli
