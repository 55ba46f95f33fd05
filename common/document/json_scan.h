#ifndef UNDERSTUDY_COMMON_DOCUMENT_JSON_SCAN_H_
#define UNDERSTUDY_COMMON_DOCUMENT_JSON_SCAN_H_

#include <cstddef>
#include <string_view>

namespace understudy {

// Longer texts are not scanned: what a thread keeps for scanning grows with them, to some 14 times
// as much.
inline constexpr size_t kMaxScannedBytes = 256 * 1024;

// Whether `text` is surely one JSON text as document_checker.h wants it: UTF-8, at most `max_depth`
// deep, no key twice in an object, no number too large for a double. False says nothing: it may be
// wrong, too long, or good in a way that is seldom seen (integers of more than 64 bits).
//
// Several times as fast as ReadJson, which can say what is wrong and where. Thread-safe; each
// thread keeps what it has allocated.
bool IsSurelyGoodJson(std::string_view text, size_t max_depth);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_JSON_SCAN_H_
