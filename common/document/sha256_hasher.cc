#include "common/document/sha256_hasher.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

namespace understudy {
namespace {

// Fails only without memory or with a broken OpenSSL; a made-up digest would be worse than
// stopping.
void Check(bool done) {
  if (done) return;
  std::fputs("SHA-256 is not available from OpenSSL\n", stderr);
  std::abort();
}

}  // namespace

void Sha256Hasher::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  Check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256Hasher::Add(std::string_view bytes) {
  Check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Sha256 Sha256Hasher::Digest() const {
  Sha256 digest = {};
  unsigned int size = 0;
  const std::unique_ptr<evp_md_ctx_st, Free> copy(EVP_MD_CTX_new());
  Check(copy != nullptr && EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
        EVP_DigestFinal_ex(copy.get(), digest.data(), &size) == 1 && size == digest.size());
  return digest;
}

}  // namespace understudy
