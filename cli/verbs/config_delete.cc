#include <memory>

#include "cli/context.h"
#include "cli/verbs/document_write.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

absl::Status Delete(const WriteOptions& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const auto response,
      vault->Delete(MakeWriteRequest<config_vault::v1::DeleteRequest>(options)));
  PrintWritten(context, response);
  return absl::OkStatus();
}

}  // namespace

void AddConfigDelete(Verb& config) {
  Verb remove = config.Add("delete", "Mark a document as deleted; its history stays",
                           "understudy config delete maps/site.png");
  auto options = std::make_shared<WriteOptions>();
  remove.Argument(options->name, "NAME", "the document, e.g. maps/site.png");
  AddWriteOptions(remove, *options);
  remove.OnRun([options](Context& context) { return Delete(*options, context); });
}

}  // namespace understudy::cli
