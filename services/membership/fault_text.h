#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_FAULT_TEXT_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_FAULT_TEXT_H_

#include <string>

#include "services/membership/member.h"

namespace understudy::membership {

// One sentence for people: what the member says is wrong with it, with the figures of its report
// where it sent any.
std::string DescribeFaults(const Member& member);

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_FAULT_TEXT_H_
