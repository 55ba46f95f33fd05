#include "services/checkpoint_store/server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "common/document/sha256.h"
#include "common/rpc/channel.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/checkpoint_store/testing/raw_client.h"
#include "understudy/checkpoint_store/v1/checkpoint_admin.grpc.pb.h"
#include "understudy/checkpoint_store/v1/checkpoints.grpc.pb.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kId[] = "00112233445566778899aabbccddeeff";

template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

class ServerTest : public ::testing::Test {
 protected:
  using Checkpoints = v1::Checkpoints::Stub;
  using Admin = v1::CheckpointAdmin::Stub;

  void SetUp() override {
    std::filesystem::remove_all(directory_);
    Start();
  }
  void Start() {
    Config config;
    config.service.listen = "127.0.0.1:0";
    config.http.listen = "127.0.0.1:0";
    config.data_directory = directory_;
    config.guard.source_budget = 5;
    auto server = Server::Start(config);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel = rpc::MakeInsecureChannel("127.0.0.1:" + std::to_string(server_->port()));
    checkpoints_ = v1::Checkpoints::NewStub(channel);
    admin_ = v1::CheckpointAdmin::NewStub(channel);
  }
  void Restart() {
    checkpoints_.reset();
    admin_.reset();
    server_.reset();
    Start();
  }

  void Enrol(const std::string& device_id = "meter-1", const std::string& identifier = kId) {
    v1::EnrolRequest request;
    request.set_identifier(identifier);
    request.set_device_id(device_id);
    request.set_content("factory");
    ASSERT_TRUE(Call(*checkpoints_, &Checkpoints::Enrol, request).ok());
  }
  absl::StatusOr<v1::FetchResponse> Fetch(const std::string& identifier) {
    v1::FetchRequest request;
    request.set_identifier(identifier);
    return Call(*checkpoints_, &Checkpoints::Fetch, request);
  }
  absl::StatusOr<v1::StoreResponse> Store(const std::string& identifier,
                                          const std::string& content) {
    v1::StoreRequest request;
    request.mutable_header()->set_identifier(identifier);
    request.set_content(content);
    return Call(*checkpoints_, &Checkpoints::Store, request);
  }
  // The reason of a refusal.
  std::string StoreInPieces(const std::string& identifier, const std::string& content) {
    grpc::ClientContext context;
    v1::StoreResponse response;
    const auto stream = checkpoints_->StoreStream(&context, &response);
    v1::StoreStreamRequest message;
    message.mutable_header()->set_identifier(identifier);
    stream->Write(message);
    for (size_t at = 0; at < content.size(); at += 65'536) {
      message.set_content(content.substr(at, 65'536));
      if (!stream->Write(message)) break;
    }
    stream->WritesDone();
    return ErrorReason(FromGrpcStatus(stream->Finish()));
  }
  // One HTTP request on a connection of its own.
  std::string Http(const std::string& request) {
    RawClient client(server_->http_port());
    client.Send(request);
    return client.ReadAnswer();
  }
  v1::Device Inspect(const std::string& device_id) {
    v1::InspectRequest request;
    request.set_device_id(device_id);
    const auto response = Call(*admin_, &Admin::Inspect, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response->device();
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/checkpoints";
  std::unique_ptr<Server> server_;
  std::unique_ptr<Checkpoints> checkpoints_;
  std::unique_ptr<Admin> admin_;
};

TEST_F(ServerTest, ADeviceMayUseOneFaceForTheDownloadAndTheOtherForTheUpload) {
  Enrol();
  const std::string get = Http(std::string("GET /") + kId + " HTTP/1.1\r\n\r\n");
  const auto fetched = Fetch(kId);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_NE(get.find("Next-Id: " + fetched->header().next_identifier()), std::string::npos) << get;
  EXPECT_EQ(fetched->content(), "factory");
  EXPECT_EQ(fetched->header().origin(), v1::ORIGIN_OPERATOR);
  const std::string next = fetched->header().next_identifier();
  const auto stored = Store(next, "one");
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(stored->generation(), 2u);
  const std::string repeated =
      Http("POST /" + next + " HTTP/1.1\r\nContent-Length: 3\r\n\r\none");
  EXPECT_NE(repeated.find("200 OK"), std::string::npos) << repeated;
  EXPECT_NE(repeated.find("Generation: 2\r\n"), std::string::npos) << repeated;
}

TEST_F(ServerTest, KeepsEverythingOverARestart) {
  Enrol();
  const std::string next = Fetch(kId)->header().next_identifier();
  ASSERT_TRUE(Store(next, "one").ok());
  const std::string after = Fetch(next)->header().next_identifier();
  Restart();
  EXPECT_EQ(Fetch(next)->content(), "one");
  EXPECT_EQ(Fetch(next)->header().next_identifier(), after);
  EXPECT_EQ(ErrorReason(Fetch(kId).status()), "DEAD_IDENTIFIER");
  EXPECT_EQ(Inspect("meter-1").cycles(), 1u);
}

TEST_F(ServerTest, ErrorsCarryReasonDomainAndFacts) {
  Enrol();
  v1::FetchRequest request;
  request.set_identifier(kId);
  request.set_name("night");
  const absl::Status status = Call(*checkpoints_, &Checkpoints::Fetch, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(status), "NO_SUCH_CHECKPOINT");
  EXPECT_EQ(ErrorDomain(status), "checkpoint-store.understudy");
  EXPECT_EQ(ErrorMetadata(status).at("next_identifier"), Fetch(kId)->header().next_identifier());
  EXPECT_EQ(ErrorReason(Fetch("xyz").status()), "INVALID_IDENTIFIER");
  EXPECT_EQ(ErrorReason(Store(kId, "x").status()), "ALREADY_STORED");
}

TEST_F(ServerTest, LargeCheckpointsTravelInPieces) {
  Enrol();
  const std::string next = Fetch(kId)->header().next_identifier();
  const std::string content(1 << 20, 'x');
  ASSERT_EQ(StoreInPieces(next, content), "");
  grpc::ClientContext context;
  v1::FetchRequest request;
  request.set_identifier(next);
  const auto stream = checkpoints_->FetchStream(&context, request);
  v1::FetchStreamResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.header().size(), content.size());
  std::string read;
  while (stream->Read(&message)) read += message.content();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(read, content);
}

TEST_F(ServerTest, AStreamThatIsTooLargeIsRefused) {
  Enrol();
  const std::string next = Fetch(kId)->header().next_identifier();
  EXPECT_EQ(StoreInPieces(next, std::string((1 << 20) + 1, 'x')), "CHECKPOINT_TOO_LARGE");
}

TEST_F(ServerTest, AStreamWithoutAHeaderIsRefused) {
  grpc::ClientContext context;
  v1::StoreResponse response;
  const auto stream = checkpoints_->StoreStream(&context, &response);
  v1::StoreStreamRequest message;
  message.set_content("x");
  stream->Write(message);
  stream->WritesDone();
  EXPECT_EQ(ErrorReason(FromGrpcStatus(stream->Finish())), "BAD_STREAM");
}

TEST_F(ServerTest, AnOperatorListsInspectsAndReadsWithoutSeeingIdentifiers) {
  Enrol("meter-1");
  Enrol("meter-2", "ffeeddccbbaa99887766554433221100");
  v1::ListRequest list;
  list.set_page_size(1);
  auto page = Call(*admin_, &Admin::List, list);
  ASSERT_EQ(page->devices_size(), 1);
  EXPECT_EQ(page->devices(0).state(), v1::DEVICE_STATE_ENROLLED);
  list.set_page_token(page->next_page_token());
  page = Call(*admin_, &Admin::List, list);
  EXPECT_EQ(page->devices(0).device_id(), "meter-2");
  EXPECT_EQ(page->next_page_token(), "");
  v1::InspectRequest inspect;
  inspect.set_device_id("meter-1");
  const auto inspected = Call(*admin_, &Admin::Inspect, inspect);
  EXPECT_EQ(inspected->identifier_bits(), 128u);
  EXPECT_EQ(inspected->identifier_fingerprint().size(), 8u);
  EXPECT_EQ(inspected->SerializeAsString().find(kId), std::string::npos);
  v1::ReadRequest read;
  read.set_device_id("meter-1");
  EXPECT_EQ(Call(*admin_, &Admin::Read, read)->content(), "factory");
  inspect.set_device_id("nobody");
  EXPECT_EQ(ErrorReason(Call(*admin_, &Admin::Inspect, inspect).status()), "DEVICE_NOT_FOUND");
  list.set_page_token("nonsense");
  EXPECT_EQ(ErrorReason(Call(*admin_, &Admin::List, list).status()), "INVALID_PAGE_TOKEN");
}

TEST_F(ServerTest, AStagedChangeReachesTheDeviceAndTheOperatorSeesIt) {
  Enrol();
  v1::StageRequest stage;
  stage.set_device_id("meter-1");
  stage.set_content("new");
  ASSERT_TRUE(Call(*admin_, &Admin::Stage, stage).ok());
  EXPECT_TRUE(Inspect("meter-1").staged());
  EXPECT_EQ(Fetch(kId)->content(), "new");
  v1::WithdrawRequest withdraw;
  withdraw.set_device_id("meter-1");
  EXPECT_EQ(ErrorReason(Call(*admin_, &Admin::Withdraw, withdraw).status()), "ALREADY_TAKEN");
  v1::GenerationsRequest generations;
  generations.set_device_id("meter-1");
  const auto kept = Call(*admin_, &Admin::Generations, generations);
  ASSERT_EQ(kept->generations_size(), 2);
  EXPECT_EQ(kept->generations(0).generation(), 2u);
  EXPECT_EQ(kept->generations(0).origin(), v1::ORIGIN_OPERATOR);
}

TEST_F(ServerTest, AWatcherIsToldOfSuspicions) {
  Enrol();
  const std::string next = Fetch(kId)->header().next_identifier();
  ASSERT_TRUE(Store(next, "one").ok());
  grpc::ClientContext context;
  const auto stream = admin_->Watch(&context, v1::WatchRequest());
  v1::WatchResponse message;
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.overdue().total(), 0u);
  EXPECT_EQ(ErrorReason(Store(kId, "forged").status()), "DEAD_IDENTIFIER");
  ASSERT_TRUE(stream->Read(&message));
  EXPECT_EQ(message.event().kind(), v1::Event::KIND_DEAD_POST);
  EXPECT_EQ(message.event().device_id(), "meter-1");
  EXPECT_EQ(message.event().source(), "127.0.0.1");
  context.TryCancel();
  (void)stream->Finish();
}

TEST_F(ServerTest, ARevokedDeviceIsShutOut) {
  Enrol();
  v1::RevokeRequest revoke;
  revoke.set_device_id("meter-1");
  ASSERT_TRUE(Call(*admin_, &Admin::Revoke, revoke).ok());
  EXPECT_EQ(ErrorReason(Fetch(kId).status()), "DEVICE_REVOKED");
  EXPECT_EQ(Inspect("meter-1").state(), v1::DEVICE_STATE_REVOKED);
}

TEST_F(ServerTest, WhoGuessesIsSlowedDownOnBothFaces) {
  const std::string probe = "HEAD /0123456789abcdef0123456789abcdef HTTP/1.1\r\n\r\n";
  for (int i = 0; i < 6; ++i) {
    EXPECT_NE(Http(probe).find("404 Not Found"), std::string::npos);
  }
  const std::string refused = Http(probe);
  EXPECT_NE(refused.find("429"), std::string::npos) << refused;
  EXPECT_NE(refused.find("Retry-After: 2\r\n"), std::string::npos) << refused;
  EXPECT_EQ(ErrorReason(Fetch(kId).status()), "TOO_MANY_GUESSES");
  const auto summary = Call(*admin_, &Admin::GetSummary, v1::GetSummaryRequest());
  EXPECT_EQ(summary->guesses(), 6u);
}

TEST_F(ServerTest, ASecondStoreOnTheSameDataIsRefused) {
  Config config;
  config.service.listen = "127.0.0.1:0";
  config.http.listen = "127.0.0.1:0";
  config.data_directory = directory_;
  EXPECT_EQ(ErrorReason(Server::Start(config).status()), "DATA_IN_USE");
}

}  // namespace
}  // namespace understudy::checkpoint_store
