// TLS of the devices' face, with curl and openssl as clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "common/rpc/testing/certificates.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/checkpoint_store/http/http_server.h"

namespace understudy::checkpoint_store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Tells who asks.
class NamingHandler final : public HttpHandler {
 public:
  void Handle(HttpRequest request, const HttpPeer& peer, Respond respond) override {
    respond({.content_type = "text/plain",
             .body = "peer \"" + peer.certificate_name + "\" body " +
                     std::to_string(request.body.size()) + "\n"});
  }
};

// What a shell command prints, errors included.
std::string Shell(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  char buffer[4096];
  size_t bytes = 0;
  while ((bytes = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, bytes);
  pclose(pipe);
  return output;
}

class HttpTlsTest : public ::testing::Test {
 protected:
  HttpTlsTest() {
    signal(SIGPIPE, SIG_IGN);  // As every service does.
    authority_.Issue("checkpoint-store", files_);
    authority_.Issue("anna", operator_files_);
    server_ = *HttpServer::Start({.listen = "127.0.0.1:0", .tls = files_}, handler_, metrics_,
                                 clock_);
  }

  std::string Curl(const std::string& arguments) {
    return Shell("curl -sS --max-time 30 --cacert " + files_.authorities + " " + arguments +
                 " https://127.0.0.1:" + std::to_string(server_->port()) + "/");
  }
  static std::string CertificateFlags(const rpc::TlsFiles& files) {
    return "--cert " + files.certificate + " --key " + files.private_key;
  }
  // One request over openssl's own client; what it says of the session.
  std::string SClient(const std::string& arguments) {
    return Shell("printf 'GET / HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client "
                 "-connect 127.0.0.1:" + std::to_string(server_->port()) +
                 " -ign_eof -CAfile " + files_.authorities + " " + arguments);
  }

  const rpc::testing::Authority authority_{"site authority"};
  const rpc::TlsFiles files_ = rpc::testing::TlsFilesIn("server");
  const rpc::TlsFiles operator_files_ = rpc::testing::TlsFilesIn("operator");
  const SystemClock clock_;
  metrics::Registry registry_;
  StoreMetrics metrics_{registry_};
  NamingHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpTlsTest, ServesDevicesWithoutACertificateOverTls12AndTls13) {
  EXPECT_EQ(Curl("--tlsv1.2 --tls-max 1.2"), "peer \"\" body 0\n");
  EXPECT_EQ(Curl("--tlsv1.3"), "peer \"\" body 0\n");
  EXPECT_THAT(Curl("--tlsv1.1 --tls-max 1.1"), Not(HasSubstr("peer")));
}

TEST_F(HttpTlsTest, TakesTheCipherThatCostsASmallDeviceLeast) {
  EXPECT_THAT(SClient("-tls1_3"), HasSubstr("Cipher is TLS_AES_128_GCM_SHA256"));
  EXPECT_THAT(SClient("-tls1_2"), HasSubstr("-AES128-GCM-SHA256"));
  const std::string without_aes =
      "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256";
  EXPECT_THAT(SClient(without_aes), HasSubstr("Cipher is TLS_CHACHA20_POLY1305_SHA256"));
}

TEST_F(HttpTlsTest, TakesALargeBodyAndAnswersExpect) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/body";
  std::ofstream(path) << std::string(1 << 20, 'x');
  EXPECT_EQ(Curl("-H 'Expect: 100-continue' --data-binary @" + path), "peer \"\" body 1048576\n");
}

TEST_F(HttpTlsTest, KnowsAnOperatorByTheCertificate) {
  EXPECT_EQ(Curl(CertificateFlags(operator_files_)), "peer \"anna\" body 0\n");
}

TEST_F(HttpTlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  const rpc::TlsFiles strangers = rpc::testing::TlsFilesIn("stranger");
  rpc::testing::Authority("another authority").Issue("anna", strangers);
  EXPECT_THAT(Curl(CertificateFlags(strangers)), Not(HasSubstr("peer")));
  EXPECT_TRUE(testing::Eventually([&] { return metrics_.handshakes_failed.Value() >= 1; }));
}

TEST_F(HttpTlsTest, SessionsAreResumedByTicketWithWhoTheyBelongTo) {
  const std::string session = std::string(std::getenv("TEST_TMPDIR")) + "/session";
  const std::string certificate =
      "-cert " + operator_files_.certificate + " -key " + operator_files_.private_key;
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    const std::string flags = std::string(version) + " " + certificate;
    const std::string first = SClient(flags + " -sess_out " + session);
    EXPECT_THAT(first, HasSubstr("New, TLSv1")) << version;
    const std::string second = SClient(flags + " -sess_in " + session);
    EXPECT_THAT(second, HasSubstr("Reused, TLSv1")) << version;
    EXPECT_THAT(second, HasSubstr("peer \"anna\"")) << version;
  }
  EXPECT_EQ(metrics_.handshakes_resumed.Value(), 2);
  EXPECT_EQ(metrics_.handshakes_full.Value(), 2);
}

TEST_F(HttpTlsTest, AChangedCertificateIsTakenUpAndOldSessionsLiveOn) {
  const std::string session = std::string(std::getenv("TEST_TMPDIR")) + "/kept";
  (void)SClient("-sess_out " + session);
  const std::string before = SClient("");
  authority_.Issue("renewed", files_);
  EXPECT_TRUE(testing::Eventually([&] {
    return SClient("").find("CN = renewed") != std::string::npos;
  }));
  EXPECT_THAT(before, Not(HasSubstr("CN = renewed")));
  EXPECT_THAT(SClient("-sess_in " + session), HasSubstr("Reused, TLSv1"));
}

TEST_F(HttpTlsTest, ChangedAuthoritiesEndOldSessions) {
  const std::string session = std::string(std::getenv("TEST_TMPDIR")) + "/old";
  (void)SClient("-sess_out " + session);
  rpc::testing::Authority("next authority").Issue("moved", files_);
  EXPECT_TRUE(testing::Eventually([&] {
    return SClient("").find("CN = moved") != std::string::npos;
  }));
  EXPECT_THAT(SClient("-sess_in " + session), HasSubstr("New, TLSv1"));
}

TEST_F(HttpTlsTest, ABadCertificateIsRefusedAtTheStartAndIgnoredLater) {
  std::ofstream(files_.certificate) << "no certificate";
  EXPECT_EQ(Curl(""), "peer \"\" body 0\n");
  const auto second = HttpServer::Start({.listen = "127.0.0.1:0", .tls = files_}, handler_,
                                        metrics_, clock_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace understudy::checkpoint_store
