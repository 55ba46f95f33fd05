#ifndef UNDERSTUDY_COMMON_DOCUMENT_SHA256_HASHER_H_
#define UNDERSTUDY_COMMON_DOCUMENT_SHA256_HASHER_H_

#include <memory>
#include <string_view>

#include "common/document/sha256.h"

struct evp_md_ctx_st;

namespace understudy {

// The SHA-256 of bytes that come in parts, such as a file's. For one thread at a time.
class Sha256Hasher {
 public:
  Sha256Hasher();

  void Add(std::string_view bytes);
  // Of all that was added so far; more may be added.
  Sha256 Digest() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_SHA256_HASHER_H_
