#include "common/capability/capability_codec.h"

namespace understudy {

absl::StatusOr<CapabilitySet> DecodeCapabilitySet(const type::v1::CapabilitySet& message) {
  return CapabilitySet::Create(
      CapabilitySet::Counts(message.counts().begin(), message.counts().end()));
}

type::v1::CapabilitySet EncodeCapabilitySet(const CapabilitySet& set) {
  type::v1::CapabilitySet message;
  message.mutable_counts()->insert(set.counts().begin(), set.counts().end());
  return message;
}

}  // namespace understudy
