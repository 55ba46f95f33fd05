#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_SITE_LAYOUT_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_SITE_LAYOUT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace understudy::cli {

// Where a local fleet keeps its files:
//
//   site.json        addresses, and the operator's certificate: what the command line reads
//   processes.json   what runs, for `down`
//   config/NAME.yaml, ports/NAME.json, logs/NAME.log, pki/NAME.{crt,key}, data/NAME/
//   run/STATION      socket on which a sample native process takes commands
class SiteLayout {
 public:
  // An absolute path, as MakeAbsolute gives it.
  explicit SiteLayout(std::string directory) : directory_(std::move(directory)) {}

  // Makes the directories, private to the user.
  absl::Status Create() const;

  const std::string& directory() const { return directory_; }
  std::string SiteFile() const { return directory_ + "/site.json"; }
  std::string ProcessesFile() const { return directory_ + "/processes.json"; }
  std::string ConfigFile(std::string_view name) const { return File("config", name, ".yaml"); }
  std::string PortsFile(std::string_view name) const { return File("ports", name, ".json"); }
  std::string LogFile(std::string_view name) const { return File("logs", name, ".log"); }
  std::string CertificateFile(std::string_view name) const { return File("pki", name, ".crt"); }
  std::string PrivateKeyFile(std::string_view name) const { return File("pki", name, ".key"); }
  std::string DataDirectory(std::string_view name) const { return File("data", name, ""); }
  std::string ControlPlanFile() const { return directory_ + "/config/control-nodes.json"; }
  // Keys the beats between control nodes.
  std::string ControlSecretFile() const { return directory_ + "/pki/control.secret"; }
  // The POSIX shared memory between a station's agent and its native process: two sites on one
  // machine do not share it.
  std::string LinkName(std::string_view station) const;

 private:
  std::string File(std::string_view folder, std::string_view name, std::string_view ending) const;

  std::string directory_;
};

std::string MakeAbsolute(const std::string& path);

absl::StatusOr<std::string> ReadFile(const std::string& path);
// Readers see the old content or the new, never half of it. `secret`: only the user may read it.
absl::Status WriteFile(const std::string& path, std::string_view content, bool secret = false);

// The end of a log, at most `lines`; empty when it cannot be read.
std::string LastLines(const std::string& path, int lines);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_SITE_LAYOUT_H_
