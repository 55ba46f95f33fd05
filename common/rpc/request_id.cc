#include "common/rpc/request_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "common/random/random.h"

namespace understudy::rpc {

bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
}

std::string NewRequestId() {
  thread_local Random random = Random::FromEntropy();
  return absl::StrFormat("%016x", random.Next());
}

}  // namespace understudy::rpc
