#include "services/membership/watcher_hub.h"

#include <utility>
#include <vector>

#include "common/executor/give_way.h"
#include "services/membership/membership_codec.h"

namespace understudy::membership {

void WatcherHub::Add(const std::shared_ptr<Stream>& stream,
                     const v1::WatchMembershipRequest& request, const MembershipCore& core,
                     uint64_t incarnation, Moment now) {
  std::optional<std::vector<Event>> missed;
  if (request.after_revision() != 0 && request.incarnation() == incarnation) {
    missed = core.log().After(request.after_revision());
  }
  const bool open = missed.has_value() ? SendMissed(*stream, *missed, incarnation)
                                       : SendSnapshot(*stream, core, incarnation, now);
  if (open) streams_.push_back(stream);
  Publish();
}

void WatcherHub::Remove(const std::shared_ptr<Stream>& stream) {
  std::erase(streams_, stream);
  Publish();
}

void WatcherHub::Send(uint64_t incarnation, const Event& event) {
  if (streams_.empty()) return;
  const v1::WatchMembershipResponse message = Encode(incarnation, event);
  const bool urgent = event.reason == ChangeReason::kFailed;
  std::erase_if(streams_, [&message, urgent](const std::shared_ptr<Stream>& stream) {
    const bool open = stream->Send(message);
    if (urgent) GiveWay();
    return !open;
  });
  Publish();
}

void WatcherHub::EndAll(const absl::Status& status) {
  for (const auto& stream : streams_) stream->Finish(status);
  streams_.clear();
  Publish();
}

v1::WatchMembershipResponse WatcherHub::Encode(uint64_t incarnation, const Event& event) const {
  v1::WatchMembershipResponse message;
  message.set_incarnation(incarnation);
  message.set_revision(event.revision);
  message.mutable_changed()->set_reason(EncodeReason(event.reason));
  *message.mutable_changed()->mutable_member() =
      EncodeMember(*event.member, event.member->last_heard_at, lease_);
  if (event.reason == ChangeReason::kSuspected) {
    *message.mutable_changed()->mutable_next_look() = EncodeDuration(tick_);
  }
  return message;
}

bool WatcherHub::SendMissed(Stream& stream, const std::vector<Event>& missed,
                            uint64_t incarnation) const {
  for (const Event& event : missed) {
    if (!stream.Send(Encode(incarnation, event))) return false;
  }
  return stream.is_open();
}

bool WatcherHub::SendSnapshot(Stream& stream, const MembershipCore& core, uint64_t incarnation,
                              Moment now) const {
  v1::WatchMembershipResponse message;
  message.set_incarnation(incarnation);
  message.set_revision(core.log().revision());
  v1::Snapshot* snapshot = message.mutable_snapshot();
  size_t bytes = 0;
  for (const auto& [id, member] : core.table().members()) {
    if (bytes >= kPageBytes) {
      snapshot->set_more_follows(true);
      if (!stream.Send(message)) return false;
      snapshot->Clear();
      bytes = 0;
    }
    *snapshot->add_members() = EncodeMember(member, core.LastHeard(member, now), lease_);
    bytes += snapshot->members(snapshot->members_size() - 1).ByteSizeLong();
  }
  return stream.Send(std::move(message));
}

}  // namespace understudy::membership
