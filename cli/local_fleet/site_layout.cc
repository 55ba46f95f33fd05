#include "cli/local_fleet/site_layout.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"

namespace understudy::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

absl::Status SiteLayout::Create() const {
  for (const char* folder : {"config", "ports", "logs", "pki", "data", "run"}) {
    const fs::path path = fs::path(directory_) / folder;
    std::error_code error;
    fs::create_directories(path, error);
    if (!error) fs::permissions(path, fs::perms::owner_all, error);
    if (error) {
      return absl::PermissionDeniedError(
          absl::StrCat("cannot make ", path.string(), ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

std::string SiteLayout::File(std::string_view folder, std::string_view name,
                             std::string_view ending) const {
  std::string path = directory_;
  path.append("/").append(folder).append("/").append(name).append(ending);
  return path;
}

std::string SiteLayout::LinkName(std::string_view station) const {
  const std::string site = Sha256ToHex(Sha256Of(directory_)).substr(0, 8);
  return absl::StrCat("/understudy-", site, "-", std::string(station));
}

std::string MakeAbsolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(fs::absolute(path, error), error);
  return error ? path : absolute.string();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file || fs::is_directory(path)) return absl::NotFoundError("cannot read " + path);
  return content.str();
}

absl::Status WriteFile(const std::string& path, std::string_view content, bool secret) {
  const std::string temporary = path + ".new";
  std::error_code error;
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    if (secret) fs::permissions(temporary, fs::perms::owner_read | fs::perms::owner_write, error);
    file << content;
    file.flush();
    if (!file) return absl::PermissionDeniedError("cannot write " + temporary);
  }
  fs::rename(temporary, path, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("cannot write ", path, ": ", error.message()));
}

std::string LastLines(const std::string& path, int lines) {
  const absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok() || content->empty()) return "";
  size_t begin = content->size() - 1;
  for (; lines > 0 && begin != std::string::npos && begin > 0; --lines) {
    begin = content->rfind('\n', begin - 1);
    if (begin == std::string::npos) return *content;
  }
  return content->substr(begin + 1);
}

}  // namespace understudy::cli
