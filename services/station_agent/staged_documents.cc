#include "services/station_agent/staged_documents.h"

#include <nlohmann/json.hpp>

#include "common/document/compression.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "services/station_agent/atomic_file.h"

namespace understudy::station_agent {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr std::string_view kSuffix = ".document";
constexpr size_t kMaxFileBytes = kMaxDocumentBytes + (size_t{64} << 10);

absl::Status BadFile(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "BAD_DOCUMENT_FILE", why);
}

absl::StatusOr<KeptDocument> DecodeManifest(std::string_view line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return BadFile("expected a line of JSON first");
  try {
    if (json.at("format").get<int>() != kFormat) return BadFile("expected format 1");
    KeptDocument info;
    info.duty_id = json.at("duty").get<std::string>();
    info.document = json.at("document").get<std::string>();
    info.revision = json.at("revision").get<uint64_t>();
    info.size = json.at("size").get<uint64_t>();
    const auto sha256 = Sha256FromHex(json.at("sha256").get<std::string>());
    if (!sha256.has_value()) return BadFile("sha256 is not 64 hexadecimal digits");
    info.sha256 = *sha256;
    UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(info.duty_id));
    UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(info.document));
    return info;
  } catch (const Json::exception& error) {
    return BadFile(error.what());
  }
}

}  // namespace

std::string EncodeDocumentFile(const PackedDocument& document) {
  const Json manifest = {{"format", kFormat},
                         {"duty", document.info.duty_id},
                         {"document", document.info.document},
                         {"revision", document.info.revision},
                         {"size", document.info.size},
                         {"sha256", Sha256ToHex(document.info.sha256)}};
  return manifest.dump() + "\n" + document.packed;
}

absl::StatusOr<PackedDocument> DecodeDocumentFile(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return BadFile("expected a line of JSON first");
  PackedDocument document;
  UNDERSTUDY_ASSIGN_OR_RETURN(document.info, DecodeManifest(bytes.substr(0, end)));
  document.packed = bytes.substr(end + 1);
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, Unpack(document.packed));
  if (content.size() != document.info.size || Sha256Of(content) != document.info.sha256) {
    return BadFile("the content is not what its hash says");
  }
  return document;
}

std::string StagedDocuments::PathOf(const std::string& duty_id) const {
  return directory_ + "/" + duty_id + std::string(kSuffix);
}

absl::StatusOr<StagedDocuments::Loaded> StagedDocuments::Load() {
  UNDERSTUDY_RETURN_IF_ERROR(MakeDirectories(directory_));
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<std::string> names, ListFiles(directory_));
  Loaded loaded;
  for (const std::string& name : names) {
    if (!name.ends_with(kSuffix)) continue;
    const std::string path = directory_ + "/" + name;
    const auto bytes = ReadWholeFile(path, kMaxFileBytes);
    absl::StatusOr<PackedDocument> document = bytes.ok()
                                                  ? DecodeDocumentFile(bytes->value_or(""))
                                                  : absl::StatusOr<PackedDocument>(bytes.status());
    if (document.ok() && PathOf(document->info.duty_id) == path) {
      loaded.documents.push_back(*std::move(document));
      continue;
    }
    loaded.problems.push_back(path + ": " + std::string(document.status().message()));
    (void)RemoveFile(path);
  }
  return loaded;
}

absl::Status StagedDocuments::Save(const PackedDocument& document) {
  return WriteFileAtomically(PathOf(document.info.duty_id), EncodeDocumentFile(document));
}

absl::Status StagedDocuments::Remove(const std::string& duty_id) {
  return RemoveFile(PathOf(duty_id));
}

}  // namespace understudy::station_agent
