#include "services/membership/testing/membership_harness.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

#include "common/rpc/channel.h"
#include "common/status/grpc_status.h"

namespace understudy::membership {
namespace {

Config ConfigWith(const std::string& more) {
  config::ConfigReader reader = config::ConfigReader::FromText(
      "listen: 127.0.0.1:0\n"
      "insecure: true\n"
      "vault: 127.0.0.1:1\n"
      "beat_listen: 127.0.0.1:0\n" +
          more,
      "test.yaml");
  Config config = ReadConfig(reader);
  const absl::Status status = reader.Finish();
  EXPECT_TRUE(status.ok()) << status;
  return config;
}

}  // namespace

Config MembershipHarness::PatientConfig() { return ConfigWith("beat_interval: 60s\n"); }

Config MembershipHarness::HastyConfig() {
  return ConfigWith("beat_interval: 10ms\nfirst_deadline: 30ms\n");
}

MembershipHarness::MembershipHarness(const Config& config) {
  auto registry = std::make_unique<FakeStationRegistry>();
  registry_ = registry.get();
  auto server = Server::StartWith(config, std::move(registry));
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  stub_ = v1::Membership::NewStub(
      rpc::MakeInsecureChannel("127.0.0.1:" + std::to_string(server_->ports().at("grpc"))));
}

void MembershipHarness::WaitUntilServing() {
  while (true) {
    grpc::ClientContext context;
    v1::ListResponse response;
    if (stub_->List(&context, v1::ListRequest(), &response).ok()) return;
  }
}

absl::StatusOr<v1::JoinResponse> MembershipHarness::Join(const v1::JoinRequest& request) {
  grpc::ClientContext context;
  v1::JoinResponse response;
  const grpc::Status status = stub_->Join(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

absl::StatusOr<v1::JoinResponse> MembershipHarness::Join(const std::string& id,
                                                         type::v1::StationKind kind) {
  v1::JoinRequest request;
  request.set_station_id(id);
  request.set_kind(kind);
  return Join(request);
}

absl::StatusOr<v1::Member> MembershipHarness::Get(const std::string& id) {
  grpc::ClientContext context;
  v1::GetRequest request;
  request.set_station_id(id);
  v1::GetResponse response;
  const grpc::Status status = stub_->Get(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response.member();
}

BeatClient::BeatClient(int port) : descriptor_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const timeval wait = {.tv_sec = 0, .tv_usec = 200'000};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

BeatClient::~BeatClient() { close(descriptor_); }

void BeatClient::Send(const std::vector<uint8_t>& bytes) const {
  send(descriptor_, bytes.data(), bytes.size(), 0);
}

beat::Answer BeatClient::BeatUntilAnswered(const v1::JoinResponse& session) {
  const auto key = beat::SessionKey::FromBytes(session.session_key());
  EXPECT_TRUE(key.has_value());
  while (true) {
    const beat::Packet packet = beat::EncodeBeat({.answer_requested = true,
                                                  .session_id = session.session_id(),
                                                  .sequence = ++sequence_,
                                                  .sender_time_ns = 1000 + sequence_},
                                                 *key);
    Send({packet.begin(), packet.end()});
    uint8_t bytes[64];
    const ssize_t size = recv(descriptor_, bytes, sizeof(bytes), 0);
    if (size < 0) continue;
    beat::Answer answer;
    EXPECT_EQ(beat::DecodeAnswer(std::span(bytes, static_cast<size_t>(size)), *key, answer),
              beat::Outcome::kOk);
    return answer;
  }
}

}  // namespace understudy::membership
