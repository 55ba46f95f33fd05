#include "cli/demo/steady_writer.h"

#include <gtest/gtest.h>

#include "absl/synchronization/mutex.h"
#include "cli/local_fleet/wait.h"
#include "common/testing/eventually.h"

namespace understudy::cli {
namespace {

// Takes writes, or does not; gives back what it took.
class MemoryVault final : public VaultClient {
 public:
  struct Content {
    absl::Mutex mutex;
    bool down = false;
    std::map<std::string, std::string> documents;
  };
  explicit MemoryVault(Content& content) : content_(content) {}

  absl::StatusOr<config_vault::v1::PutResponse> Put(
      const config_vault::v1::PutRequest& request) override {
    absl::MutexLock lock(&content_.mutex);
    if (content_.down) return absl::UnavailableError("down");
    content_.documents[request.name()] = request.content();
    config_vault::v1::PutResponse response;
    response.mutable_info()->set_revision(content_.documents.size());
    return response;
  }
  absl::Status GetMany(const std::vector<config_vault::v1::GetRequest>&,
                       const EachAnswer&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::GetResponse> Get(
      const config_vault::v1::GetRequest& request) override {
    absl::MutexLock lock(&content_.mutex);
    const auto found = content_.documents.find(request.name());
    if (found == content_.documents.end()) return absl::NotFoundError("not there");
    config_vault::v1::GetResponse response;
    response.set_content(found->second);
    response.mutable_info()->set_revision(
        static_cast<uint64_t>(std::stoi(request.name().substr(request.name().find('/') + 1))));
    return response;
  }
  absl::StatusOr<config_vault::v1::ListResponse> List(
      const config_vault::v1::ListRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::HistoryResponse> History(
      const config_vault::v1::HistoryRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::DiffResponse> Diff(
      const config_vault::v1::DiffRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::RollbackResponse> Rollback(
      const config_vault::v1::RollbackRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::DeleteResponse> Delete(
      const config_vault::v1::DeleteRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::Status Watch(const config_vault::v1::WatchRequest&,
                     const Each<config_vault::v1::WatchResponse>&) override {
    return absl::UnimplementedError("");
  }
  void EndWatches() override {}
  absl::StatusOr<config_vault::v1::ListNodesResponse> ListNodes() override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<config_vault::v1::HandOverResponse> HandOver(
      const config_vault::v1::HandOverRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::Status AddNode(const config_vault::v1::AddNodeRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::Status RemoveNode(const config_vault::v1::RemoveNodeRequest&) override {
    return absl::UnimplementedError("");
  }

 private:
  Content& content_;
};

class SteadyWriterTest : public ::testing::Test {
 protected:
  void SetDown(bool down) {
    absl::MutexLock lock(&content_.mutex);
    content_.down = down;
  }
  MemoryVault::Content content_;
  MemoryVault reader_{content_};
  SteadyWriter writer_{std::make_unique<MemoryVault>(content_), "w", absl::Milliseconds(1)};
};

TEST_F(SteadyWriterTest, RemembersWhatWasAcknowledged) {
  EXPECT_TRUE(understudy::testing::Eventually([&] { return writer_.acknowledged().size() > 3; }));
  writer_.Stop();
  const auto all = writer_.acknowledged();
  EXPECT_EQ(all.at("w/2").content, R"({"number": 2})");
  EXPECT_TRUE(MissingFrom(reader_, all, 10).empty());
}

TEST_F(SteadyWriterTest, KnowsWhenWritesGoOnAfterAFailure) {
  EXPECT_TRUE(understudy::testing::Eventually([&] { return !writer_.acknowledged().empty(); }));
  SetDown(true);
  EXPECT_TRUE(understudy::testing::Eventually([&] { return writer_.failed() > 2; }));
  const SteadyTime since = SteadyNow();
  EXPECT_FALSE(writer_.FirstAfter(since).has_value());
  SetDown(false);
  EXPECT_TRUE(
      understudy::testing::Eventually([&] { return writer_.FirstAfter(since).has_value(); }));
  EXPECT_GE(*writer_.FirstAfter(since), since);
}

TEST_F(SteadyWriterTest, FindsWhatIsMissingOrWasChanged) {
  EXPECT_TRUE(understudy::testing::Eventually([&] { return writer_.acknowledged().size() > 3; }));
  writer_.Stop();
  {
    absl::MutexLock lock(&content_.mutex);
    content_.documents.erase("w/1");
    content_.documents["w/2"] = "{}";
  }
  const auto missing = MissingFrom(reader_, writer_.acknowledged(), 10);
  ASSERT_EQ(missing.size(), 2u);
  EXPECT_EQ(missing[0], "w/1: not there");
  EXPECT_EQ(MissingFrom(reader_, writer_.acknowledged(), 1).size(), 1u);
}

}  // namespace
}  // namespace understudy::cli
