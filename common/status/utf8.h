#ifndef UNDERSTUDY_COMMON_STATUS_UTF8_H_
#define UNDERSTUDY_COMMON_STATUS_UTF8_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace understudy {

// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.

// Bytes of the character that `text` begins with; 0 when it does not begin with a valid one.
size_t Utf8CharacterLength(std::string_view text);

// The number of characters (code points); nothing when `text` is not UTF-8.
std::optional<size_t> Utf8Length(std::string_view text);

// `text` with each byte that is not part of a valid character replaced by '?', cut before the
// character that would pass `max_bytes`. A cut is marked by "..." where there is room for it.
// Protobuf's string fields must be UTF-8, and what a caller sent may be anything.
std::string ToValidUtf8(std::string_view text, size_t max_bytes);

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_STATUS_UTF8_H_
