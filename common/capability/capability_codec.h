#ifndef UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_CODEC_H_
#define UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_CODEC_H_

#include "absl/status/statusor.h"
#include "common/capability/capability_set.h"
#include "understudy/type/v1/capability.pb.h"

namespace understudy {

// Between the domain type and the wire. Errors as CapabilitySet::Create.
absl::StatusOr<CapabilitySet> DecodeCapabilitySet(const type::v1::CapabilitySet& message);
type::v1::CapabilitySet EncodeCapabilitySet(const CapabilitySet& set);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_CAPABILITY_CAPABILITY_CODEC_H_
