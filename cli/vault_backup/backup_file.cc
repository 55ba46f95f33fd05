#include "cli/vault_backup/backup_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/document/compression.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr std::string_view kMagic = "understudy vault backup ";
constexpr std::string_view kFormat = "1\n";
constexpr char kManifest = 'M';
constexpr char kPacked = 'P';
constexpr char kRaw = 'R';
constexpr char kEnd = 'E';
constexpr size_t kHeaderBytes = 5;
constexpr size_t kDigestBytes = 32;
// No record is larger: a piece has one document of 4 MiB at most beyond the usual half MiB.
constexpr uint32_t kMaxRecordBytes = 8 << 20;

using Json = nlohmann::json;

std::string Header(char kind, size_t size) {
  const auto length = static_cast<uint32_t>(size);
  return {kind, static_cast<char>(length >> 24), static_cast<char>(length >> 16),
          static_cast<char>(length >> 8), static_cast<char>(length)};
}

uint32_t LengthOf(std::string_view header) {
  uint32_t length = 0;
  for (size_t i = 1; i < kHeaderBytes; ++i) {
    length = length << 8 | static_cast<uint8_t>(header[i]);
  }
  return length;
}

std::string ToText(const BackupManifest& manifest) {
  return Json{{"made_at", absl::FormatTime(absl::RFC3339_full, manifest.made_at,
                                           absl::UTCTimeZone())},
              {"vault", manifest.vault},
              {"epoch", manifest.epoch},
              {"revision", manifest.revision},
              {"documents", manifest.documents},
              {"kept_revisions", manifest.kept_revisions},
              {"counters", absl::Base64Escape(manifest.counters)}}
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

// Nothing when it is absent or of another kind.
template <typename T>
std::optional<T> Member(const Json& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end()) return std::nullopt;
  if constexpr (std::is_same_v<T, std::string>) {
    if (!found->is_string()) return std::nullopt;
  } else if (!found->is_number_unsigned()) {
    return std::nullopt;
  }
  return found->get<T>();
}

std::optional<BackupManifest> ToManifest(const Json& json) {
  BackupManifest manifest;
  const auto made_at = Member<std::string>(json, "made_at");
  const auto vault = Member<std::string>(json, "vault");
  const auto epoch = Member<uint64_t>(json, "epoch");
  const auto revision = Member<uint64_t>(json, "revision");
  const auto documents = Member<uint64_t>(json, "documents");
  const auto kept_revisions = Member<uint64_t>(json, "kept_revisions");
  const auto counters = Member<std::string>(json, "counters");
  if (!made_at || !vault || !epoch || !revision || !documents || !kept_revisions || !counters ||
      !absl::ParseTime(absl::RFC3339_full, *made_at, &manifest.made_at, nullptr) ||
      !absl::Base64Unescape(*counters, &manifest.counters)) {
    return std::nullopt;
  }
  manifest.vault = *vault;
  manifest.epoch = *epoch;
  manifest.revision = *revision;
  manifest.documents = *documents;
  manifest.kept_revisions = *kept_revisions;
  return manifest;
}

// Not its text: that would be a parser's exception.
std::optional<Json> ParseObject(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

}  // namespace

absl::Status BackupWriter::Write(std::string_view bytes) {
  hasher_.Add(bytes);
  bytes_ += bytes.size();
  if (out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return absl::OkStatus();
  }
  return MakeError(absl::StatusCode::kUnavailable, "WRITE_FAILED",
                   absl::StrCat("writing has failed after ", bytes_, " bytes: is the disk full?"));
}

absl::Status BackupWriter::WriteRecord(char kind, std::string_view payload) {
  const std::string header = Header(kind, payload.size());
  Sha256Hasher digest;
  digest.Add(header);
  digest.Add(payload);
  UNDERSTUDY_RETURN_IF_ERROR(Write(header));
  UNDERSTUDY_RETURN_IF_ERROR(Write(Sha256ToBytes(digest.Digest())));
  return Write(payload);
}

absl::Status BackupWriter::Begin(const BackupManifest& manifest) {
  UNDERSTUDY_RETURN_IF_ERROR(Write(absl::StrCat(std::string(kMagic), std::string(kFormat))));
  return WriteRecord(kManifest, ToText(manifest));
}

absl::Status BackupWriter::AddPiece(std::string_view piece) {
  ++pieces_;
  const absl::StatusOr<std::string> packed = Pack(piece);
  return packed.ok() ? WriteRecord(kPacked, *packed) : WriteRecord(kRaw, piece);
}

absl::Status BackupWriter::End() {
  const Json end = {{"pieces", pieces_}, {"sha256", Sha256ToHex(hasher_.Digest())}};
  UNDERSTUDY_RETURN_IF_ERROR(WriteRecord(kEnd, end.dump()));
  out_.flush();
  return Write("");
}

absl::Status BackupReader::Altered(std::string_view what) const {
  return MakeError(absl::StatusCode::kDataLoss, "ALTERED_BACKUP",
                   absl::StrCat(name_, " was altered or damaged: the record at byte ",
                                record_offset_, " ", std::string(what)),
                   {{"offset", absl::StrCat(record_offset_)}});
}

absl::StatusOr<std::string> BackupReader::Read(size_t size, std::string_view what) {
  std::string bytes(size, '\0');
  in_.read(bytes.data(), static_cast<std::streamsize>(size));
  const auto got = static_cast<size_t>(in_.gcount());
  if (got != size) {
    return MakeError(absl::StatusCode::kDataLoss, "TRUNCATED_BACKUP",
                     absl::StrCat(name_, " is cut off: it ends at byte ", offset_ + got, ", where ",
                                  size - got, " more of ", std::string(what), " were expected"),
                     {{"offset", absl::StrCat(offset_ + got)}});
  }
  offset_ += size;
  hasher_.Add(bytes);
  return bytes;
}

absl::StatusOr<BackupReader::Record> BackupReader::ReadRecord() {
  before_ = hasher_.Digest();
  record_offset_ = offset_;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string header, Read(kHeaderBytes, "a record's header"));
  const uint32_t length = LengthOf(header);
  if (std::string_view("MPRE").find(header[0]) == std::string_view::npos ||
      length > kMaxRecordBytes) {
    return Altered("has a header of no kind");
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string digest, Read(kDigestBytes, "a record's SHA-256"));
  Record record{.kind = header[0]};
  UNDERSTUDY_ASSIGN_OR_RETURN(record.payload, Read(length, "a record"));
  Sha256Hasher hasher;
  hasher.Add(header);
  hasher.Add(record.payload);
  if (Sha256ToBytes(hasher.Digest()) != digest) return Altered("does not have its SHA-256");
  return record;
}

absl::StatusOr<BackupManifest> BackupReader::Begin() {
  const absl::StatusOr<std::string> magic = Read(kMagic.size(), "the first line");
  if (!magic.ok() || *magic != kMagic) {
    return MakeError(absl::StatusCode::kInvalidArgument, "NOT_A_BACKUP",
                     absl::StrCat(name_, " is no backup of a vault: it does not begin with \"",
                                  std::string(kMagic), "\""));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string format, Read(kFormat.size(), "the first line"));
  if (format != kFormat) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NEWER_FORMAT",
                     absl::StrCat(name_, " is a backup of another format than 1, the only one that "
                                         "this version of the command reads"));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const Record record, ReadRecord());
  const std::optional<Json> json = ParseObject(record.payload);
  if (record.kind != kManifest || !json.has_value()) return Altered("is no manifest");
  std::optional<BackupManifest> manifest = ToManifest(*json);
  if (!manifest.has_value()) return Altered("is a manifest with members missing");
  return *std::move(manifest);
}

absl::StatusOr<std::optional<std::string>> BackupReader::NextPiece() {
  UNDERSTUDY_ASSIGN_OR_RETURN(Record record, ReadRecord());
  switch (record.kind) {
    case kPacked: {
      ++pieces_;
      absl::StatusOr<std::string> piece = Unpack(record.payload);
      if (!piece.ok()) return Altered("cannot be unpacked");
      return std::make_optional(*std::move(piece));
    }
    case kRaw:
      ++pieces_;
      return std::make_optional(std::move(record.payload));
    case kEnd:
      UNDERSTUDY_RETURN_IF_ERROR(CheckEnd(record.payload, before_));
      return std::optional<std::string>();
    default:
      return Altered("is a second manifest");
  }
}

absl::Status BackupReader::CheckEnd(std::string_view payload, const Sha256& before) {
  const std::optional<Json> json = ParseObject(payload);
  const bool fits = json.has_value() && Member<uint64_t>(*json, "pieces") == pieces_ &&
                    Member<std::string>(*json, "sha256") == Sha256ToHex(before);
  if (!fits) return Altered("is the end of another file");
  record_offset_ = offset_;
  if (in_.peek() != std::istream::traits_type::eof()) return Altered("comes after the end");
  return absl::OkStatus();
}

}  // namespace understudy::cli
