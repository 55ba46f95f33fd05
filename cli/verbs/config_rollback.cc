#include <memory>

#include "cli/context.h"
#include "cli/verbs/document_write.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  WriteOptions write;
  uint64_t revision = 0;
};

absl::Status Rollback(const Options& options, Context& context) {
  auto request = MakeWriteRequest<config_vault::v1::RollbackRequest>(options.write);
  request.set_revision(options.revision);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Rollback(request));
  PrintWritten(context, response);
  return absl::OkStatus();
}

}  // namespace

void AddConfigRollback(Verb& config) {
  Verb rollback = config.Add("rollback", "Store the content of an older revision as a new one",
                             "understudy config rollback duties/gate 7\n"
                             "understudy config rollback duties/gate 7 --expect-revision 12");
  auto options = std::make_shared<Options>();
  rollback.Argument(options->write.name, "NAME", "the document, e.g. duties/gate");
  rollback.Argument(options->revision, "REVISION", "whose content comes back");
  AddWriteOptions(rollback, options->write);
  rollback.OnRun([options](Context& context) { return Rollback(*options, context); });
}

}  // namespace understudy::cli
