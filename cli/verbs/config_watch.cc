#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::DocumentInfo;
using config_vault::v1::WatchResponse;

struct Options {
  std::string prefix;
  std::optional<uint64_t> after;
  uint64_t count = 0;
};

std::string ChangeLine(const DocumentInfo& info, const Painter& painter) {
  const std::string what = info.deleted()
                               ? painter.Paint(Color::kRed, "deleted")
                               : absl::StrCat(SizeText(info.size()), "  ", HashText(info.sha256()));
  return absl::StrCat(TimeText(ToTime(info.time())), "  revision ", info.revision(), "  ",
                      painter.Paint(Color::kBold, Printable(info.name())), "  ", what, "  ",
                      Printable(info.author()),
                      info.comment().empty() ? "" : "  " + Printable(info.comment()), "\n");
}

absl::Status Watch(const Options& options, Context& context) {
  config_vault::v1::WatchRequest request;
  request.set_prefix(options.prefix);
  request.set_snapshot(!options.after.has_value());
  request.set_after_revision(options.after.value_or(0));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  uint64_t shown = 0;
  return vault->Watch(request, [&](const WatchResponse& event) {
    if (context.json()) {
      context.PrintJsonLine(event);
    } else if (event.has_changed()) {
      context.out() << ChangeLine(event.changed(), context.painter()) << std::flush;
    }
    shown += event.has_changed() ? 1 : 0;
    return options.count == 0 || shown < options.count;
  });
}

}  // namespace

void AddConfigWatch(Verb& config) {
  Verb watch = config.Add("watch", "Print the documents' changes as they happen, until Ctrl-C",
                          "understudy config watch duties/\n"
                          "understudy config watch --after 1200 -o json");
  auto options = std::make_shared<Options>();
  watch.OptionalArgument(options->prefix, "PREFIX", "only names that begin with it");
  watch.Option(options->after, "--after", "N",
               "every change after this revision; without it: the present state first");
  watch.Option(options->count, "--count", "N", "end after so many changes; 0: never");
  watch.OnRun([options](Context& context) { return Watch(*options, context); });
}

}  // namespace understudy::cli
