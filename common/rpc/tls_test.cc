#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/rpc/client_call.h"
#include "common/rpc/testing/certificates.h"
#include "common/rpc/testing/test_server.h"
#include "common/rpc/tls_credentials.h"
#include "common/status/status.h"

namespace understudy::rpc {
namespace {

using testing::Authority;
using testing::Echo;
using ::testing::HasSubstr;
using testing::SayRequest;
using testing::TestServer;
using testing::TlsFilesIn;

constexpr absl::Duration kLong = absl::Minutes(10);

ServiceConfig Secure(const TlsFiles& files) {
  ServiceConfig config;
  config.tls = files;
  return config;
}

std::shared_ptr<grpc::Channel> Connect(TestServer& server, const TlsFiles& files,
                                       const ChannelOptions& options = {}) {
  auto channel = MakeChannel(absl::StrCat("127.0.0.1:", server.server().port()), files, options);
  EXPECT_TRUE(channel.ok()) << channel.status();
  return channel.value();
}

absl::Status Say(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = Echo::NewStub(channel);
  return CallUnaryAndWait(*stub->async(), &Echo::Stub::async::Say, SayRequest(), kLong).status();
}

// gRPC's name for the threads that watch certificate files.
int Watchers() {
  int watchers = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    watchers += name.starts_with("FileWatcher") ? 1 : 0;
  }
  return watchers;
}

class TlsTest : public ::testing::Test {
 protected:
  const Authority authority_{"site"};
};

TEST_F(TlsTest, ServesAClientOfTheSameAuthority) {
  const TlsFiles server_files = TlsFilesIn("server");
  const TlsFiles client_files = TlsFilesIn("client");
  authority_.Issue("control-1", server_files);
  authority_.Issue("station-1", client_files);
  TestServer server({}, Secure(server_files));
  const absl::Status status = Say(Connect(server, client_files));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(TlsTest, RefusesAClientOfAnotherAuthority) {
  const TlsFiles server_files = TlsFilesIn("server");
  const TlsFiles client_files = TlsFilesIn("client");
  const Authority stranger("stranger");
  stranger.Issue("station-1", client_files);
  authority_.Issue("control-1", server_files);
  // It trusts the server, but shows a certificate that the server does not trust.
  TestServer server({}, Secure(server_files));
  TlsFiles mixed = client_files;
  mixed.authorities = server_files.authorities;
  EXPECT_EQ(Say(Connect(server, mixed)).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, RefusesAClientWithoutACertificate) {
  const TlsFiles server_files = TlsFilesIn("server");
  authority_.Issue("control-1", server_files);
  TestServer server({}, Secure(server_files));
  EXPECT_EQ(Say(server.NewChannel()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, RefusesAServerOfAnotherAuthority) {
  const TlsFiles server_files = TlsFilesIn("server");
  const TlsFiles client_files = TlsFilesIn("client");
  const Authority stranger("stranger");
  stranger.Issue("control-1", server_files);
  authority_.Issue("station-1", client_files);
  TestServer server({}, Secure(server_files));
  EXPECT_EQ(Say(Connect(server, client_files)).code(), absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, RefusesAServerOfAnotherNameUnlessThatNameIsExpected) {
  const TlsFiles server_files = TlsFilesIn("server");
  const TlsFiles client_files = TlsFilesIn("client");
  authority_.Issue("control-1", server_files, /*only_name=*/true);
  authority_.Issue("station-1", client_files);
  TestServer server({}, Secure(server_files));
  EXPECT_EQ(Say(Connect(server, client_files)).code(), absl::StatusCode::kUnavailable);
  const absl::Status status = Say(Connect(server, client_files, {.server_name = "control-1"}));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(TlsTest, UsesReplacedCertificatesForNewConnections) {
  const TlsFiles server_files = TlsFilesIn("server");
  const TlsFiles old_files = TlsFilesIn("old-client");
  const TlsFiles new_files = TlsFilesIn("new-client");
  authority_.Issue("control-1", server_files);
  authority_.Issue("station-1", old_files);
  TestServer server({}, Secure(server_files));
  const auto old_channel = Connect(server, old_files);
  ASSERT_TRUE(Say(old_channel).ok());

  const Authority next("next site");
  next.Issue("station-1", new_files);
  next.Issue("control-1", server_files);
  // Each attempt connects anew; the server looks at its files every 5 s.
  while (!Say(Connect(server, new_files)).ok()) {
  }
  // What was connected goes on.
  EXPECT_TRUE(Say(old_channel).ok());
  EXPECT_FALSE(Say(Connect(server, old_files)).ok());
}

TEST_F(TlsTest, WatchesTheSameFilesWithOneThread) {
  const TlsFiles files = TlsFilesIn("server");
  authority_.Issue("control-1", files);
  const int before = Watchers();
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(MakeServerCredentials(files).ok());
    ASSERT_TRUE(MakeChannelCredentials(files).ok());
  }
  // A thread names itself when it has begun.
  while (Watchers() == before) {
  }
  EXPECT_EQ(Watchers(), before + 1);
}

TEST_F(TlsTest, KeepsTheHealthPortPlain) {
  const TlsFiles server_files = TlsFilesIn("server");
  authority_.Issue("control-1", server_files);
  ServiceConfig config = Secure(server_files);
  config.health_listen = "127.0.0.1:0";
  TestServer server({}, config);
  // Reached without TLS: it answers that it does not know Echo.
  EXPECT_EQ(Say(server.NewChannel("health")).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(TlsTest, SaysWhichFileCannotBeUsed) {
  const TlsFiles good = TlsFilesIn("good");
  const TlsFiles other = TlsFilesIn("other");
  authority_.Issue("control-1", good);
  authority_.Issue("control-2", other);
  EXPECT_TRUE(CheckTlsFiles(good).ok());

  const std::string text = good.certificate + ".txt";
  std::ofstream(text) << "no certificate\n";
  const auto problem = [&good](auto change) {
    TlsFiles files = good;
    change(files);
    const absl::Status status = MakeServerCredentials(files).status();
    EXPECT_EQ(ErrorReason(status), "BAD_TLS_FILES");
    EXPECT_EQ(MakeChannel("127.0.0.1:1", files).status(), status);
    return std::string(status.message());
  };
  EXPECT_THAT(problem([&](TlsFiles& f) { f.certificate = text; }), HasSubstr(text));
  EXPECT_THAT(problem([&](TlsFiles& f) { f.certificate = "/no/such/file"; }),
              HasSubstr("/no/such/file"));
  EXPECT_THAT(problem([&](TlsFiles& f) { f.private_key = text; }), HasSubstr(text));
  EXPECT_THAT(problem([&](TlsFiles& f) { f.private_key = other.private_key; }),
              HasSubstr("found another"));
  EXPECT_THAT(problem([&](TlsFiles& f) { f.authorities = text; }), HasSubstr(text));
}

}  // namespace
}  // namespace understudy::rpc
