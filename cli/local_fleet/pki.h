#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_PKI_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_PKI_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "cli/local_fleet/site_layout.h"

namespace understudy::cli {

// A certificate authority for one local site, by the `openssl` program: P-256 keys, certificates
// for a year, valid for localhost, 127.0.0.1 and ::1 as server and as client. For a laptop and for
// tests; a real site brings certificates of its own.
class Pki {
 public:
  static constexpr char kAuthority[] = "authority";

  explicit Pki(const SiteLayout& layout) : layout_(layout) {}

  // Makes the authority unless it is there.
  absl::Status CreateAuthority() const;
  // Makes NAME.crt and NAME.key unless they are there. `subject` is the common name, e.g.
  // "station/gate-1" or "operator". It is good for loopback, and for `host` (a number).
  absl::Status Issue(std::string_view name, std::string_view subject,
                     const std::string& host = "127.0.0.1") const;
  // A file with 32 random bytes in hexadecimal, unless it is there.
  absl::Status CreateSecret(const std::string& path) const;

 private:
  const SiteLayout& layout_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_PKI_H_
