#include "common/document/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "common/document/json_structure.h"
#include "common/status/status.h"
#include "common/status/utf8.h"

namespace understudy {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

absl::Status InvalidJson(std::string_view content, size_t offset, const std::string& finding,
                         const std::string& path = {}) {
  const std::string_view before = content.substr(0, std::min(offset, content.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  size_t column = 1;
  std::string_view rest = before.substr(before.rfind('\n') + 1);
  for (; !rest.empty(); ++column) {
    rest.remove_prefix(std::max<size_t>(Utf8CharacterLength(rest), 1));
  }
  ErrorMetadataMap metadata = {{"line", std::to_string(line)}, {"column", std::to_string(column)}};
  if (!path.empty()) metadata["path"] = path;
  return MakeError(
      absl::StatusCode::kInvalidArgument, "INVALID_JSON",
      "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + finding,
      metadata);
}

// The library's finding without its own position, and without the text that it read last, which may
// be a secret.
std::string Finding(const nlohmann::json::exception& error) {
  constexpr int kNumberOverflow = 406;
  if (error.id == kNumberOverflow) return "a number is too large for a double";
  const std::string_view what = error.what();
  const size_t begin = what.find("syntax error ");
  if (begin == std::string_view::npos) return "syntax error";
  return std::string(what.substr(begin, what.find("; last read: ") - begin));
}

// Walks over the content and tells how far it has come: the library's reader moves it, and the
// handler, which the library tells no position, asks.
class TrackedIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedIterator(const char* at, const char** tracked) : at_(at), tracked_(tracked) {}

  reference operator*() const { return *at_; }
  TrackedIterator& operator++() {
    *tracked_ = ++at_;
    return *this;
  }
  bool operator==(const TrackedIterator& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** tracked_;
};

// Offset of the quote that opens the string whose closing quote is at `closing`: going back, the
// first quote that is not escaped, which is one after an even number of backslashes.
size_t OpeningQuote(std::string_view content, size_t closing) {
  size_t quote = closing;
  while (quote > 0) {
    --quote;
    if (content[quote] != '"') continue;
    size_t first_backslash = quote;
    while (first_backslash > 0 && content[first_backslash - 1] == '\\') --first_backslash;
    if ((quote - first_backslash) % 2 == 0) return quote;
  }
  return quote;
}

// Listens to the library's reader and stops it at the first thing that is wrong.
class Handler final : public nlohmann::json::json_sax_t {
 public:
  Handler(std::string_view content, size_t max_depth)
      : content_(content), at_(content.data()), max_depth_(max_depth), structure_(max_depth) {}

  TrackedIterator begin() { return TrackedIterator(content_.data(), &at_); }
  TrackedIterator end() { return TrackedIterator(content_.data() + content_.size(), &at_); }
  const absl::Status& status() const { return status_; }

  bool null() override { return Scalar(); }
  bool boolean(bool) override { return Scalar(); }
  bool number_integer(number_integer_t) override { return Scalar(); }
  bool number_unsigned(number_unsigned_t) override { return Scalar(); }
  bool number_float(number_float_t, const string_t&) override { return Scalar(); }
  bool string(string_t&) override { return Scalar(); }
  bool binary(binary_t&) override { return Scalar(); }
  bool start_object(std::size_t) override { return structure_.BeginObject() || TooDeep(); }
  bool start_array(std::size_t) override { return structure_.BeginArray() || TooDeep(); }
  bool end_object() override { return End(); }
  bool end_array() override { return End(); }
  bool key(string_t& key) override { return structure_.Key(key) || Duplicate(); }
  // `position` counts what was read, the character that is wrong included.
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& error) override {
    status_ = InvalidJson(content_, std::max<size_t>(position, 1) - 1, Finding(error));
    return false;
  }

 private:
  bool Scalar() {
    structure_.Scalar();
    return true;
  }
  bool End() {
    structure_.End();
    return true;
  }
  bool TooDeep() {
    status_ = InvalidJson(
        content_, LastRead(),
        "more than " + std::to_string(max_depth_) + " arrays and objects within each other",
        structure_.path());
    return false;
  }
  bool Duplicate() {
    const std::string path = structure_.path();
    status_ = InvalidJson(content_, OpeningQuote(content_, LastRead()),
                          "the key " + path + " is there twice", path);
    return false;
  }
  // The quote, brace or bracket that ended the token: the library looks no further.
  size_t LastRead() const { return static_cast<size_t>(at_ - content_.data()) - 1; }

  const std::string_view content_;
  const char* at_;
  const size_t max_depth_;
  JsonStructure structure_;
  absl::Status status_;
};

}  // namespace

absl::Status ReadJson(std::string_view content, size_t max_depth) {
  if (content.starts_with(kByteOrderMark)) {
    return InvalidJson(content, 0, "a byte-order mark is not allowed");
  }
  // The library takes a zero byte for the end of the text and would not look at what follows.
  const size_t zero = content.find('\0');
  Handler handler(content, max_depth);
  const bool good = nlohmann::json::sax_parse(handler.begin(), handler.end(), &handler);
  if (!handler.status().ok()) return handler.status();
  if (zero != std::string_view::npos) return InvalidJson(content, zero, "a zero byte");
  if (!good) return InvalidJson(content, 0, "syntax error");
  return absl::OkStatus();
}

}  // namespace understudy
