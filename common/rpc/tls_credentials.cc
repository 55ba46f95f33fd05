#include "common/rpc/tls_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/status/status.h"

namespace understudy::rpc {
namespace {

constexpr unsigned kReloadSeconds = 5;

template <typename Thing, void (*Free)(Thing*)>
struct Freer {
  void operator()(Thing* thing) const { Free(thing); }
};
using X509Pointer = std::unique_ptr<X509, Freer<X509, X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using BioPointer = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

absl::Status Bad(const std::string& path, std::string_view what) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "BAD_TLS_FILES",
                   absl::StrCat(path, ": ", std::string(what)));
}

X509Pointer ReadCertificate(const std::string& path) {
  const BioPointer file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return nullptr;
  return X509Pointer(PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr));
}

// A password would be asked for on the terminal: give none.
int NoPassword(char*, int, int, void*) { return 0; }

KeyPointer ReadKey(const std::string& path) {
  const BioPointer file(BIO_new_file(path.c_str(), "r"));
  if (file == nullptr) return nullptr;
  return KeyPointer(PEM_read_bio_PrivateKey(file.get(), nullptr, NoPassword, nullptr));
}

using Provider = grpc::experimental::FileWatcherCertificateProvider;

// The watchers of this process: each is a thread that reads its files every few seconds, so that
// all channels and servers with the same files share one. They are kept for good: a channel holds
// its watcher by gRPC's own count, so that we could not know when the last one goes.
class Watchers {
 public:
  std::shared_ptr<Provider> Find(const TlsFiles& files) {
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<Provider>& provider =
        providers_[{files.private_key, files.certificate, files.authorities}];
    if (provider == nullptr) {
      provider = std::make_shared<Provider>(files.private_key, files.certificate,
                                            files.authorities, kReloadSeconds);
    }
    return provider;
  }

 private:
  absl::Mutex mutex_;
  std::map<std::array<std::string, 3>, std::shared_ptr<Provider>> providers_
      ABSL_GUARDED_BY(mutex_);
};

std::shared_ptr<Provider> Watch(const TlsFiles& files) {
  static Watchers& watchers = *new Watchers();
  return watchers.Find(files);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  const X509Pointer certificate = ReadCertificate(files.certificate);
  if (certificate == nullptr) return Bad(files.certificate, "expected a PEM certificate");
  const KeyPointer key = ReadKey(files.private_key);
  if (key == nullptr) return Bad(files.private_key, "expected an unencrypted PEM private key");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Bad(files.private_key,
               absl::StrCat("expected the private key of ", files.certificate, ", found another"));
  }
  if (ReadCertificate(files.authorities) == nullptr) {
    return Bad(files.authorities, "expected PEM certificates of authorities");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckTlsFiles(files));
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckTlsFiles(files));
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace understudy::rpc
