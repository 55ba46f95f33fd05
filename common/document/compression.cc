#include "common/document/compression.h"

#include <zstd.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "common/status/status.h"

namespace understudy {
namespace {

// Past this, configuration documents shrink little and cost much more time.
constexpr int kLevel = 3;
constexpr size_t kMagicSize = 4;

absl::Status TooLarge(const std::string& what) {
  return MakeError(absl::StatusCode::kResourceExhausted, "DOCUMENT_TOO_LARGE",
                   what + "; a document is at most " + std::to_string(kMaxDocumentBytes) + " bytes",
                   {{"limit_bytes", std::to_string(kMaxDocumentBytes)}});
}

absl::Status InvalidEncoding(const std::string& finding) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ENCODING",
                   "expected one zstd frame that states its size; " + finding);
}

// Checked by hand because zstd also reads skippable frames and, where built in, old formats.
bool HasMagic(std::string_view packed) {
  if (packed.size() < kMagicSize) return false;
  for (size_t i = 0; i < kMagicSize; ++i) {
    if (static_cast<uint8_t>(packed[i]) != ((ZSTD_MAGICNUMBER >> (8 * i)) & 0xFF)) return false;
  }
  return true;
}

// What unpacking needs besides the content, some 160 KB: each thread that unpacks keeps its own.
ZSTD_DCtx* KeptContext() {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local const std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  return context.get();
}

}  // namespace

absl::StatusOr<std::string> Pack(std::string_view content) {
  if (content.size() > kMaxDocumentBytes) {
    return TooLarge("the content has " + std::to_string(content.size()) + " bytes");
  }
  std::string packed(ZSTD_compressBound(content.size()), '\0');
  const size_t size =
      ZSTD_compress(packed.data(), packed.size(), content.data(), content.size(), kLevel);
  if (ZSTD_isError(size)) {
    return MakeError(absl::StatusCode::kInternal, "PACK_FAILED",
                     std::string("zstd: ") + ZSTD_getErrorName(size));
  }
  packed.resize(size);
  return packed;
}

absl::StatusOr<size_t> UnpackedSize(std::string_view packed) {
  if (packed.size() > ZSTD_compressBound(kMaxDocumentBytes)) {
    return TooLarge("the packed document has " + std::to_string(packed.size()) + " bytes");
  }
  if (!HasMagic(packed)) return InvalidEncoding("the first bytes are not those of zstd");
  const uint64_t size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return InvalidEncoding("its header is damaged");
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return InvalidEncoding("it states no size");
  if (size > kMaxDocumentBytes) {
    return TooLarge("the frame states " + std::to_string(size) + " bytes");
  }
  const size_t frame = ZSTD_findFrameCompressedSize(packed.data(), packed.size());
  if (ZSTD_isError(frame)) return InvalidEncoding(ZSTD_getErrorName(frame));
  if (frame != packed.size()) {
    return InvalidEncoding(std::to_string(packed.size() - frame) + " bytes follow the frame");
  }
  return static_cast<size_t>(size);
}

absl::StatusOr<std::string> Unpack(std::string_view packed) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const size_t stated, UnpackedSize(packed));
  std::string content(stated, '\0');
  const size_t size = ZSTD_decompressDCtx(KeptContext(), content.data(), content.size(),
                                          packed.data(), packed.size());
  if (ZSTD_isError(size)) return InvalidEncoding(ZSTD_getErrorName(size));
  if (size != stated) {
    return InvalidEncoding("it states " + std::to_string(stated) + " bytes and holds " +
                           std::to_string(size));
  }
  return content;
}

}  // namespace understudy
