#ifndef UNDERSTUDY_COMMON_LOG_LOG_LINE_H_
#define UNDERSTUDY_COMMON_LOG_LOG_LINE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy::log {

using Fields = std::vector<std::pair<std::string, std::string>>;

// "[component] message key=value": control characters are escaped, so that a record stays one line;
// values with spaces or quotes are quoted.
std::string TextLine(std::string_view component, std::string_view message, const Fields& fields);

// `"component":"...","message":"...","key":"value"`: the inside of a JSON object. Bytes that are no
// UTF-8 become U+FFFD. A field named as one of the record's own members gets "_" before its name.
std::string JsonMembers(std::string_view component, std::string_view message, const Fields& fields);

// A JSON string with its quotes.
std::string JsonString(std::string_view text);

}  // namespace understudy::log

#endif  // UNDERSTUDY_COMMON_LOG_LOG_LINE_H_
