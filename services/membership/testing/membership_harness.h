#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_MEMBERSHIP_HARNESS_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_MEMBERSHIP_HARNESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/membership/server.h"
#include "services/membership/testing/fake_station_registry.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::membership {

// The whole service on free ports of this machine, with a vault in memory.
class MembershipHarness {
 public:
  // Nobody is ever failed: beats are due once a minute.
  static Config PatientConfig();
  // A station that is silent for a moment has failed.
  static Config HastyConfig();

  explicit MembershipHarness(const Config& config);

  v1::Membership::Stub& stub() { return *stub_; }
  FakeStationRegistry& registry() { return *registry_; }
  const Server& server() const { return *server_; }
  int beat_port() const { return server_->ports().at("beats"); }
  // Waits until the vault's role has arrived. Join before this may fail.
  void WaitUntilServing();

  // Waits for the answer.
  absl::StatusOr<v1::JoinResponse> Join(const v1::JoinRequest& request);
  absl::StatusOr<v1::JoinResponse> Join(
      const std::string& id, type::v1::StationKind kind = type::v1::STATION_KIND_DEPLOYMENT);
  absl::StatusOr<v1::Member> Get(const std::string& id);

 private:
  FakeStationRegistry* registry_ = nullptr;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::Membership::Stub> stub_;
};

// A station's UDP socket.
class BeatClient {
 public:
  explicit BeatClient(int port);
  ~BeatClient();
  BeatClient(const BeatClient&) = delete;
  BeatClient& operator=(const BeatClient&) = delete;

  void Send(const std::vector<uint8_t>& bytes) const;
  // Sends beats of growing sequence, each with its answer requested, until one is answered:
  // loopback may lose one.
  beat::Answer BeatUntilAnswered(const v1::JoinResponse& session);

 private:
  int descriptor_;
  uint64_t sequence_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_MEMBERSHIP_HARNESS_H_
