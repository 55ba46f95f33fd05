#include "services/config_vault/document_requests.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/document/compression.h"
#include "common/document/document_checker.h"
#include "common/document/identifiers.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

constexpr size_t kMaxPrefixCharacters = 200;
// A sender's own frame is kept unless it is this much larger than what it holds.
constexpr size_t kFrameOverhead = 512;

// What Put, Rollback and Delete requests have in common.
template <typename Request>
absl::StatusOr<DocumentWrite> CheckWrite(const Request& request, absl::Time time) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(request.name()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckRequestId(request.request_id()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckAuthor(request.author()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckComment(request.comment()));
  DocumentWrite write{.name = request.name(),
                      .request_id = request.request_id(),
                      .author = request.author(),
                      .comment = request.comment(),
                      .time = time};
  if (request.has_expected_revision()) write.expected_revision = request.expected_revision();
  return write;
}

absl::Status CheckSha256(const v1::PutRequest& request, const Sha256& found) {
  if (request.sha256().empty() || request.sha256() == Sha256ToBytes(found)) return absl::OkStatus();
  const std::optional<Sha256> expected = Sha256FromBytes(request.sha256());
  return MakeError(absl::StatusCode::kInvalidArgument, "HASH_MISMATCH",
                   absl::StrCat("\"", request.name(), "\" was announced with SHA-256 ",
                                expected.has_value() ? Sha256ToHex(*expected) : "(not 32 bytes)",
                                " but its content has ", Sha256ToHex(found)),
                   {{"found_sha256", Sha256ToHex(found)}});
}

absl::Status CheckEncoding(v1::Encoding encoding) {
  if (v1::Encoding_IsValid(encoding)) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ENCODING",
                   absl::StrCat("there is no encoding ", static_cast<int>(encoding)));
}

absl::Status ReadFence(const v1::PutRequest& request, PutDocument& put) {
  if (!request.has_fence()) return absl::OkStatus();
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(request.fence().duty_id()));
  put.fence = AssignmentFence{request.fence().duty_id(), request.fence().assignment_number()};
  return absl::OkStatus();
}

// Checks plain content and notes what is to be known of it.
absl::Status ReadContent(const v1::PutRequest& request, std::string_view content,
                         PutDocument& put) {
  put.content_type =
      request.content_type().empty() ? std::string(kJsonContentType) : request.content_type();
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocument(put.content_type, content));
  put.sha256 = Sha256Of(content);
  put.size = content.size();
  return CheckSha256(request, put.sha256);
}

absl::Status ReadPacked(const v1::PutRequest& request, PutDocument& put) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, Unpack(request.content()));
  UNDERSTUDY_RETURN_IF_ERROR(ReadContent(request, content, put));
  if (request.content().size() <= content.size() + kFrameOverhead) {
    put.packed = request.content();
    return absl::OkStatus();
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(put.packed, Pack(content));
  return absl::OkStatus();
}

absl::Status ReadPlain(const v1::PutRequest& request, PutDocument& put) {
  UNDERSTUDY_RETURN_IF_ERROR(ReadContent(request, request.content(), put));
  UNDERSTUDY_ASSIGN_OR_RETURN(put.packed, Pack(request.content()));
  return absl::OkStatus();
}

}  // namespace

size_t ContentSize(const v1::PutRequest& request) {
  if (request.encoding() != v1::ENCODING_ZSTD) return request.content().size();
  return UnpackedSize(request.content()).value_or(0);
}

absl::StatusOr<PutDocument> CheckPut(const v1::PutRequest& request, absl::Time time) {
  PutDocument put;
  UNDERSTUDY_ASSIGN_OR_RETURN(put.write, CheckWrite(request, time));
  UNDERSTUDY_RETURN_IF_ERROR(ReadFence(request, put));
  UNDERSTUDY_RETURN_IF_ERROR(CheckEncoding(request.encoding()));
  UNDERSTUDY_RETURN_IF_ERROR(request.encoding() == v1::ENCODING_ZSTD ? ReadPacked(request, put)
                                                                     : ReadPlain(request, put));
  return put;
}

absl::StatusOr<RollbackDocument> CheckRollback(const v1::RollbackRequest& request,
                                               absl::Time time) {
  RollbackDocument rollback{.revision = request.revision()};
  UNDERSTUDY_ASSIGN_OR_RETURN(rollback.write, CheckWrite(request, time));
  return rollback;
}

absl::StatusOr<DeleteDocument> CheckDelete(const v1::DeleteRequest& request, absl::Time time) {
  DeleteDocument deletion;
  UNDERSTUDY_ASSIGN_OR_RETURN(deletion.write, CheckWrite(request, time));
  return deletion;
}

absl::Status ReadNumberRepeated(uint64_t number) {
  return MakeError(absl::StatusCode::kInvalidArgument, "READ_NUMBER_REPEATED",
                   absl::StrCat("two reads that wait on one stream have the number ", number));
}

absl::Status CheckReads(const v1::ReadRequest& request) {
  if (request.reads_size() > kMaxReadsPerMessage) {
    return MakeError(absl::StatusCode::kInvalidArgument, "TOO_MANY_READS",
                     absl::StrCat("expected at most ", kMaxReadsPerMessage,
                                  " reads in a message, found ", request.reads_size()),
                     {{"limit", absl::StrCat(kMaxReadsPerMessage)}});
  }
  std::vector<uint64_t> numbers;
  numbers.reserve(static_cast<size_t>(request.reads_size()));
  for (const auto& read : request.reads()) numbers.push_back(read.number());
  std::sort(numbers.begin(), numbers.end());
  const auto repeated = std::adjacent_find(numbers.begin(), numbers.end());
  return repeated == numbers.end() ? absl::OkStatus() : ReadNumberRepeated(*repeated);
}

absl::Status CheckPrefix(const std::string& prefix) {
  const bool valid =
      prefix.size() <= kMaxPrefixCharacters &&
      std::all_of(prefix.begin(), prefix.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '/' || c == '-';
      });
  if (valid) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_NAME",
                   absl::StrCat("expected a prefix of at most ", kMaxPrefixCharacters,
                                " characters of [A-Za-z0-9._/-]"));
}

}  // namespace understudy::config_vault
