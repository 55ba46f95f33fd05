#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_DIRECTORY_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_DIRECTORY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/time/steady_time.h"
#include "services/membership/session_table.h"

namespace understudy::membership {

// The session table as the membership core uses it: it is shared with the thread that receives
// beats, and who shares it guards it.
class SessionDirectory {
 public:
  virtual ~SessionDirectory() = default;

  // As in SessionTable.
  virtual std::optional<SessionTable::Opened> Open(SteadyTime now) = 0;
  virtual void End(Slot slot) = 0;
  virtual void EndAll() = 0;
  virtual SessionTable::Accepted AcceptFromStream(uint64_t session_id, uint64_t sequence,
                                                  uint16_t health, SteadyTime now) = 0;
  virtual bool VerifyHello(uint64_t session_id, std::string_view station_id,
                           std::string_view proof) = 0;
  virtual uint16_t TakeHealth(Slot slot) = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_SESSION_DIRECTORY_H_
