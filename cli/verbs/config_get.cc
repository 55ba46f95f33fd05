#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "cli/context.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/output/proto_json.h"
#include "cli/verbs/document_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string name;
  uint64_t revision = 0;
  std::string file;
  bool stale = false;
};

// {"info": ..., "data_age": of a stale read, "content": the document, or "content_base64" when it
// is no JSON}.
void PrintJsonDocument(Context& context, const config_vault::v1::GetResponse& response,
                       const std::string& content) {
  nlohmann::json json;
  json["info"] = nlohmann::json::parse(ProtoJson(response.info()));
  if (response.has_data_age()) {
    json["data_age"] = nlohmann::json::parse(ProtoJson(response.data_age()));
  }
  nlohmann::json document = nlohmann::json::parse(content, nullptr, false);
  if (document.is_discarded()) {
    json["content_base64"] = absl::Base64Escape(content);
  } else {
    json["content"] = std::move(document);
  }
  context.out() << json.dump(2) << "\n";
}

absl::Status Get(const Options& options, Context& context) {
  config_vault::v1::GetRequest request;
  request.set_name(options.name);
  request.set_revision(options.revision);
  request.set_encoding(config_vault::v1::ENCODING_ZSTD);
  request.set_consistency(ConsistencyOf(options.stale));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->Get(request));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, ProvenContent(response));
  if (options.stale && !context.json()) context.err() << DataAgeLine(response);
  if (!options.file.empty()) {
    UNDERSTUDY_RETURN_IF_ERROR(WriteFile(options.file, content));
    context.out() << DocumentLine(response.info());
  } else if (context.json()) {
    PrintJsonDocument(context, response, content);
  } else {
    context.out() << content;
  }
  return absl::OkStatus();
}

}  // namespace

void AddConfigGet(Verb& config) {
  Verb get = config.Add("get", "Print a document, byte for byte",
                        "understudy config get duties/gate > gate.json\n"
                        "understudy config get duties/gate --revision 7\n"
                        "understudy config get duties/gate --stale\n"
                        "understudy config get duties/gate -o json | jq .info.author");
  auto options = std::make_shared<Options>();
  get.Argument(options->name, "NAME", "the document, e.g. duties/gate");
  get.Option(options->revision, "--revision", "N", "this revision; 0: the latest");
  get.Option(options->file, "--file", "FILE", "write it to this file instead");
  get.Flag(options->stale, "--stale", kStaleHelp);
  get.OnRun([options](Context& context) { return Get(*options, context); });
}

}  // namespace understudy::cli
