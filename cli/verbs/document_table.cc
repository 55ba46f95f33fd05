#include "cli/verbs/document_table.h"

#include <pwd.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr uint32_t kPageSize = 1000;

}  // namespace

Table DocumentTable() {
  return Table({"NAME",
                {"REVISION", Table::Align::kRight},
                {"SIZE", Table::Align::kRight},
                "SHA-256",
                "AUTHOR",
                "TIME",
                "COMMENT"});
}

void AddDocument(Table& table, const config_vault::v1::DocumentInfo& info) {
  const Color color = info.deleted() ? Color::kDim : Color::kPlain;
  table.AddRow({{info.name(), color},
                absl::StrCat(info.revision()),
                info.deleted() ? std::string("deleted") : SizeText(info.size()),
                HashText(info.sha256()),
                info.author(),
                TimeText(ToTime(info.time())),
                info.comment()});
}

std::string DocumentLine(const config_vault::v1::DocumentInfo& info) {
  std::string line = absl::StrCat(Printable(info.name()), " is at revision ", info.revision());
  if (info.deleted()) return line + ", deleted\n";
  absl::StrAppend(&line, ", ", SizeText(info.size()), ", sha-256 ", HashText(info.sha256()), "\n");
  return line;
}

absl::StatusOr<std::string> ProvenContent(const config_vault::v1::GetResponse& response) {
  std::string content = response.content();
  if (response.encoding() == config_vault::v1::ENCODING_ZSTD) {
    UNDERSTUDY_ASSIGN_OR_RETURN(content, Unpack(response.content()));
  }
  if (Sha256ToBytes(Sha256Of(content)) != response.info().sha256()) {
    return MakeError(absl::StatusCode::kDataLoss, "HASH_MISMATCH",
                     response.info().name() + " does not have the hash that the vault names");
  }
  return content;
}

absl::StatusOr<config_vault::v1::ListResponse> ListAllDocuments(const DocumentListing& listing,
                                                                VaultClient& vault) {
  config_vault::v1::ListRequest request;
  request.set_prefix(listing.prefix);
  request.set_include_deleted(listing.deleted);
  request.set_page_size(kPageSize);
  request.set_consistency(ConsistencyOf(listing.stale));
  config_vault::v1::ListResponse all;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(config_vault::v1::ListResponse page, vault.List(request));
    all.mutable_documents()->MergeFrom(page.documents());
    all.set_revision(page.revision());
    if (page.has_data_age()) *all.mutable_data_age() = page.data_age();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

std::string DefaultAuthor() {
  const passwd* const user = getpwuid(geteuid());
  return absl::StrCat("operator/", user == nullptr ? absl::StrCat(geteuid()) : user->pw_name);
}

understudy::type::v1::Consistency ConsistencyOf(bool stale) {
  return stale ? type::v1::CONSISTENCY_STALE : type::v1::CONSISTENCY_UNSPECIFIED;
}

}  // namespace understudy::cli
