#include "services/config_vault/document_reads.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/document/identifiers.h"
#include "common/document/sha256.h"
#include "common/status/status.h"
#include "services/config_vault/document_requests.h"
#include "services/config_vault/json_diff.h"
#include "services/config_vault/page_token.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

constexpr Revision kNoRevision = UINT64_MAX;

absl::Status DocumentNotFound(const std::string& name) {
  return MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND",
                   absl::StrCat("there is no document \"", name, "\""), {{"name", name}});
}

absl::Status RevisionNotFound(const std::string& name, Revision revision) {
  return MakeError(absl::StatusCode::kNotFound, "REVISION_NOT_FOUND",
                   absl::StrCat("document \"", name, "\" has no revision ", revision),
                   {{"name", name}, {"revision", absl::StrCat(revision)}});
}

absl::StatusOr<DocumentHead> FindHead(const VaultReader& vault, const std::string& name) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(name));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentHead> head, vault.FindHead(name));
  if (!head.has_value()) return DocumentNotFound(name);
  return *std::move(head);
}

absl::StatusOr<DocumentRevision> FindRevision(const VaultReader& vault, const std::string& name,
                                              Revision revision) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<DocumentRevision> found,
                              vault.FindRevision(name, revision));
  if (!found.has_value()) return RevisionNotFound(name, revision);
  return *std::move(found);
}

// Plain content, checked. Empty for a deletion.
absl::StatusOr<std::string> Content(const DocumentRevision& revision) {
  if (revision.info.deleted) return std::string();
  absl::StatusOr<std::string> content = Unpack(revision.packed);
  if (content.ok() && Sha256Of(*content) == revision.info.sha256) return content;
  return MakeError(
      absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
      absl::StrCat("the stored content of \"", revision.info.name, "\" at revision ",
                   revision.info.revision, " is not what was written"),
      {{"name", revision.info.name}, {"revision", absl::StrCat(revision.info.revision)}});
}

// Revision 0 stands for the latest, which must not be a deletion.
absl::StatusOr<DocumentRevision> FindWanted(const VaultReader& vault,
                                            const v1::GetRequest& request) {
  const std::string& name = request.name();
  UNDERSTUDY_ASSIGN_OR_RETURN(DocumentHead head, FindHead(vault, name));
  if (request.revision() != 0) return FindRevision(vault, name, request.revision());
  if (head.latest.deleted) return DocumentNotFound(name);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::optional<std::string> packed,
                              vault.FindContent(name, head.latest.revision));
  if (!packed.has_value()) {
    return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD",
                     absl::StrCat("the content of \"", name, "\" is missing"));
  }
  return DocumentRevision{.info = std::move(head.latest), .packed = *std::move(packed)};
}

// Where a page that is listed by falling revision begins.
absl::StatusOr<Revision> ReadPosition(std::string_view listing, const std::string& token) {
  if (token.empty()) return kNoRevision;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string position, ReadPageToken(listing, token));
  uint64_t revision = 0;
  if (absl::SimpleAtoi(position, &revision)) return revision;
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_PAGE_TOKEN",
                   "the page token is not one that this listing gave");
}

// The revision of the document before `revision`; 0 when there is none.
absl::StatusOr<Revision> RevisionBefore(const VaultReader& vault, const std::string& name,
                                        Revision revision) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<DocumentInfo> before,
                              vault.ListHistory(name, revision, 1));
  return before.empty() ? 0 : before.front().revision;
}

bool IsJson(const DocumentInfo& info) {
  return info.deleted || info.content_type == kJsonContentType;
}

void AddChange(JsonChange change, v1::DiffResponse& response) {
  v1::Change& to = *response.add_changes();
  to.set_kind(static_cast<v1::Change::Kind>(change.kind));
  to.set_path(std::move(change.path));
  to.set_before(std::move(change.before));
  to.set_after(std::move(change.after));
}

absl::Status Compare(const DocumentRevision& from, const DocumentRevision& to,
                     v1::DiffResponse& response) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string before, Content(from));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string after, Content(to));
  if (!IsJson(from.info) || !IsJson(to.info)) {
    response.set_opaque_difference(before != after);
    return absl::OkStatus();
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<JsonChange> changes, DiffJson(before, after));
  for (JsonChange& change : changes) AddChange(std::move(change), response);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::GetResponse> ReadDocument(const VaultReader& vault,
                                             const v1::GetRequest& request) {
  UNDERSTUDY_ASSIGN_OR_RETURN(DocumentRevision revision, FindWanted(vault, request));
  v1::GetResponse response;
  fields::ToProto(revision.info, *response.mutable_info());
  if (request.encoding() == v1::ENCODING_ZSTD && !revision.info.deleted) {
    // Who unpacks it proves it by its hash; the disk's own checksums were compared.
    response.set_content(std::move(revision.packed));
    response.set_encoding(v1::ENCODING_ZSTD);
  } else {
    UNDERSTUDY_ASSIGN_OR_RETURN(*response.mutable_content(), Content(revision));
  }
  return response;
}

absl::StatusOr<v1::ListResponse> ListDocuments(const VaultReader& vault,
                                               const v1::ListRequest& request) {
  const std::string listing =
      absl::StrCat("documents/", request.include_deleted() ? "all/" : "kept/", request.prefix());
  UNDERSTUDY_RETURN_IF_ERROR(CheckPrefix(request.prefix()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t limit, ReadPageSize(request.page_size()));
  std::string after;
  if (!request.page_token().empty()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(after, ReadPageToken(listing, request.page_token()));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const VaultReader::HeadPage page,
      vault.ListHeads(request.prefix(), after, limit, request.include_deleted()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Counters counters, vault.ReadCounters());
  v1::ListResponse response;
  for (const DocumentHead& head : page.heads)
    fields::ToProto(head.latest, *response.add_documents());
  if (page.more) response.set_next_page_token(MakePageToken(listing, page.last));
  response.set_revision(counters.revision);
  return response;
}

absl::StatusOr<v1::HistoryResponse> ReadHistory(const VaultReader& vault,
                                                const v1::HistoryRequest& request) {
  const std::string listing = absl::StrCat("history/", request.name());
  UNDERSTUDY_RETURN_IF_ERROR(FindHead(vault, request.name()).status());
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint32_t limit, ReadPageSize(request.page_size()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const Revision before, ReadPosition(listing, request.page_token()));
  // One more tells whether there is another page.
  UNDERSTUDY_ASSIGN_OR_RETURN(std::vector<DocumentInfo> infos,
                              vault.ListHistory(request.name(), before, limit + 1));
  v1::HistoryResponse response;
  if (infos.size() > limit) {
    infos.resize(limit);
    response.set_next_page_token(MakePageToken(listing, absl::StrCat(infos.back().revision)));
  }
  for (const DocumentInfo& info : infos) fields::ToProto(info, *response.add_revisions());
  return response;
}

absl::StatusOr<v1::DiffResponse> DiffRevisions(const VaultReader& vault,
                                               const v1::DiffRequest& request) {
  const std::string& name = request.name();
  UNDERSTUDY_ASSIGN_OR_RETURN(const DocumentHead head, FindHead(vault, name));
  const Revision to_number =
      request.to_revision() == 0 ? head.latest.revision : request.to_revision();
  UNDERSTUDY_ASSIGN_OR_RETURN(const DocumentRevision to, FindRevision(vault, name, to_number));
  Revision from_number = request.from_revision();
  if (from_number == 0) {
    UNDERSTUDY_ASSIGN_OR_RETURN(from_number, RevisionBefore(vault, name, to_number));
  }
  // Before the first revision there was no document: as if it were deleted.
  DocumentRevision from;
  from.info.name = name;
  from.info.deleted = true;
  if (from_number != 0) {
    UNDERSTUDY_ASSIGN_OR_RETURN(from, FindRevision(vault, name, from_number));
  }
  v1::DiffResponse response;
  fields::ToProto(from.info, *response.mutable_from());
  fields::ToProto(to.info, *response.mutable_to());
  UNDERSTUDY_RETURN_IF_ERROR(Compare(from, to, response));
  return response;
}

}  // namespace understudy::config_vault
