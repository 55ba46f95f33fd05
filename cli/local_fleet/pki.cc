#include "cli/local_fleet/pki.h"

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/local_fleet/spawn.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr char kDays[] = "365";

// A slash separates the parts of a subject, so one within a name is escaped.
std::string Subject(std::string_view common_name) {
  return absl::StrCat("/O=understudy local site/CN=",
                      absl::StrReplaceAll(absl::string_view(common_name.data(), common_name.size()),
                                          {{"/", "\\/"}}));
}

bool Exists(const std::string& path) { return std::filesystem::exists(path); }

// Makes a key and a certificate for it, with `more` arguments.
absl::Status Request(const SiteLayout& layout, std::string_view name, std::string_view subject,
                     const std::vector<std::string>& more) {
  const std::string key = layout.PrivateKeyFile(name);
  const std::string certificate = layout.CertificateFile(name);
  std::vector<std::string> arguments = {
      "req",     "-x509", "-newkey", "ec",       "-pkeyopt", "ec_paramgen_curve:P-256",
      "-nodes",  "-days", kDays,     "-sha256",  "-subj",    Subject(subject),
      "-keyout", key,     "-out",    certificate};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const absl::StatusOr<std::string> output = RunProgram("openssl", arguments);
  return output.ok()
             ? absl::OkStatus()
             : WithContext(output.status(), absl::StrCat("certificate of ", std::string(name)));
}

}  // namespace

absl::Status Pki::CreateAuthority() const {
  if (Exists(layout_.CertificateFile(kAuthority))) return absl::OkStatus();
  return Request(layout_, kAuthority, "local authority",
                 {"-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                  "keyUsage=critical,keyCertSign,cRLSign"});
}

absl::Status Pki::Issue(std::string_view name, std::string_view subject,
                        const std::string& host) const {
  if (Exists(layout_.CertificateFile(name))) return absl::OkStatus();
  return Request(
      layout_, name, subject,
      {"-CA", layout_.CertificateFile(kAuthority), "-CAkey", layout_.PrivateKeyFile(kAuthority),
       "-addext", "basicConstraints=critical,CA:FALSE", "-addext",
       "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1,IP:" + host, "-addext",
       "keyUsage=critical,digitalSignature", "-addext", "extendedKeyUsage=serverAuth,clientAuth"});
}

absl::Status Pki::CreateSecret(const std::string& path) const {
  if (Exists(path)) return absl::OkStatus();
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string secret,
                              RunProgram("openssl", {"rand", "-hex", "32"}));
  return WriteFile(path, secret, /*secret=*/true);
}

}  // namespace understudy::cli
