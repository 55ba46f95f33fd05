#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/verbs/document_write.h"
#include "cli/verbs/verbs.h"
#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  WriteOptions write;
  std::string file;
  std::string content_type = "application/json";
  std::string request_id;
};

absl::StatusOr<std::string> ReadInput(const std::string& file, Context& context) {
  if (file != "-") return ReadFile(file);
  std::string content;
  char block[65536];
  while (content.size() <= kMaxDocumentBytes &&
         (context.in().read(block, sizeof(block)) || context.in().gcount() > 0)) {
    content.append(block, static_cast<size_t>(context.in().gcount()));
  }
  if (content.size() <= kMaxDocumentBytes) return content;
  return MakeError(absl::StatusCode::kResourceExhausted, "DOCUMENT_TOO_LARGE",
                   absl::StrCat("standard input has more bytes than a document may have, ",
                                kMaxDocumentBytes),
                   {{"limit_bytes", absl::StrCat(kMaxDocumentBytes)}});
}

absl::Status Put(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, ReadInput(options.file, context));
  auto request = MakeWriteRequest<config_vault::v1::PutRequest>(options.write);
  UNDERSTUDY_ASSIGN_OR_RETURN(*request.mutable_content(), Pack(content));
  request.set_encoding(config_vault::v1::ENCODING_ZSTD);
  request.set_sha256(Sha256ToBytes(Sha256Of(content)));
  request.set_content_type(options.content_type);
  request.set_request_id(options.request_id);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Put(request));
  PrintWritten(context, response,
               response.unchanged() ? "It had this content already: no new revision.\n" : "");
  return absl::OkStatus();
}

}  // namespace

void AddConfigPut(Verb& config) {
  Verb put = config.Add("put", "Store a new revision of a document",
                        "understudy config put duties/gate gate.json\n"
                        "understudy config put duties/gate - --expect-revision 12 < gate.json\n"
                        "understudy config put maps/site.png site.png --content-type image/png");
  auto options = std::make_shared<Options>();
  put.Argument(options->write.name, "NAME", "the document, e.g. duties/gate");
  put.Argument(options->file, "FILE", "its content; - reads standard input");
  AddWriteOptions(put, options->write);
  put.Option(options->content_type, "--content-type", "TYPE",
             "application/json is checked, anything else is opaque");
  put.Option(options->request_id, "--request-id", "ID",
             "a repeated request with this id is not stored twice");
  put.OnRun([options](Context& context) { return Put(*options, context); });
}

}  // namespace understudy::cli
