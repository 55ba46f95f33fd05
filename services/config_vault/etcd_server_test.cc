// Whole vaults on a real etcd, over gRPC.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "common/rpc/channel.h"
#include "common/rpc/client_call.h"
#include "common/rpc/testing/inbox.h"
#include "common/status/status.h"
#include "common/testing/eventually.h"
#include "common/vault/document_reader.h"
#include "services/config_vault/etcd/testing/etcd_process.h"
#include "services/config_vault/server.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::config_vault {
namespace {

using testing::Eventually;

constexpr absl::Duration kTimeout = absl::Seconds(30);

// A vault, and a client of it.
class Vault {
 public:
  Vault(const std::string& name, const std::string& endpoint,
        const std::vector<std::string>& peers = {}) {
    Config config;
    config.service.listen = "127.0.0.1:0";
    config.data_directory = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
    config.engine = EngineKind::kEtcd;
    config.etcd.endpoints = {endpoint};
    config.etcd.write_patience = absl::Milliseconds(300);
    config.etcd.peers = peers;
    auto server = Server::Start(config);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::Documents::NewStub(rpc::MakeInsecureChannel(address()));
    reader_ = vault::DocumentReader::Make(
        v1::Documents::NewStub(rpc::MakeInsecureChannel(address())), {.timeout = kTimeout});
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  absl::StatusOr<v1::PutResponse> Put(const std::string& name, const std::string& content) {
    v1::PutRequest request;
    request.set_name(name);
    request.set_content(content);
    return rpc::CallUnaryAndWait(*stub_->async(), &v1::Documents::Stub::async::Put, request,
                                 kTimeout);
  }
  absl::StatusOr<v1::GetResponse> Get(const std::string& name, bool stale = false,
                                      uint64_t revision = 0) {
    v1::GetRequest request;
    request.set_name(name);
    request.set_revision(revision);
    if (stale) request.set_consistency(type::v1::CONSISTENCY_STALE);
    return rpc::CallUnaryAndWait(*stub_->async(), &v1::Documents::Stub::async::Get, request,
                                 kTimeout);
  }
  // As Get, over a stream.
  absl::StatusOr<v1::GetResponse> Read(const std::string& name, bool stale = false) {
    v1::GetRequest request;
    request.set_name(name);
    if (stale) request.set_consistency(type::v1::CONSISTENCY_STALE);
    const auto results = std::make_shared<rpc::testing::Inbox<vault::DocumentReader::Result>>();
    reader_->Get(request, [results](vault::DocumentReader::Result result) {
      results->Put(std::move(result));
    });
    return results->Take();
  }
  size_t HistoryLength(const std::string& name) {
    v1::HistoryRequest request;
    request.set_name(name);
    const auto history = rpc::CallUnaryAndWait(
        *stub_->async(), &v1::Documents::Stub::async::History, request, kTimeout);
    return history.ok() ? static_cast<size_t>(history->revisions_size()) : 0;
  }
  // It has claimed the root's place.
  bool Reigns() {
    return Eventually([&] { return Put("probe", "1").ok(); });
  }

 private:
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::Documents::Stub> stub_;
  std::shared_ptr<vault::DocumentReader> reader_;
};

TEST(EtcdServerTest, TheNextRootHasWhatTheLastOneAcknowledged) {
  etcd::EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  Vault first("first", etcd.endpoint());
  ASSERT_TRUE(first.Reigns());
  ASSERT_TRUE(first.Put("a", "1").ok());
  Vault second("second", etcd.endpoint());
  ASSERT_TRUE(second.Reigns());
  EXPECT_EQ(second.Get("a")->content(), "1");
  const absl::Status refused = first.Put("a", "2").status();
  EXPECT_EQ(ErrorReason(refused), "NOT_ROOT");
  ASSERT_TRUE(second.Put("a", "3").ok());
  EXPECT_EQ(first.Get("a")->content(), "3");
  ASSERT_TRUE(second.Put("a", "4").ok());
  EXPECT_EQ(first.Read("a")->content(), "4");
  EXPECT_EQ(second.Read("a")->content(), "4");
}

TEST(EtcdServerTest, ANewReplicaTakesTheHistoryFromItsPeer) {
  etcd::EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  Vault old("old", etcd.endpoint());
  ASSERT_TRUE(old.Reigns());
  for (const char* content : {"1", "2", "3"}) ASSERT_TRUE(old.Put("a", content).ok());
  Vault fresh("fresh", etcd.endpoint(), {"127.0.0.1:1", old.address()});
  ASSERT_TRUE(fresh.Reigns());
  EXPECT_EQ(fresh.HistoryLength("a"), 3u);
  EXPECT_EQ(fresh.Get("a", false, 2)->content(), "1");
  Vault alone("alone", etcd.endpoint());
  ASSERT_TRUE(alone.Reigns());
  EXPECT_EQ(alone.HistoryLength("a"), 1u);
}

TEST(EtcdServerTest, WithEtcdGoneStaleReadsGoOnAndWritesSaySinceWhen) {
  etcd::EtcdProcess etcd(std::getenv("TEST_TMPDIR"));
  Vault vault("lonely", etcd.endpoint());
  ASSERT_TRUE(vault.Reigns());
  const auto put = vault.Put("a", "1");
  ASSERT_TRUE(put.ok());
  etcd.Kill();
  EXPECT_EQ(ErrorReason(vault.Put("a", "2").status()), "OUTCOME_UNKNOWN");
  const absl::Status refused = vault.Put("a", "2").status();
  EXPECT_EQ(ErrorReason(refused), "ETCD_UNREACHABLE");
  EXPECT_NE(ErrorMetadata(refused)["since"], "");
  EXPECT_EQ(ErrorReason(vault.Get("a").status()), "ETCD_UNREACHABLE");
  EXPECT_EQ(ErrorReason(vault.Read("a").status()), "ETCD_UNREACHABLE");
  EXPECT_EQ(vault.Read("a", true)->content(), "1");
  const auto stale = vault.Get("a", true);
  ASSERT_TRUE(stale.ok()) << stale.status();
  EXPECT_EQ(stale->content(), "1");
  EXPECT_TRUE(stale->has_data_age());
  EXPECT_TRUE(vault.Get("a", false, put->info().revision()).ok());
  etcd.Start();
  EXPECT_TRUE(Eventually([&] { return vault.Put("a", "3").ok(); }));
  EXPECT_EQ(vault.Get("a")->content(), "3");
}

}  // namespace
}  // namespace understudy::config_vault
