#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_PEER_CERTIFICATE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_PEER_CERTIFICATE_H_

#include <openssl/ssl.h>

#include <string>

namespace understudy::checkpoint_store {

// The common name of the other side's certificate if it showed one and our authorities signed it;
// empty otherwise.
std::string PeerCommonName(SSL* ssl);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_PEER_CERTIFICATE_H_
