#include "services/station_agent/tls_contexts.h"

#include <openssl/x509.h>
#include <sys/stat.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace understudy::station_agent {
namespace {

// Null when the file has no certificate that can be read.
std::shared_ptr<SSL_CTX> Load(const std::string& authority_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = authority_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                            : SSL_CTX_load_verify_locations(
                                                  context.get(), authority_file.c_str(), nullptr);
  return loaded == 1 ? context : nullptr;
}

}  // namespace

TlsContexts::FileStamp TlsContexts::StampOf(const std::string& authority_file) {
  const char* path = authority_file.empty() ? X509_get_default_cert_file() : authority_file.c_str();
  struct stat status {};
  if (stat(path, &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size,
          int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec};
}

absl::StatusOr<std::shared_ptr<SSL_CTX>> TlsContexts::Get(const std::string& authority_file) {
  // Before the file is read: what is written meanwhile counts as a change the next time.
  const FileStamp stamp = StampOf(authority_file);
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[authority_file];
  if (entry.context == nullptr || entry.stamp != stamp) {
    entry = Entry{stamp, Load(authority_file)};
  }
  if (entry.context != nullptr) return entry.context;
  return absl::UnavailableError(absl::StrCat("tls: no certificates in ", authority_file));
}

}  // namespace understudy::station_agent
