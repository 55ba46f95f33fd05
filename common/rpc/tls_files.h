#ifndef UNDERSTUDY_COMMON_RPC_TLS_FILES_H_
#define UNDERSTUDY_COMMON_RPC_TLS_FILES_H_

#include <string>

namespace understudy::rpc {

// Paths of PEM files. They may be replaced while the process runs: a change is seen within a second
// or two and used for new connections.
struct TlsFiles {
  // Our own certificate chain, leaf first.
  std::string certificate;
  std::string private_key;
  // Who may sign the other side's certificate.
  std::string authorities;
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_TLS_FILES_H_
