#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TLS_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TLS_LINK_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "services/station_agent/runtime/link/link.h"

namespace understudy::station_agent::runtime {

// TLS over any link, by OpenSSL. `context` decides certificates and verification; it may be shared
// and is kept alive by the connection. The handshake needs a stack of class kLarge.
//
// As a client: `server_name` is sent and, when the context verifies, must be in the certificate.
absl::StatusOr<std::unique_ptr<Link>> ConnectTls(std::unique_ptr<Link> link, SSL_CTX* context,
                                                 const std::string& server_name,
                                                 SteadyTime deadline);
absl::StatusOr<std::unique_ptr<Link>> AcceptTls(std::unique_ptr<Link> link, SSL_CTX* context,
                                                SteadyTime deadline);

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_TLS_LINK_H_
