#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_ADMISSION_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_ADMISSION_H_

#include <string>

#include "absl/status/status.h"

namespace understudy::membership {

// Who may join. Decides from what the caller shows; asked on the core's executor, so it must not
// block.
class Admission {
 public:
  virtual ~Admission() = default;

  // OK, or the error that the station gets.
  virtual absl::Status Admit(const std::string& station_id, const std::string& credential) = 0;
};

// Admits every station that shows no credential. One that shows something expects it to be checked,
// which would be a lie: INVALID_ARGUMENT CREDENTIAL_NOT_SUPPORTED.
class OpenAdmission final : public Admission {
 public:
  absl::Status Admit(const std::string& station_id, const std::string& credential) override;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_ADMISSION_H_
