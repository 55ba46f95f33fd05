// The command line's clients among several control nodes, over real connections.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/clients.h"
#include "common/control_nodes/root_redirect.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"

namespace understudy::cli {
namespace {

namespace vault = config_vault::v1;

// A vault that is root, or says who is.
class FakeVault final : public vault::Documents::CallbackService {
 public:
  FakeVault() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeVault() override { Die(); }
  void Die() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  void Answer(absl::StatusOr<vault::PutResponse> answer) {
    absl::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }

  grpc::ServerUnaryReactor* Put(grpc::CallbackServerContext* context,
                                const vault::PutRequest* request,
                                vault::PutResponse* response) override {
    rpc::UnaryReply<vault::PutResponse> reply(context, response, "test");
    grpc::ServerUnaryReactor* reactor = reply.reactor();
    absl::MutexLock lock(&mutex_);
    request_ids.insert(request->request_id());
    reply.Finish(answer_);
    return reactor;
  }

  std::string address;
  // Read when no call is under way.
  std::set<std::string> request_ids;

 private:
  absl::Mutex mutex_;
  absl::StatusOr<vault::PutResponse> answer_ ABSL_GUARDED_BY(mutex_) =
      MakeNotRootError("there is no root now");
  std::unique_ptr<grpc::Server> server_;
};

class RootClientTest : public testing::Test {
 protected:
  std::unique_ptr<VaultClient> Client(absl::Duration timeout = absl::Seconds(20)) {
    factory_ = MakeGrpcClients({.tls = std::nullopt, .timeout = timeout});
    return *factory_->Vault({{.vault = a_.address}, {.vault = b_.address}, {.vault = c_.address}});
  }
  static vault::PutResponse Revision(uint64_t revision) {
    vault::PutResponse response;
    response.mutable_info()->set_revision(revision);
    return response;
  }
  absl::Status Names(const FakeVault& root) {
    return MakeNotRootError("not here", {.epoch = 4, .addresses = {.vault = root.address}});
  }

  FakeVault a_;
  FakeVault b_;
  FakeVault c_;
  std::unique_ptr<ClientFactory> factory_;
};

TEST_F(RootClientTest, FollowsToTheRootThatIsNamedAndStaysThere) {
  a_.Answer(Names(c_));
  c_.Answer(Revision(7));
  const auto client = Client();
  EXPECT_EQ(client->Put({})->info().revision(), 7u);
  a_.Answer(Revision(1));
  EXPECT_EQ(client->Put({})->info().revision(), 7u);
  EXPECT_TRUE(b_.request_ids.empty());
}

TEST_F(RootClientTest, FindsTheRootAgainWhenItsNodeIsGoneAndWritesOnce) {
  a_.Answer(Names(c_));
  c_.Answer(Revision(7));
  const auto client = Client();
  ASSERT_TRUE(client->Put({}).ok());
  c_.Die();
  b_.Answer(Revision(8));
  a_.Answer(Names(b_));
  EXPECT_EQ(client->Put({})->info().revision(), 8u);
  EXPECT_EQ(b_.request_ids.size(), 1u);
  EXPECT_FALSE(b_.request_ids.contains(""));
}

TEST_F(RootClientTest, SaysSoWhenNobodyIsRoot) {
  const auto client = Client(absl::Milliseconds(300));
  const absl::Status status = client->Put({}).status();
  EXPECT_EQ(ErrorReason(status), "NO_ROOT") << status;
  EXPECT_EQ(a_.request_ids.size(), 1u) << "all attempts are one write";
}

TEST_F(RootClientTest, ARefusalIsAnAnswer) {
  a_.Answer(MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", "changed"));
  const auto client = Client();
  EXPECT_EQ(ErrorReason(client->Put({}).status()), "REVISION_MISMATCH");
  EXPECT_TRUE(b_.request_ids.empty());
}

}  // namespace
}  // namespace understudy::cli
