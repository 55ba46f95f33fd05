#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_SESSION_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_SESSION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/executor/executor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "services/station_agent/orders_codec.h"

namespace understudy::station_agent {

class ControlChannels;

// Told of what comes over the stream of orders, on the executor.
class OrdersObserver {
 public:
  virtual ~OrdersObserver() = default;
  // The stream is being opened: who we are.
  virtual AttendHello MakeAttendHello() = 0;
  // The stream is open, or has ended.
  virtual void OnAttached() = 0;
  virtual void OnDetached(const absl::Status& why) = 0;
  virtual void OnOrder(SteadyTime arrived, StationOrder order) = 0;
  virtual void OnBadOrder(const absl::Status& why) = 0;
};

// The stream over which the root's orchestrator gives orders: opened anew, with backoff, whenever
// it ends.
// All calls on the executor.
class OrdersSession {
 public:
  virtual ~OrdersSession() = default;

  // Opens the stream, or, when it is open, ends it and opens another: a new hello.
  virtual void Attach() = 0;
  virtual void Detach() = 0;
  virtual bool attached() const = 0;
  // Lost when the stream is not open: the next hello says what is so then.
  virtual void Reply(const DutyAction& action) = 0;
  virtual void Say(const SyncReply& reply) = 0;
};

// All references must outlive the session, `clock` the process's calls, too. The session must be
// destroyed on the executor or after it has stopped.
std::unique_ptr<OrdersSession> MakeGrpcOrdersSession(const Clock& clock, Random& random,
                                                     std::shared_ptr<Executor> executor,
                                                     ControlChannels& channels,
                                                     OrdersObserver& observer);

}  // namespace understudy::station_agent

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_ORDERS_SESSION_H_
