#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_EVENT_LOG_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "services/membership/member.h"

namespace understudy::membership {

// One change of one member. Events share the member as it was after the change.
struct Event {
  uint64_t revision = 0;
  ChangeReason reason = ChangeReason::kUnspecified;
  std::shared_ptr<const Member> member;
};

// The newest events, for watchers that resume. Pure; not thread-safe.
class EventLog {
 public:
  // Keeps the last `limit` events.
  explicit EventLog(size_t limit) : limit_(limit) {}

  // Numbers the event: revisions count from 1 without gaps.
  Event Append(ChangeReason reason, const Member& member);
  // All events after `revision`, oldest first; nothing where some of them are forgotten, or where
  // `revision` has not happened yet.
  std::optional<std::vector<Event>> After(uint64_t revision) const;

  // Of the newest event; 0 before the first.
  uint64_t revision() const { return revision_; }

 private:
  const size_t limit_;
  uint64_t revision_ = 0;
  std::deque<Event> events_;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_EVENT_LOG_H_
