#include "common/rpc/testing/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>

namespace understudy::rpc::testing {
namespace {

constexpr long kValidSeconds = 24 * 3600;

void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

template <typename Write>
void Replace(const std::string& path, Write write) {
  const std::string part = path + ".part";
  FILE* file = std::fopen(part.c_str(), "w");
  ASSERT_NE(file, nullptr) << part;
  EXPECT_EQ(write(file), 1);
  std::fclose(file);
  EXPECT_EQ(std::rename(part.c_str(), path.c_str()), 0);
}

}  // namespace

Authority::Authority(const std::string& name)
    : key_(MakeKey()), certificate_(MakeCertificate(name, key_.get())) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
}

Authority::Key Authority::MakeKey() { return Key(EVP_EC_gen("P-256")); }

Authority::Certificate Authority::MakeCertificate(const std::string& name, EVP_PKEY* key) {
  static long serial = 0;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kValidSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kValidSeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void Authority::Issue(const std::string& name, const TlsFiles& files, bool only_name) const {
  const Key key = MakeKey();
  const Certificate certificate = MakeCertificate(name, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(certificate.get(), NID_subject_alt_name,
               "DNS:" + name + (only_name ? "" : ",IP:127.0.0.1"));
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  Replace(files.private_key, [&](FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  Replace(files.certificate, [&](FILE* file) { return PEM_write_X509(file, certificate.get()); });
  Replace(files.authorities, [&](FILE* file) { return PEM_write_X509(file, certificate_.get()); });
}

TlsFiles TlsFilesIn(const std::string& directory_name) {
  const std::string directory = ::testing::TempDir() + "/" +
                                ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                                "-" + directory_name;
  mkdir(directory.c_str(), 0700);
  return {directory + "/certificate.pem", directory + "/key.pem", directory + "/authorities.pem"};
}

}  // namespace understudy::rpc::testing
