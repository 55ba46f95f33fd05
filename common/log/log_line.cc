#include "common/log/log_line.h"

#include <cstdint>
#include <set>

namespace understudy::log {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool IsControl(unsigned char c) { return c < 0x20 || c == 0x7F; }

// Bytes of the UTF-8 sequence that `text` begins with; 0 when it begins with none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, and what lies past U+10FFFF.
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void AppendJsonAscii(char c, std::string& out) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (!IsControl(static_cast<unsigned char>(c))) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[static_cast<uint8_t>(c) >> 4];
  out += kHex[c & 0xF];
}

void AppendEscaped(std::string_view text, bool quoted, std::string& out) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (IsControl(static_cast<unsigned char>(c))) {
      out += "\\x";
      out += kHex[static_cast<uint8_t>(c) >> 4];
      out += kHex[c & 0xF];
    } else {
      if (quoted && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos;
}

}  // namespace

std::string TextLine(std::string_view component, std::string_view message, const Fields& fields) {
  std::string out = "[" + std::string(component) + "] ";
  AppendEscaped(message, false, out);
  for (const auto& [key, value] : fields) {
    out += ' ';
    AppendEscaped(key, false, out);
    out += '=';
    const bool quoted = NeedsQuotes(value);
    if (quoted) out += '"';
    AppendEscaped(value, quoted, out);
    if (quoted) out += '"';
  }
  return out;
}

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 1) {
      AppendJsonAscii(text.front(), out);
    } else {
      out += length == 0 ? kReplacement : text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + "\"";
}

std::string JsonMembers(std::string_view component, std::string_view message,
                        const Fields& fields) {
  std::set<std::string> taken = {"time", "level", "component", "message"};
  std::string out =
      "\"component\":" + JsonString(component) + ",\"message\":" + JsonString(message);
  for (const auto& [key, value] : fields) {
    std::string name = key;
    while (!taken.insert(name).second) name = "_" + name;
    out += "," + JsonString(name) + ":" + JsonString(value);
  }
  return out;
}

}  // namespace understudy::log
