#include <memory>

#include "cli/context.h"
#include "cli/verbs/checkpoint_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr uint32_t kPageSize = 1000;

absl::Status List(const std::string& prefix, bool overdue_only, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  checkpoint_store::v1::ListRequest request;
  request.set_prefix(prefix);
  request.set_overdue_only(overdue_only);
  request.set_page_size(kPageSize);
  checkpoint_store::v1::ListResponse all;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto page, store->List(request));
    all.mutable_devices()->MergeFrom(page.devices());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (context.json()) {
    context.PrintJson(all);
    return absl::OkStatus();
  }
  Table table = DeviceTable();
  for (const auto& device : all.devices()) AddDeviceRow(device, table);
  if (table.empty()) {
    context.out() << (overdue_only ? "No device is overdue.\n" : "No devices.\n");
  } else {
    context.out() << table.Render(context.painter());
  }
  return absl::OkStatus();
}

void AddListing(Verb& checkpoint, const char* name, const char* summary, bool overdue_only,
                const char* examples) {
  Verb list = checkpoint.Add(name, summary, examples);
  auto prefix = std::make_shared<std::string>();
  list.OptionalArgument(*prefix, "PREFIX", "only devices whose ids begin with it");
  list.OnRun(
      [prefix, overdue_only](Context& context) { return List(*prefix, overdue_only, context); });
}

}  // namespace

void AddCheckpointList(Verb& checkpoint) {
  AddListing(checkpoint, "list", "All devices, by id", false,
             "understudy checkpoint list\n"
             "understudy checkpoint list meter- -o json | jq '.devices[].battery'");
}

void AddCheckpointOverdue(Verb& checkpoint) {
  AddListing(checkpoint, "overdue", "Devices that have missed their wake-up", true,
             "understudy checkpoint overdue");
}

}  // namespace understudy::cli
