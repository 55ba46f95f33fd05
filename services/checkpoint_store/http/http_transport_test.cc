// TLS over a pair of sockets, the other side being OpenSSL itself.
#include "services/checkpoint_store/http/http_transport.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "common/rpc/testing/certificates.h"

namespace understudy::checkpoint_store {
namespace {

using Progress = HttpTransport::Progress;

struct Deleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* tls) const { SSL_free(tls); }
};

class TlsTransportTest : public ::testing::Test {
 protected:
  TlsTransportTest() {
    authority_.Issue("server", files_);
    SSL_CTX_use_certificate_chain_file(server_context_.get(), files_.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(server_context_.get(), files_.private_key.c_str(),
                                SSL_FILETYPE_PEM);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets_.data()),
              0);
    server_ = MakeTlsTransport(sockets_[0], server_context_.get());
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), sockets_[1]);
    SSL_set_connect_state(client_.get());
  }
  ~TlsTransportTest() override {
    server_.reset();
    client_.reset();
    for (const int socket : sockets_) close(socket);
  }

  // Both sides in turn until both are done.
  void Shake() {
    Progress server = Progress::kWantsRead;
    int client = 0;
    for (int i = 0; i < 10 && (server != Progress::kDone || client != 1); ++i) {
      client = SSL_do_handshake(client_.get());
      server = server_->Handshake();
    }
    ASSERT_EQ(server, Progress::kDone);
    ASSERT_EQ(client, 1);
  }
  void ClientSends(const std::string& text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  std::string ServerReads(size_t at_most = 4096) {
    std::string text(at_most, '\0');
    size_t moved = 0;
    return server_->Read(text.data(), text.size(), moved) == Progress::kDone
               ? text.substr(0, moved)
               : "";
  }
  std::string ClientReads() {
    std::array<char, 4096> text;
    const int bytes = SSL_read(client_.get(), text.data(), text.size());
    return bytes > 0 ? std::string(text.data(), static_cast<size_t>(bytes)) : "";
  }

  const rpc::testing::Authority authority_{"site authority"};
  const rpc::TlsFiles files_ = rpc::testing::TlsFilesIn("transport");
  const std::unique_ptr<SSL_CTX, Deleter> server_context_{SSL_CTX_new(TLS_server_method())};
  const std::unique_ptr<SSL_CTX, Deleter> client_context_{SSL_CTX_new(TLS_client_method())};
  std::array<int, 2> sockets_{};
  std::unique_ptr<HttpTransport> server_;
  std::unique_ptr<SSL, Deleter> client_;
};

TEST_F(TlsTransportTest, GoesOnAfterItGaveItsMemoryBack) {
  Shake();
  for (const std::string text : {"first", "second"}) {
    ClientSends(text);
    EXPECT_EQ(ServerReads(), text);
    size_t moved = 0;
    EXPECT_EQ(server_->Write("answer", moved), Progress::kDone);
    EXPECT_EQ(moved, 6u);
    EXPECT_EQ(ClientReads(), "answer");
    server_->ReleaseMemory();
  }
}

TEST_F(TlsTransportTest, KeepsWhatItHasNotHandedOutYetWhenItGivesMemoryBack) {
  Shake();
  ClientSends("one record");
  EXPECT_EQ(ServerReads(4), "one ");
  EXPECT_TRUE(server_->has_pending());
  server_->ReleaseMemory();
  EXPECT_EQ(ServerReads(), "record");
  EXPECT_FALSE(server_->has_pending());
  EXPECT_EQ(ServerReads(), "");
}

TEST_F(TlsTransportTest, LeavesOnceTheOtherSideHasLeftToo) {
  Shake();
  EXPECT_EQ(server_->Leave(), Progress::kWantsRead);
  EXPECT_EQ(ClientReads(), "");
  EXPECT_EQ(SSL_get_shutdown(client_.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
  (void)SSL_shutdown(client_.get());
  EXPECT_EQ(server_->Leave(), Progress::kDone);
}

}  // namespace
}  // namespace understudy::checkpoint_store
