#include "common/rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "common/rpc/client_call.h"
#include "common/rpc/client_reader.h"
#include "common/rpc/request_id.h"
#include "common/rpc/testing/health.grpc.pb.h"
#include "common/rpc/testing/inbox.h"
#include "common/rpc/testing/test_server.h"

namespace understudy::rpc {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using testing::Echo;
using testing::EchoService;
using ::testing::HasSubstr;
using testing::Inbox;
using testing::SayRequest;
using testing::SayResponse;
using testing::TestServer;

constexpr absl::Duration kLong = absl::Minutes(10);

SayRequest Saying(const std::string& text) {
  SayRequest request;
  request.set_text(text);
  return request;
}

absl::StatusOr<SayResponse> Say(TestServer& server, const std::string& text) {
  return CallUnaryAndWait(server.async(), &Echo::Stub::async::Say, Saying(text), kLong);
}

ServiceConfig WithHealthPort() {
  ServiceConfig config;
  config.health_listen = "127.0.0.1:0";
  return config;
}

// What the health service on a port says of a service, as text.
std::string Check(TestServer& server, const std::string& port, const std::string& service) {
  const auto stub = Health::NewStub(server.NewChannel(port));
  HealthCheckRequest request;
  request.set_service(service);
  const auto response =
      CallUnaryAndWait(*stub->async(), &Health::Stub::async::Check, request, kLong);
  if (!response.ok()) return std::string(absl::StatusCodeToString(response.status().code()));
  return HealthCheckResponse::ServingStatus_Name(response->status());
}

TEST(ServerTest, SaysOnBothPortsWhetherItServes) {
  TestServer server({}, WithHealthPort());
  for (const std::string port : {"grpc", "health"}) {
    EXPECT_EQ(Check(server, port, ""), "SERVING");
    EXPECT_EQ(Check(server, port, Echo::service_full_name()), "SERVING");
    EXPECT_EQ(Check(server, port, "no.such.Service"), "NOT_FOUND");
  }
  server.server().SetServing(Echo::service_full_name(), false);
  for (const std::string port : {"grpc", "health"}) {
    EXPECT_EQ(Check(server, port, ""), "SERVING");
    EXPECT_EQ(Check(server, port, Echo::service_full_name()), "NOT_SERVING");
  }
  server.server().SetServing(false);
  EXPECT_EQ(Check(server, "health", ""), "NOT_SERVING");
}

TEST(ServerTest, TellsHealthWatchersOfEachChangeAndOfTheEnd) {
  TestServer server({}, WithHealthPort());
  const auto stub = Health::NewStub(server.NewChannel("health"));
  Inbox<HealthCheckResponse::ServingStatus> seen;
  Inbox<absl::Status> done;
  ClientReader<HealthCheckResponse>::Start(
      *stub->async(), &Health::Stub::async::Watch, HealthCheckRequest(),
      {.on_message = [&](HealthCheckResponse response) { seen.Put(response.status()); },
       .on_done = [&](const absl::Status& status) { done.Put(status); }});
  EXPECT_EQ(seen.Take(), HealthCheckResponse::SERVING);
  server.server().SetServing(false);
  EXPECT_EQ(seen.Take(), HealthCheckResponse::NOT_SERVING);
  server.server().SetServing(true);
  EXPECT_EQ(seen.Take(), HealthCheckResponse::SERVING);
  server.server().Shutdown();
  EXPECT_EQ(seen.Take(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(done.Take().ok());
}

TEST(ServerTest, EndsStreamsAndRefusesCallsAtShutdown) {
  StreamGroup group;
  TestServer server({.group = &group});
  Inbox<absl::Status> done;
  ClientReader<testing::WatchResponse>::Start(
      server.async(), &Echo::Stub::async::Watch, testing::WatchRequest(),
      {.on_message = {}, .on_done = [&](const absl::Status& status) { done.Put(status); }});
  server.echo().AwaitStream();
  server.server().Shutdown();
  const absl::Status status = done.Take();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "SHUTTING_DOWN");
  EXPECT_EQ(Say(server, "hello").status().code(), absl::StatusCode::kUnavailable);
  server.server().Shutdown();
}

TEST(ServerTest, CancelsAtShutdownWhatDoesNotEnd) {
  TestServer server;
  Inbox<absl::Status> done;
  ClientReader<testing::WatchResponse>::Start(
      server.async(), &Echo::Stub::async::Watch, testing::WatchRequest(),
      {.on_message = {}, .on_done = [&](const absl::Status& status) { done.Put(status); }});
  server.echo().AwaitStream();
  server.server().Shutdown(absl::Milliseconds(10));
  EXPECT_FALSE(done.Take().ok());
}

TEST(ServerTest, CountsCallsByMethodAndCode) {
  TestServer server;
  EXPECT_TRUE(Say(server, "hello").ok());
  EXPECT_TRUE(Say(server, "hello").ok());
  EXPECT_FALSE(Say(server, "fail").ok());
  const std::string text = server.registry().Text();
  const std::string method = "method=\"understudy.rpc.testing.Echo/Say\"";
  EXPECT_THAT(text, HasSubstr("understudy_echo_grpc_requests_total{code=\"OK\"," + method + "} 2"));
  EXPECT_THAT(text,
              HasSubstr("understudy_echo_grpc_requests_total{code=\"ABORTED\"," + method + "} 1"));
  EXPECT_THAT(text, HasSubstr("understudy_echo_grpc_request_seconds_count{" + method + "} 3"));
  EXPECT_THAT(text, HasSubstr("understudy_build_info{service=\"echo\",version="));
}

// The request id with which a call that carried `given` was answered.
std::string AnsweredId(TestServer& server, const std::string& given) {
  grpc::ClientContext context;
  if (!given.empty()) context.AddMetadata(kRequestIdKey, given);
  SayResponse response;
  const grpc::Status status = server.stub().Say(&context, Saying("hello"), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  const auto& metadata = context.GetServerInitialMetadata();
  const auto found = metadata.find(kRequestIdKey);
  return found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
}

TEST(ServerTest, AnswersWithTheRequestIdOrANewOne) {
  TestServer server;
  EXPECT_EQ(AnsweredId(server, "my-request.1"), "my-request.1");
  EXPECT_TRUE(IsRequestId(AnsweredId(server, "")));
  const std::string instead = AnsweredId(server, "spaces are no id");
  EXPECT_TRUE(IsRequestId(instead)) << instead;
}

TEST(ServerTest, RefusesMessagesOverItsLimit) {
  TestServer server;
  grpc::ClientContext context;
  SayResponse response;
  // The client's own limit is lifted, so that the server's is what answers.
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(-1);
  const auto stub =
      Echo::NewStub(grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server.server().port()),
                                              grpc::InsecureChannelCredentials(), arguments));
  const grpc::Status status = stub->Say(&context, Saying(std::string(6 << 20, 'x')), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Say(server, std::string(4 << 20, 'x')).ok());
}

// The bytes of the reflection service's answer to "which services?".
absl::StatusOr<std::string> ListServices(TestServer& server) {
  grpc::GenericStub stub(server.NewChannel());
  grpc::ClientContext context;
  // ServerReflectionRequest{list_services: ""}.
  const grpc::Slice slice(std::string("\x3A\x00", 2));
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  Inbox<absl::Status> done;
  stub.UnaryCall(&context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {},
                 &request, &response,
                 [&](grpc::Status status) { done.Put(FromGrpcStatus(status)); });
  if (absl::Status status = done.Take(); !status.ok()) return status;
  grpc::Slice whole;
  EXPECT_TRUE(response.DumpToSingleSlice(&whole).ok());
  return std::string(reinterpret_cast<const char*>(whole.begin()), whole.size());
}

TEST(ServerTest, ReflectsOnlyWhenToldTo) {
  ServiceConfig reflecting;
  reflecting.reflection = true;
  TestServer with({}, reflecting);
  const auto services = ListServices(with);
  ASSERT_TRUE(services.ok()) << services.status();
  EXPECT_THAT(*services, HasSubstr("understudy.rpc.testing.Echo"));
  // Also after another server of this process has turned it on.
  TestServer without;
  EXPECT_EQ(ListServices(without).status().code(), absl::StatusCode::kUnimplemented);
}

TEST(ServerTest, WritesItsPortsToAFile) {
  ServiceConfig config = WithHealthPort();
  config.metrics_listen = "127.0.0.1:0";
  config.ports_file = ::testing::TempDir() + "/ports.json";
  TestServer server({}, config);
  std::ifstream file(*config.ports_file);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Ports& ports = server.server().ports();
  EXPECT_EQ(text, "{\"grpc\":" + std::to_string(ports.at("grpc")) +
                      ",\"health\":" + std::to_string(ports.at("health")) +
                      ",\"metrics\":" + std::to_string(ports.at("metrics")) + "}\n");
}

absl::Status StartOn(const ServiceConfig& config) {
  metrics::Registry registry;
  EchoService echo;
  ServerOptions options;
  options.service = "echo";
  options.registry = &registry;
  options.services = {{&echo, Echo::service_full_name()}};
  return Server::Start(config, std::move(options)).status();
}

TEST(ServerTest, SaysWhichAddressItCannotHave) {
  TestServer first;
  const std::string taken = "127.0.0.1:" + std::to_string(first.server().port());
  ServiceConfig config;
  config.listen = taken;
  EXPECT_EQ(StartOn(config).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(StartOn(config).message()), HasSubstr(taken));
  config.listen = "127.0.0.1:0";
  config.health_listen = taken;
  EXPECT_THAT(std::string(StartOn(config).message()), HasSubstr(taken));
  config.health_listen.reset();
  config.metrics_listen = taken;
  EXPECT_THAT(std::string(StartOn(config).message()), HasSubstr(taken));
}

TEST(ServerTest, RefusesToServeOtherMachinesWithoutTls) {
  ServiceConfig config;
  config.listen = "0.0.0.0:0";
  EXPECT_EQ(ErrorReason(StartOn(config)), "INSECURE_LISTEN");
}

}  // namespace
}  // namespace understudy::rpc
