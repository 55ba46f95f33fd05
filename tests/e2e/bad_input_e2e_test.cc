#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/local_fleet/wait.h"
#include "common/random/random.h"
#include "common/rpc/channel.h"
#include "common/rpc/client_call.h"
#include "common/status/status.h"
#include "tests/e2e/fleet_test.h"
#include "understudy/membership/v1/membership.grpc.pb.h"

namespace understudy::e2e {
namespace {

using config_vault::v1::PutRequest;

class BadInputEndToEndTest : public FleetTest {
 protected:
  void SendUdp(const std::string& bytes) {
    const int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(fleet().PortsOf(cli::kMembership)->at("beats")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sendto(descriptor, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
    close(descriptor);
  }
  std::string PutReason(const PutRequest& request) {
    return ErrorReason(stage().vault().Put(request).status());
  }
  std::string JoinReason(const membership::v1::JoinRequest& request) {
    using membership::v1::Membership;
    const auto channel = *rpc::MakeChannel(fleet().site().control_nodes.front().membership,
                                           fleet().site().tls);
    const auto stub = Membership::NewStub(channel);
    return ErrorReason(
        rpc::CallUnaryAndWait(*stub->async(), &Membership::Stub::async::Join, request, kPatience)
            .status());
  }
  void ExpectAllServing() {
    const ControlNode& node = fleet().site().control_nodes.front();
    for (const std::string& address : {node.vault, node.membership, node.orchestrator}) {
      EXPECT_EQ(clients().Health(address).value_or("no answer"), "SERVING") << address;
    }
    EXPECT_TRUE(fleet().Casualties().empty());
  }
};

TEST_F(BadInputEndToEndTest, BeatsThatAreNoneAreCountedAndHarmNobody) {
  StartSmallFleet();
  Random random(7);
  constexpr int kPackets = 200;
  for (int i = 0; i < kPackets; ++i) {
    std::string bytes(static_cast<size_t>(random.Below(200)), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.Next());
    SendUdp(bytes);
  }
  const auto refused = [&] {
    return Metric(cli::kMembership, "understudy_membership_beats_total", "") -
           Metric(cli::kMembership, "understudy_membership_beats_total", "\"ok\"");
  };
  EXPECT_TRUE(cli::WaitFor(kPatience, [&] { return refused() >= kPackets; })) << refused();
  ExpectAllServing();
  EXPECT_TRUE(stage().Disorder({"gate-1", "spare-1", "spare-2"}).empty());
}

TEST_F(BadInputEndToEndTest, DocumentsThatAreWrongAreRefusedWithAReason) {
  StartSmallFleet();
  PutRequest request;
  request.set_name("site/x");
  request.set_content("{\"a\": }");
  EXPECT_EQ(PutReason(request), "INVALID_JSON");
  request.set_content("{}");
  request.set_sha256(std::string(32, 'x'));
  EXPECT_EQ(PutReason(request), "HASH_MISMATCH");
  request.clear_sha256();
  request.set_name("../etc/passwd");
  EXPECT_EQ(PutReason(request), "INVALID_NAME");
  request.set_name("site/x");
  request.set_encoding(config_vault::v1::ENCODING_ZSTD);
  EXPECT_EQ(PutReason(request), "INVALID_ENCODING");
  request.set_encoding(config_vault::v1::ENCODING_UNSPECIFIED);
  request.set_content_type("application/octet-stream");
  request.set_content(std::string((4 << 20) + 1, 'x'));
  EXPECT_EQ(PutReason(request), "DOCUMENT_TOO_LARGE");
  EXPECT_GE(Metric(cli::kVault, "understudy_config_vault_rejected_input_total", ""), 5);
  ExpectAllServing();
}

TEST_F(BadInputEndToEndTest, StationsThatCannotBeAreNotAdmitted) {
  StartSmallFleet();
  membership::v1::JoinRequest request;
  request.set_kind(type::v1::STATION_KIND_BACKUP);
  request.set_station_id("Gate 1");
  EXPECT_EQ(JoinReason(request), "INVALID_STATION_ID");
  request.set_station_id("gate-9");
  (*request.mutable_capabilities()->mutable_counts())["Camera!"] = 1;
  EXPECT_EQ(JoinReason(request), "INVALID_CAPABILITIES");
  request.clear_capabilities();
  request.clear_kind();
  EXPECT_EQ(JoinReason(request), "INVALID_KIND");
  ExpectAllServing();
}

}  // namespace
}  // namespace understudy::e2e
