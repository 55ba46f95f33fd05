// However an answer is cut into pieces, the device's reader says the same of it, hands over no more
// than it said, and ends every text within its bounds. The first byte chooses the size of the
// pieces.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "services/checkpoint_store/device/checkpoint_response.h"

namespace {

struct Read {
  checkpoint_response response = {};
  checkpoint_response_result result = CHECKPOINT_RESPONSE_MORE;
  size_t used = 0;
  size_t body = 0;
};

bool Count(void* context, const uint8_t*, size_t size) {
  *static_cast<size_t*>(context) += size;
  return true;
}

void Feed(const uint8_t* data, size_t size, size_t piece, Read& read) {
  checkpoint_response_begin(&read.response, false, Count, &read.body);
  while (read.used < size && read.result == CHECKPOINT_RESPONSE_MORE) {
    const size_t part = piece < size - read.used ? piece : size - read.used;
    size_t used = 0;
    read.result = checkpoint_response_feed(&read.response, data + read.used, part, &used);
    if (used > part || (read.result == CHECKPOINT_RESPONSE_MORE && used != part)) std::abort();
    read.used += used;
  }
}

void Check(const Read& read) {
  if (std::memchr(read.response.next_id, 0, sizeof(read.response.next_id)) == nullptr ||
      std::memchr(read.response.reason, 0, sizeof(read.response.reason)) == nullptr ||
      read.body > read.response.body_size) {
    std::abort();
  }
  if (read.result == CHECKPOINT_RESPONSE_DONE && read.response.status < 200) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Read pieces;
  Read whole;
  Feed(data + 1, size - 1, data[0] % 32 + 1U, pieces);
  Feed(data + 1, size - 1, size, whole);
  Check(pieces);
  if (pieces.result != whole.result || pieces.used != whole.used || pieces.body != whole.body ||
      pieces.response.status != whole.response.status) {
    std::abort();
  }
  return 0;
}
