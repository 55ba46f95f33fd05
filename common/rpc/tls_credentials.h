#ifndef UNDERSTUDY_COMMON_RPC_TLS_CREDENTIALS_H_
#define UNDERSTUDY_COMMON_RPC_TLS_CREDENTIALS_H_

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"

namespace understudy::rpc {

// Credentials of mutual TLS: each side shows a certificate that the other's authorities signed, and
// the client checks the server's name. The files are looked at every 5 s, by one thread for all
// credentials of the same files; a change is used for new connections, open ones go on.
// FAILED_PRECONDITION BAD_TLS_FILES when the files cannot be used now.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files);

// Whether the three files hold a certificate, its private key, and at least one authority.
absl::Status CheckTlsFiles(const TlsFiles& files);

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_TLS_CREDENTIALS_H_
