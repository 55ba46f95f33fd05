#include "services/membership/event_log.h"

namespace understudy::membership {

Event EventLog::Append(ChangeReason reason, const Member& member) {
  events_.push_back({.revision = ++revision_,
                     .reason = reason,
                     .member = std::make_shared<const Member>(member)});
  if (events_.size() > limit_) events_.pop_front();
  return events_.back();
}

std::optional<std::vector<Event>> EventLog::After(uint64_t revision) const {
  if (revision > revision_) return std::nullopt;
  const uint64_t missed = revision_ - revision;
  if (missed > events_.size()) return std::nullopt;
  return std::vector<Event>(events_.end() - static_cast<ptrdiff_t>(missed), events_.end());
}

}  // namespace understudy::membership
