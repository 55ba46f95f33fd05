// Reads over one stream, of the whole service.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

#include "common/document/compression.h"
#include "common/rpc/channel.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/testing/inbox.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"
#include "services/config_vault/server.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::config_vault {
namespace {

using Documents = v1::Documents::Stub;
using Stream = rpc::ClientStream<v1::ReadRequest, v1::ReadResponse>;

class ReadStreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Config config;
    config.service.listen = "127.0.0.1:0";
    config.data_directory = std::string(std::getenv("TEST_TMPDIR")) + "/vault";
    std::filesystem::remove_all(config.data_directory);
    auto server = Server::Start(config);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::Documents::NewStub(
        rpc::MakeInsecureChannel("127.0.0.1:" + std::to_string(server_->port())));
  }
  void TearDown() override {
    if (stream_ == nullptr) return;
    stream_->Cancel();
    (void)ends_.Take();
  }

  void Put(const std::string& name, const std::string& content) {
    v1::PutRequest request;
    request.set_name(name);
    request.set_content(content);
    const auto put =
        rpc::CallUnaryAndWait(*stub_->async(), &Documents::async::Put, request, absl::Seconds(30));
    ASSERT_TRUE(put.ok()) << put.status();
  }
  void Open() {
    stream_ = Stream::Start(*stub_->async(), &Documents::async::Read,
                            {.on_message =
                                 [this](v1::ReadResponse response) {
                                   for (auto& answer : *response.mutable_answers()) {
                                     answers_.Put(std::move(answer));
                                   }
                                 },
                             .on_done = [this](const absl::Status& status) { ends_.Put(status); }});
  }
  absl::Status AwaitEnd() {
    stream_ = nullptr;
    return ends_.Take();
  }
  static void Add(v1::ReadRequest& request, uint64_t number, const std::string& name,
                  v1::Encoding encoding = v1::ENCODING_ZSTD) {
    v1::ReadRequest::Read& read = *request.add_reads();
    read.set_number(number);
    read.mutable_get()->set_name(name);
    read.mutable_get()->set_encoding(encoding);
  }
  std::map<uint64_t, v1::ReadResponse::Answer> Take(size_t count) {
    std::map<uint64_t, v1::ReadResponse::Answer> answers;
    while (answers.size() < count) {
      v1::ReadResponse::Answer answer = answers_.Take();
      EXPECT_FALSE(answers.contains(answer.number()));
      answers[answer.number()] = std::move(answer);
    }
    return answers;
  }

  std::unique_ptr<Server> server_;
  std::unique_ptr<Documents> stub_;
  rpc::testing::Inbox<v1::ReadResponse::Answer> answers_;
  rpc::testing::Inbox<absl::Status> ends_;
  std::shared_ptr<Stream> stream_;
};

TEST_F(ReadStreamTest, AnswersEachReadByItsNumberInEitherEncodingAndGoesOnAfterAnError) {
  Put("a", "1");
  Open();
  v1::ReadRequest request;
  Add(request, 5, "a", v1::ENCODING_UNSPECIFIED);
  Add(request, 4, "a");
  Add(request, 3, "missing");
  stream_->Send(request);
  auto answers = Take(3);
  EXPECT_EQ(answers[5].found().content(), "1");
  EXPECT_EQ(answers[5].found().info().revision(), 1u);
  EXPECT_EQ(*Unpack(answers[4].found().content()), "1");
  const absl::Status refused = FromStatusProto(answers[3].refused());
  EXPECT_EQ(ErrorReason(refused), "DOCUMENT_NOT_FOUND");
  EXPECT_EQ(ErrorDomain(refused), "config-vault.understudy");
  EXPECT_EQ(ErrorMetadata(refused).at("name"), "missing");
  stream_->Send(request);
  EXPECT_EQ(Take(3).size(), 3u);
}

TEST_F(ReadStreamTest, WhatWasAskedBeforeTheCallerClosedItsHalfIsAnswered) {
  Put("a", "1");
  Open();
  v1::ReadRequest request;
  for (uint64_t number = 0; number < 100; ++number) {
    Add(request, number, "a", v1::ENCODING_UNSPECIFIED);
  }
  stream_->Send(request);
  stream_->HalfClose();
  EXPECT_EQ(Take(100).size(), 100u);
  EXPECT_TRUE(AwaitEnd().ok());
}

TEST_F(ReadStreamTest, AnswersThatTakeMoreThanAMessageMayHoldComeInSeveral) {
  const std::string large = "\"" + std::string((4 << 20) - 2, 'x') + "\"";
  Put("large", large);
  Open();
  v1::ReadRequest request;
  for (uint64_t number = 0; number < 8; ++number) {
    Add(request, number, "large", v1::ENCODING_UNSPECIFIED);
  }
  stream_->Send(request);
  for (const auto& [number, answer] : Take(8)) EXPECT_EQ(answer.found().content(), large);
}

TEST_F(ReadStreamTest, AMalformedMessageEndsTheStreamAndTheNextStreamIsAnswered) {
  Put("a", "1");
  Open();
  v1::ReadRequest twice;
  Add(twice, 1, "a");
  Add(twice, 1, "a");
  stream_->Send(twice);
  EXPECT_EQ(ErrorReason(AwaitEnd()), "READ_NUMBER_REPEATED");
  Open();
  v1::ReadRequest request;
  Add(request, 1, "a");
  stream_->Send(request);
  EXPECT_EQ(Take(1).size(), 1u);
}

TEST_F(ReadStreamTest, ACallerWhoGoesAwayInTheMiddleLeavesTheVaultAsItWas) {
  Put("a", "\"" + std::string(1 << 20, 'x') + "\"");
  for (int round = 0; round < 5; ++round) {
    Open();
    v1::ReadRequest request;
    for (uint64_t number = 0; number < 200; ++number) {
      Add(request, number, "a", v1::ENCODING_UNSPECIFIED);
    }
    stream_->Send(request);
    (void)answers_.Take();
    stream_->Cancel();
    EXPECT_EQ(AwaitEnd().code(), absl::StatusCode::kCancelled);
  }
  while (answers_.size() > 0) (void)answers_.Take();
  Open();
  v1::ReadRequest request;
  Add(request, 1, "a");
  stream_->Send(request);
  EXPECT_TRUE(Take(1)[1].has_found());
}

TEST_F(ReadStreamTest, AShutdownTellsReadersSo) {
  Open();
  v1::ReadRequest request;
  Add(request, 1, "a");
  stream_->Send(request);
  EXPECT_EQ(Take(1).size(), 1u);
  server_.reset();
  EXPECT_EQ(ErrorReason(AwaitEnd()), "SHUTTING_DOWN");
}

}  // namespace
}  // namespace understudy::config_vault
