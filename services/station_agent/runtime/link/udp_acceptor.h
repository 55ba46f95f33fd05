#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_UDP_ACCEPTOR_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_UDP_ACCEPTOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "services/station_agent/runtime/link/socket.h"

namespace understudy::station_agent::runtime {

struct UdpAcceptorOptions {
  // Senders with a link at once. When there are as many, datagrams of others are dropped and
  // counted: nobody who talks is put out for a stranger, whose address may be made up.
  size_t max_senders = 256;
  // A link ends when for this long (or up to a quarter more) its sender was not heard and nothing
  // was sent to it. Whether it was accepted makes no difference.
  absl::Duration idle = absl::Minutes(1);
  // Datagrams that a link keeps until they are read. Further ones are dropped and counted.
  size_t max_queued = 64;
};

struct UdpAcceptorStats {
  size_t senders = 0;       // with a link
  uint64_t refused = 0;     // datagrams dropped because there were max_senders
  uint64_t overflowed = 0;  // datagrams dropped because their link had max_queued
  uint64_t idled = 0;       // links that ended because nothing was said
};

// A datagram socket that hears from anybody and makes a link of each sender. All calls but Bind are
// thread-safe.
class UdpAcceptor {
 public:
  // In a coroutine: another one, on the same thread, hands the datagrams out until Close.
  // FAILED_PRECONDITION elsewhere.
  static absl::StatusOr<std::unique_ptr<UdpAcceptor>> Bind(const Endpoint& local,
                                                           UdpAcceptorOptions options = {});
  // Closes.
  ~UdpAcceptor();

  // The link of the next sender that had none. Each Read is one datagram (what does not fit is
  // lost), each Write sends one; empty ones are neither given nor sent. A Read gives what came
  // before the link ended and then OUT_OF_RANGE when nothing was said, UNAVAILABLE when somebody
  // closed it. A sender whose link ended and who is heard again gets a new one.
  absl::StatusOr<std::unique_ptr<Link>> Accept(SteadyTime deadline);
  // Ends a waiting Accept, and all links.
  void Close();
  uint16_t port() const;
  UdpAcceptorStats stats() const;

 private:
  class Switchboard;
  class SenderLink;

  explicit UdpAcceptor(std::shared_ptr<Switchboard> switchboard);

  const std::shared_ptr<Switchboard> switchboard_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_UDP_ACCEPTOR_H_
