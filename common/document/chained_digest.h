#ifndef UNDERSTUDY_COMMON_DOCUMENT_CHAINED_DIGEST_H_
#define UNDERSTUDY_COMMON_DOCUMENT_CHAINED_DIGEST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "common/document/sha256.h"

namespace understudy {

// Says of the pieces of a stream that all are there, whole and in order: each piece's digest is
// taken over the digest before it (at first 32 zero bytes) and the piece.
class ChainedDigest {
 public:
  void Add(std::string_view piece) {
    std::string chained = Sha256ToBytes(digest_);
    chained += piece;
    digest_ = Sha256Of(chained);
    ++pieces_;
  }

  uint64_t pieces() const { return pieces_; }
  std::string bytes() const { return Sha256ToBytes(digest_); }

 private:
  Sha256 digest_{};
  uint64_t pieces_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_CHAINED_DIGEST_H_
