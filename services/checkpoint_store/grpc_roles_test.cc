// Who may do what over gRPC with mutual TLS: an operator everything, a gateway what devices may,
// whoever has no certificate of this site nothing.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "common/rpc/channel.h"
#include "common/rpc/testing/certificates.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/checkpoint_store/server.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.grpc.pb.h"
#include "understudy/checkpoint_store/v1/checkpoints.grpc.pb.h"
#include "understudy/checkpoint_store/v1/energy_advisor.grpc.pb.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kId[] = "00112233445566778899aabbccddeeff";

// One who calls, with a certificate of some name.
class Caller {
 public:
  explicit Caller(std::shared_ptr<grpc::Channel> channel)
      : devices_(v1::Checkpoints::NewStub(channel)),
        admin_(v1::CheckpointAdmin::NewStub(channel)),
        energy_(v1::EnergyAdvisor::NewStub(channel)) {}

  absl::Status Enrol() {
    v1::EnrolRequest request;
    request.set_identifier(kId);
    request.set_device_id("meter-1");
    request.set_content("factory");
    v1::EnrolResponse response;
    return Call([&](auto* context) { return devices_->Enrol(context, request, &response); });
  }
  absl::Status Fetch(v1::FetchResponse& response) {
    v1::FetchRequest request;
    request.set_identifier(kId);
    return Call([&](auto* context) { return devices_->Fetch(context, request, &response); });
  }
  absl::Status Store(const std::string& identifier) {
    v1::StoreRequest request;
    request.mutable_header()->set_identifier(identifier);
    request.set_content("state");
    v1::StoreResponse response;
    return Call([&](auto* context) { return devices_->Store(context, request, &response); });
  }
  absl::Status List() {
    v1::ListResponse response;
    return Call([&](auto* context) { return admin_->List(context, v1::ListRequest(), &response); });
  }
  absl::Status Read() {
    v1::ReadRequest request;
    request.set_device_id("meter-1");
    v1::ReadResponse response;
    return Call([&](auto* context) { return admin_->Read(context, request, &response); });
  }
  absl::Status Stage() {
    v1::StageRequest request;
    request.set_device_id("meter-1");
    request.set_content("changed");
    v1::StageResponse response;
    return Call([&](auto* context) { return admin_->Stage(context, request, &response); });
  }
  absl::Status Revoke() {
    v1::RevokeRequest request;
    request.set_device_id("meter-1");
    v1::RevokeResponse response;
    return Call([&](auto* context) { return admin_->Revoke(context, request, &response); });
  }
  // How the watch ends, when it does so by itself.
  absl::Status Watch() {
    grpc::ClientContext context;
    const auto stream = admin_->Watch(&context, v1::WatchRequest());
    v1::WatchResponse first;
    if (stream->Read(&first)) {
      context.TryCancel();
      (void)stream->Finish();
      return absl::OkStatus();
    }
    return FromGrpcStatus(stream->Finish());
  }
  absl::Status ComputeEnergy(const std::string& preset, v1::ComputeEnergyResponse& response) {
    v1::ComputeEnergyRequest request;
    request.set_preset(preset);
    return Call([&](auto* context) { return energy_->ComputeEnergy(context, request, &response); });
  }

 private:
  template <typename Method>
  static absl::Status Call(Method method) {
    grpc::ClientContext context;
    return FromGrpcStatus(method(&context));
  }

  std::unique_ptr<v1::Checkpoints::Stub> devices_;
  std::unique_ptr<v1::CheckpointAdmin::Stub> admin_;
  std::unique_ptr<v1::EnergyAdvisor::Stub> energy_;
};

class GrpcRolesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    authority_.Issue("checkpoint-store", files_);
    Config config;
    config.service.listen = "127.0.0.1:0";
    config.service.tls = files_;
    config.http.listen = "127.0.0.1:0";
    config.http.tls = files_;
    config.data_directory = directory_;
    config.operator_names = {"anna"};
    auto server = Server::Start(config);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  Caller As(const std::string& name) { return SignedBy(authority_, name); }
  Caller SignedBy(const rpc::testing::Authority& authority, const std::string& name) {
    rpc::TlsFiles files = rpc::testing::TlsFilesIn(name + "-" + std::to_string(++callers_));
    authority.Issue(name, files);
    files.authorities = files_.authorities;
    const std::string target = "127.0.0.1:" + std::to_string(server_->port());
    return Caller(*rpc::MakeChannel(target, files));
  }

  static void ExpectNotAuthenticated(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_EQ(ErrorReason(status), "NOT_AUTHENTICATED");
    EXPECT_NE(status.message().find("operators.certificate_names"), std::string::npos) << status;
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/roles";
  const rpc::testing::Authority authority_{"site authority"};
  const rpc::TlsFiles files_ = rpc::testing::TlsFilesIn("server");
  int callers_ = 0;
  std::unique_ptr<Server> server_;
};

TEST_F(GrpcRolesTest, AnOperatorEnrolsDevicesAndAdministersThem) {
  Caller anna = As("anna");
  EXPECT_EQ(anna.Enrol(), absl::OkStatus());
  EXPECT_EQ(anna.List(), absl::OkStatus());
  EXPECT_EQ(anna.Read(), absl::OkStatus());
  EXPECT_EQ(anna.Stage(), absl::OkStatus());
  EXPECT_EQ(anna.Watch(), absl::OkStatus());
  EXPECT_EQ(anna.Revoke(), absl::OkStatus());
}

TEST_F(GrpcRolesTest, AGatewayCyclesForItsDevicesAndEnrolsNone) {
  ASSERT_EQ(As("anna").Enrol(), absl::OkStatus());
  Caller gateway = As("gateway-1");
  v1::FetchResponse fetched;
  EXPECT_EQ(gateway.Fetch(fetched), absl::OkStatus());
  EXPECT_EQ(fetched.content(), "factory");
  EXPECT_EQ(gateway.Store(fetched.header().next_identifier()), absl::OkStatus());
  ExpectNotAuthenticated(gateway.Enrol());
}

TEST_F(GrpcRolesTest, AGatewayAdministersNothing) {
  ASSERT_EQ(As("anna").Enrol(), absl::OkStatus());
  Caller gateway = As("gateway-1");
  ExpectNotAuthenticated(gateway.List());
  ExpectNotAuthenticated(gateway.Read());
  ExpectNotAuthenticated(gateway.Stage());
  ExpectNotAuthenticated(gateway.Revoke());
  ExpectNotAuthenticated(gateway.Watch());
}

TEST_F(GrpcRolesTest, ACertificateOfAnotherAuthorityIsNotLetIn) {
  const rpc::testing::Authority other("another authority");
  v1::FetchResponse fetched;
  EXPECT_EQ(SignedBy(other, "anna").List().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(SignedBy(other, "gateway-1").Fetch(fetched).code(), absl::StatusCode::kUnavailable);
}

TEST_F(GrpcRolesTest, WhoeverHasACertificateOfTheSiteMayAskTheEnergyAdvisor) {
  v1::ComputeEnergyResponse answer;
  EXPECT_EQ(As("gateway-1").ComputeEnergy("paper-table5", answer), absl::OkStatus());
  EXPECT_NEAR(answer.break_even_cycle_seconds(), 1'797, 0.5);
  EXPECT_EQ(ErrorReason(As("gateway-1").ComputeEnergy("nonsense", answer)), "NO_SUCH_PRESET");
}

}  // namespace
}  // namespace understudy::checkpoint_store
