#include "tests/linearizability/recorder.h"

#include <gtest/gtest.h>

#include "cli/testing/fake_clients.h"
#include "common/status/status.h"

namespace understudy::linearizability {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

class RecorderTest : public testing::Test {
 protected:
  Operation Only() {
    const Histories histories = recorder_.Take();
    EXPECT_EQ(histories.size(), 1u);
    EXPECT_EQ(histories.at("a").size(), 1u);
    return histories.at("a").front();
  }

  cli::FakeSite site_;
  std::unique_ptr<cli::ClientFactory> factory_ = cli::MakeFakeClients(site_, {});
  std::unique_ptr<cli::VaultClient> vault_ = *factory_->Vault({ControlNode{.vault = "a:1"}});
  Recorder recorder_;
  RecordingClient client_{4, *vault_, recorder_};
};

TEST_F(RecorderTest, KeepsWhatAWriteWasAnswered) {
  site_.put.mutable_info()->set_revision(9);
  EXPECT_TRUE(client_.Put("a", "x", 7).ok());
  EXPECT_EQ(site_.put_request.expected_revision(), 7u);
  const Operation put = Only();
  EXPECT_EQ(put.kind, Kind::kPut);
  EXPECT_EQ(put.outcome, Outcome::kDone);
  EXPECT_EQ(put.client, 4);
  EXPECT_EQ(put.value, "x");
  EXPECT_EQ(put.revision, 9u);
  EXPECT_LE(put.called_at, put.answered_at);
  EXPECT_EQ(recorder_.acknowledged(), 1u);
  EXPECT_EQ(client_.last_revision(), 9u);
}

TEST_F(RecorderTest, KeepsARefusalWithTheRevisionThatStoodAgainstIt) {
  site_.failure = MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", "changed",
                            {{"current_revision", "12"}});
  EXPECT_FALSE(client_.Put("a", "x", 7).ok());
  const Operation put = Only();
  EXPECT_EQ(put.outcome, Outcome::kRefused);
  EXPECT_EQ(put.revision, 12u);
  EXPECT_EQ(recorder_.acknowledged(), 0u);
}

TEST_F(RecorderTest, AWriteThatFailedOtherwiseMayHaveHappened) {
  site_.failure = MakeError(absl::StatusCode::kUnavailable, "NO_ROOT", "nobody");
  EXPECT_FALSE(client_.Put("a", "x").ok());
  EXPECT_EQ(Only().outcome, Outcome::kUnknown);
}

TEST_F(RecorderTest, AReadThatFailedTellsNothing) {
  site_.failure = absl::UnavailableError("broken");
  EXPECT_FALSE(client_.Get("a").ok());
  EXPECT_TRUE(recorder_.Take().empty());
}

TEST_F(RecorderTest, NoDocumentIsAnAnswerToo) {
  site_.failure = MakeError(absl::StatusCode::kNotFound, "DOCUMENT_NOT_FOUND", "none");
  EXPECT_FALSE(client_.Get("a").ok());
  Operation get = Only();
  EXPECT_EQ(get.outcome, Outcome::kDone);
  EXPECT_FALSE(get.value.has_value());
  EXPECT_FALSE(client_.Delete("a").ok());
  get = Only();
  EXPECT_EQ(get.kind, Kind::kGet) << "a deletion that found nothing saw what a read would see";
}

TEST_F(RecorderTest, KeepsWhatWasRead) {
  site_.get.set_content("x");
  site_.get.mutable_info()->set_revision(4);
  EXPECT_TRUE(client_.Get("a").ok());
  const Operation get = Only();
  EXPECT_EQ(get.value, "x");
  EXPECT_EQ(get.revision, 4u);
}

TEST_F(RecorderTest, ClientsOfOddNumbersReadOverAStream) {
  RecordingClient odd(3, *vault_, recorder_);
  site_.documents["a"].set_content("y");
  site_.documents["a"].mutable_info()->set_revision(5);
  EXPECT_TRUE(odd.Get("a").ok());
  const Operation get = Only();
  EXPECT_EQ(get.client, 3);
  EXPECT_EQ(get.value, "y");
  EXPECT_EQ(get.revision, 5u);
  EXPECT_EQ(ErrorReason(odd.Get("b")), "DOCUMENT_NOT_FOUND");
}

}  // namespace
}  // namespace understudy::linearizability
