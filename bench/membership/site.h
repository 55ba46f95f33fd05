#ifndef UNDERSTUDY_BENCH_MEMBERSHIP_SITE_H_
#define UNDERSTUDY_BENCH_MEMBERSHIP_SITE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/membership/beat_sender.h"
#include "services/membership/server.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::bench {

// The whole membership service in this process, on free ports, with a vault in memory.
class Site {
 public:
  static absl::StatusOr<std::unique_ptr<Site>> Start(size_t stations, absl::Duration interval);

  // Lets `count` stations join over gRPC, many at a time.
  absl::StatusOr<std::vector<Station>> Join(size_t count);
  // How many members are in the state, by List.
  absl::StatusOr<size_t> Count(membership::v1::Member::State state);

  int beat_port() const { return server_->ports().at("beats"); }
  const membership::BeatReceiver& receiver() const { return server_->receiver(); }

 private:
  Site() = default;

  std::unique_ptr<membership::Server> server_;
  std::unique_ptr<membership::v1::Membership::Stub> stub_;
};

}  // namespace understudy::bench

#endif  // UNDERSTUDY_BENCH_MEMBERSHIP_SITE_H_
