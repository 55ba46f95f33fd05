#ifndef UNDERSTUDY_COMMON_DOCUMENT_JSON_STRUCTURE_H_
#define UNDERSTUDY_COMMON_DOCUMENT_JSON_STRUCTURE_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace understudy {

// Where a reader of JSON is: the arrays and objects that are open around it. Knows what a grammar
// does not: how deep it is, and which keys an object has had. Not thread-safe.
class JsonStructure {
 public:
  explicit JsonStructure(size_t max_depth) : max_depth_(max_depth) {}

  // An array or object begins. False when that is deeper than the limit.
  bool BeginArray();
  bool BeginObject();
  // The innermost one ends.
  void End();
  // The innermost object's next key. False when it has had the key before; path() then names it.
  bool Key(const std::string& key);
  // A value that is neither array nor object.
  void Scalar();

  // Of the value read last or being read, as a JSON Pointer (RFC 6901), e.g. "/cameras/3/rtsp"; at
  // most 256 bytes of it.
  std::string path() const;

 private:
  struct Level {
    bool is_array = false;
    // Of an array: the values begun so far.
    size_t values = 0;
    // Of an object.
    std::string key;
    std::set<std::string> keys;
  };

  bool Begin(bool is_array);

  const size_t max_depth_;
  std::vector<Level> levels_;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_DOCUMENT_JSON_STRUCTURE_H_
