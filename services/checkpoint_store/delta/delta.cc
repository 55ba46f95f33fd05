#include "services/checkpoint_store/delta/delta.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/document/sha256.h"
#include "common/status/status.h"
#include "services/checkpoint_store/delta/checkpoint_delta.h"

namespace understudy::checkpoint_store {
namespace {

constexpr std::string_view kMagic = "UD\x01";
constexpr size_t kDigestBytes = 8;
// 2^34 - 1 fits in five bytes of seven bits: a length of 32 bits and its kind.
constexpr size_t kMaxNumberBytes = 5;

bool HashIs(std::string_view content, std::string_view digest) {
  const Sha256 whole = Sha256Of(content);
  return std::memcmp(whole.data(), digest.data(), kDigestBytes) == 0;
}

// Reads a delta from front to back.
class DeltaReader {
 public:
  explicit DeltaReader(std::string_view delta) : delta_(delta) {}

  bool AtEnd() const { return at_ == delta_.size(); }

  absl::Status Bad(std::string_view what) const {
    return MakeError(absl::StatusCode::kInvalidArgument, "BAD_DELTA",
                     absl::StrCat("byte ", at_, " of ", delta_.size(), ": ", std::string(what)),
                     {{"offset", absl::StrCat(at_)}});
  }

  absl::StatusOr<std::string_view> Bytes(size_t size) {
    if (size > delta_.size() - at_) {
      return Bad(absl::StrCat("expected ", size, " more bytes, found ", delta_.size() - at_));
    }
    at_ += size;
    return delta_.substr(at_ - size, size);
  }

  absl::StatusOr<uint64_t> Number() {
    uint64_t value = 0;
    for (size_t i = 0; i < kMaxNumberBytes; ++i) {
      if (AtEnd()) return Bad("a number is cut off");
      const auto byte = static_cast<uint8_t>(delta_[at_++]);
      value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
      if ((byte & 0x80) != 0) continue;
      // One way to write each number: nothing can be hidden in it.
      if (i > 0 && byte == 0) return Bad("a number is longer than it needs to be");
      return value;
    }
    return Bad("a number has more than 5 bytes");
  }

 private:
  std::string_view delta_;
  size_t at_ = 0;
};

struct Head {
  std::string_view result_digest;
  uint64_t result_size = 0;
};

absl::StatusOr<Head> ReadHead(DeltaReader& reader, std::string_view base, size_t max_result_bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string_view magic, reader.Bytes(kMagic.size()));
  if (magic != kMagic) return reader.Bad("no delta of version 1: expected 55 44 01");
  Head head;
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string_view base_digest, reader.Bytes(kDigestBytes));
  UNDERSTUDY_ASSIGN_OR_RETURN(head.result_digest, reader.Bytes(kDigestBytes));
  UNDERSTUDY_ASSIGN_OR_RETURN(const uint64_t base_size, reader.Number());
  UNDERSTUDY_ASSIGN_OR_RETURN(head.result_size, reader.Number());
  if (base_size != base.size() || !HashIs(base, base_digest)) {
    const char* const same_size = base_size == base.size() ? " with another SHA-256" : "";
    return reader.Bad(absl::StrCat("made for another base, of ", base_size, " bytes", same_size,
                                   "; this one has ", base.size(),
                                   ": does Base-Generation name the generation it was made from?"));
  }
  if (head.result_size > max_result_bytes) {
    return reader.Bad(absl::StrCat("the result would have ", head.result_size, " bytes; at most ",
                                   max_result_bytes, " are allowed"));
  }
  return head;
}

class DeltaApplier {
 public:
  DeltaApplier(std::string_view base, DeltaReader& reader, const Head& head)
      : base_(base), reader_(reader), head_(head) {}

  absl::StatusOr<std::string> Run() {
    result_.reserve(head_.result_size);
    while (result_.size() < head_.result_size) UNDERSTUDY_RETURN_IF_ERROR(Step());
    if (!reader_.AtEnd()) return reader_.Bad("the result is complete, and bytes are left");
    if (!HashIs(result_, head_.result_digest)) return reader_.Bad("it makes another result");
    return std::move(result_);
  }

 private:
  absl::Status Step() {
    UNDERSTUDY_ASSIGN_OR_RETURN(const uint64_t head, reader_.Number());
    const uint64_t size = head >> 1;
    if (size == 0) return reader_.Bad("a run of no bytes");
    if (size > head_.result_size - result_.size()) {
      return reader_.Bad(absl::StrCat("a run of ", size, " bytes; the result lacks ",
                                      head_.result_size - result_.size()));
    }
    return (head & 1) != 0 ? Insert(size) : Copy(size);
  }

  absl::Status Insert(uint64_t size) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::string_view bytes, reader_.Bytes(size));
    result_.append(bytes);
    cursor_ += static_cast<int64_t>(size);
    return absl::OkStatus();
  }

  absl::Status Copy(uint64_t size) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const uint64_t zigzag, reader_.Number());
    const auto half = static_cast<int64_t>(zigzag >> 1);
    const int64_t offset = cursor_ + ((zigzag & 1) != 0 ? -half - 1 : half);
    if (offset < 0 || static_cast<uint64_t>(offset) > base_.size() ||
        size > base_.size() - static_cast<uint64_t>(offset)) {
      return reader_.Bad(absl::StrCat("a copy of ", size, " bytes from ", offset, "; the base has ",
                                      base_.size()));
    }
    result_.append(base_.substr(static_cast<size_t>(offset), size));
    cursor_ = offset + static_cast<int64_t>(size);
    return absl::OkStatus();
  }

  std::string_view base_;
  DeltaReader& reader_;
  const Head head_;
  std::string result_;
  // Where the next copy is expected. Within the result's bound of the base's end: no overflow.
  int64_t cursor_ = 0;
};

bool Append(void* context, const uint8_t* bytes, size_t size) {
  static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(bytes), size);
  return true;
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

absl::StatusOr<std::string> ApplyDelta(std::string_view base, std::string_view delta,
                                       size_t max_result_bytes) {
  DeltaReader reader(delta);
  UNDERSTUDY_ASSIGN_OR_RETURN(const Head head, ReadHead(reader, base, max_result_bytes));
  return DeltaApplier(base, reader, head).Run();
}

std::string MakeDelta(std::string_view base, std::string_view result) {
  std::string delta;
  const Sha256 base_hash = Sha256Of(base);
  const Sha256 result_hash = Sha256Of(result);
  checkpoint_delta_encode(Bytes(base), static_cast<uint32_t>(base.size()), base_hash.data(),
                          Bytes(result), static_cast<uint32_t>(result.size()), result_hash.data(),
                          Append, &delta);
  return delta;
}

}  // namespace understudy::checkpoint_store
