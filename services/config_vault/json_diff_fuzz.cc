// Two texts, divided by the first zero byte: their difference is found or refused, and a document
// does not differ from itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "services/config_vault/json_diff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using understudy::config_vault::DiffJson;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t middle = input.find('\0');
  const std::string_view before = input.substr(0, middle);
  const std::string_view after =
      middle == std::string_view::npos ? std::string_view() : input.substr(middle + 1);
  (void)DiffJson(before, after);
  const auto same = DiffJson(after, after);
  if (same.ok() && !same->empty()) std::abort();
  return 0;
}
