#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_WATCHER_HUB_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_WATCHER_HUB_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "common/metrics/metrics.h"
#include "common/rpc/server_stream.h"
#include "services/membership/membership_core.h"
#include "understudy/membership/v1/membership.pb.h"

namespace understudy::membership {

// Tells watchers what happens: each event is encoded once and sent at once to all. Lives on the
// core's executor.
class WatcherHub {
 public:
  using Stream = rpc::ServerStream<v1::WatchMembershipResponse>;

  WatcherHub(absl::Duration lease, absl::Duration tick, metrics::Gauge watchers)
      : lease_(lease), tick_(tick), watchers_(watchers) {}

  // Sends the snapshot, or what came after the revision that the request names, and then every
  // event. A stream that cannot take more is forgotten.
  void Add(const std::shared_ptr<Stream>& stream, const v1::WatchMembershipRequest& request,
           const MembershipCore& core, uint64_t incarnation, Moment now);
  void Remove(const std::shared_ptr<Stream>& stream);

  void Send(uint64_t incarnation, const Event& event);
  void EndAll(const absl::Status& status);

 private:
  v1::WatchMembershipResponse Encode(uint64_t incarnation, const Event& event) const;
  bool SendSnapshot(Stream& stream, const MembershipCore& core, uint64_t incarnation,
                    Moment now) const;
  bool SendMissed(Stream& stream, const std::vector<Event>& missed, uint64_t incarnation) const;
  void Publish() const { watchers_.Set(static_cast<double>(streams_.size())); }

  const absl::Duration lease_;
  const absl::Duration tick_;
  const metrics::Gauge watchers_;
  // In the order in which they came: the orchestrator, which is next door and never leaves, hears
  // before operators do.
  std::vector<std::shared_ptr<Stream>> streams_;
};

// Roughly how much of a large site goes into one message; one member more, children included, still
// fits into the largest message that we allow.
inline constexpr size_t kPageBytes = size_t{4} << 20;

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_WATCHER_HUB_H_
