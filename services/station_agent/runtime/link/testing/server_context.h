#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TESTING_SERVER_CONTEXT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TESTING_SERVER_CONTEXT_H_

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "common/rpc/testing/certificates.h"

namespace understudy::station_agent::runtime::testing {

// A server's context with a new certificate of `name`, by an authority of its own, whose
// certificate is in `files.authorities` then.
inline std::shared_ptr<SSL_CTX> MakeServerContext(const std::string& name,
                                                  const rpc::TlsFiles& files) {
  rpc::testing::Authority("authority of " + name).Issue(name, files);
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context.get(), files.private_key.c_str(), SSL_FILETYPE_PEM),
            1);
  return context;
}

}  // namespace understudy::station_agent::runtime::testing

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TESTING_SERVER_CONTEXT_H_
