#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

absl::Status Down(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(LocalFleet fleet, LocalFleet::Open(context.options().site));
  const size_t processes = fleet.processes().size();
  const int killed = fleet.Stop();
  context.out() << processes << (processes == 1 ? " process" : " processes") << " stopped.\n";
  if (killed == 0) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInternal, "KILLED",
                   absl::StrCat(killed,
                                " did not stop in time and had to be killed; their logs are "
                                "under ",
                                fleet.layout().directory(), "/logs"));
}

}  // namespace

void AddDown(Verb& root) {
  Verb down = root.Add("down", "Stop the local fleet; its data stays", "understudy down");
  down.OnRun(Down);
}

}  // namespace understudy::cli
