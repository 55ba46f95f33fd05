#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/progress.h"
#include "cli/output/proto_json.h"
#include "cli/verbs/document_table.h"
#include "cli/verbs/verbs.h"
#include "common/document/identifiers.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;
namespace v1 = config_vault::v1;

struct Options {
  std::string directory;
  std::string prefix;
  bool stale = false;
};

absl::Status NotWritable(const std::string& path, const std::string& why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "FILE_NOT_WRITABLE",
                   absl::StrCat(path, " cannot be written: ", why));
}

// All of `content`, or an error.
bool WriteAll(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno != EINTR) return false;
    content.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

// Puts documents into files of their names under a directory. A file is at any time whole, the old
// one or the new, and for its owner alone: documents hold passwords.
class Exporter {
 public:
  explicit Exporter(std::string directory) : directory_(std::move(directory)) {}

  absl::Status Begin() { return MakeDirectory(directory_); }

  absl::Status Add(const std::string& name, const v1::GetResponse& response) {
    // With it a name cannot lead out of the directory, whatever the vault says.
    UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(name));
    if (response.info().name() != name) {
      return MakeError(absl::StatusCode::kDataLoss, "WRONG_DOCUMENT",
                       absl::StrCat("the vault answered with another document than ", name));
    }
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string content, ProvenContent(response));
    UNDERSTUDY_RETURN_IF_ERROR(Write(name, content));
    bytes_ += content.size();
    documents_.push_back(response.info());
    return absl::OkStatus();
  }

  // Brings all to the disk.
  absl::Status End() {
    std::sort(documents_.begin(), documents_.end(),
              [](const auto& a, const auto& b) { return a.name() < b.name(); });
    const int descriptor = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && syncfs(descriptor) == 0;
    if (descriptor >= 0) close(descriptor);
    return synced ? absl::OkStatus()
                  : NotWritable(directory_, "it could not be brought to the disk");
  }

  const std::vector<v1::DocumentInfo>& documents() const { return documents_; }
  uint64_t bytes() const { return bytes_; }

 private:
  absl::Status MakeDirectory(const fs::path& directory) {
    if (!made_.insert(directory).second) return absl::OkStatus();
    std::error_code error;
    fs::create_directories(directory, error);
    return error ? NotWritable(directory, error.message()) : absl::OkStatus();
  }

  absl::Status Write(const std::string& name, std::string_view content) {
    const fs::path path = fs::path(directory_) / name;
    UNDERSTUDY_RETURN_IF_ERROR(MakeDirectory(path.parent_path()));
    // No document's name has a "~".
    const std::string partial = path.string() + "~partial";
    const int descriptor =
        open(partial.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return NotWritable(partial, ErrorText(errno));
    const bool written = WriteAll(descriptor, content);
    const int error = errno;
    close(descriptor);
    if (written && std::rename(partial.c_str(), path.c_str()) == 0) return absl::OkStatus();
    const absl::Status status = NotWritable(path, ErrorText(written ? errno : error));
    (void)std::remove(partial.c_str());
    return status;
  }

  static std::string ErrorText(int error) { return std::generic_category().message(error); }

  const std::string directory_;
  std::set<fs::path> made_;
  std::vector<v1::DocumentInfo> documents_;
  uint64_t bytes_ = 0;
};

v1::GetRequest Asking(const std::string& name, bool stale) {
  v1::GetRequest request;
  request.set_name(name);
  request.set_encoding(v1::ENCODING_ZSTD);
  request.set_consistency(ConsistencyOf(stale));
  return request;
}

void Print(const Exporter& exporter, const Options& options, uint64_t revision, Context& context) {
  if (!context.json()) {
    context.out() << exporter.documents().size() << " documents, " << SizeText(exporter.bytes())
                  << ", in " << options.directory << "\n";
    return;
  }
  nlohmann::json json;
  json["directory"] = options.directory;
  json["listed_at_revision"] = revision;
  json["bytes"] = exporter.bytes();
  json["documents"] = nlohmann::json::array();
  for (const v1::DocumentInfo& info : exporter.documents()) {
    json["documents"].push_back(nlohmann::json::parse(ProtoJson(info)));
  }
  context.out() << json.dump(2) << "\n";
}

absl::Status Export(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(
      const v1::ListResponse listed,
      ListAllDocuments({.prefix = options.prefix, .stale = options.stale}, *vault));
  std::vector<v1::GetRequest> requests;
  for (const auto& info : listed.documents()) {
    requests.push_back(Asking(info.name(), options.stale));
  }
  Exporter exporter(options.directory);
  UNDERSTUDY_RETURN_IF_ERROR(exporter.Begin());
  Progress progress(requests.size());
  size_t answered = 0;
  UNDERSTUDY_RETURN_IF_ERROR(vault->GetMany(
      requests, [&](size_t index, absl::StatusOr<v1::GetResponse> response) -> absl::Status {
        progress.Reach(++answered, "documents");
        if (response.ok()) return exporter.Add(requests[index].name(), *response);
        // It was deleted after it was listed.
        return ErrorReason(response.status()) == "DOCUMENT_NOT_FOUND" ? absl::OkStatus()
                                                                      : response.status();
      }));
  UNDERSTUDY_RETURN_IF_ERROR(exporter.End());
  if (options.stale && !context.json()) context.err() << DataAgeLine(listed);
  Print(exporter, options, listed.revision(), context);
  return absl::OkStatus();
}

}  // namespace

void AddConfigExport(Verb& config) {
  Verb verb = config.Add("export", "Write every document into a file of its name",
                         "understudy config export documents\n"
                         "understudy config export documents --prefix duties/\n"
                         "understudy config export documents --stale -o json | jq .bytes");
  auto options = std::make_shared<Options>();
  verb.Argument(
      options->directory, "DIR",
      "where they go; files of other names are left alone, readable for their owner alone");
  verb.Option(options->prefix, "--prefix", "PREFIX", "only names that begin with it");
  verb.Flag(options->stale, "--stale", kStaleHelp);
  verb.OnRun([options](Context& context) { return Export(*options, context); });
}

}  // namespace understudy::cli
