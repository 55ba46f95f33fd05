#ifndef UNDERSTUDY_COMMON_RPC_TESTING_CERTIFICATES_H_
#define UNDERSTUDY_COMMON_RPC_TESTING_CERTIFICATES_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "common/rpc/tls_files.h"

namespace understudy::rpc::testing {

// An authority for tests, which signs certificates of loopback addresses.
class Authority {
 public:
  explicit Authority(const std::string& name);

  // Writes a new key, a certificate of `name` (subject, DNS name and, unless `only_name`, the
  // address 127.0.0.1) and this authority's own certificate to the three files, replacing each at
  // once.
  void Issue(const std::string& name, const TlsFiles& files, bool only_name = false) const;

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
  using Certificate = std::unique_ptr<X509, FreeCertificate>;

  static Key MakeKey();
  // Not signed yet.
  static Certificate MakeCertificate(const std::string& name, EVP_PKEY* key);

  Key key_;
  Certificate certificate_;
};

// Three paths of the running test alone: a process looks at files that it has used only now and
// then, so that another test's would be remembered.
TlsFiles TlsFilesIn(const std::string& directory_name);

}  // namespace understudy::rpc::testing

#endif  // UNDERSTUDY_COMMON_RPC_TESTING_CERTIFICATES_H_
