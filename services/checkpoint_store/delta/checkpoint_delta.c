#include "services/checkpoint_store/delta/checkpoint_delta.h"

#include <string.h>

/* Shorter ones cost more to copy than to repeat: a copy and the head of the next insert. */
#define LEAST_COPY 8u

#define DIGEST_BYTES 8u
#define KIND_COPY 0u
#define KIND_INSERT 1u

static bool put(checkpoint_delta_writer* writer, const uint8_t* bytes, size_t size) {
  if (writer->failed) {
    return false;
  }
  if (writer->sink != NULL && !writer->sink(writer->context, bytes, size)) {
    writer->failed = true;
    return false;
  }
  writer->size += size;
  return true;
}

/* Seven bits a byte, lowest first; the highest bit says that more follow. */
static bool put_number(checkpoint_delta_writer* writer, uint64_t value) {
  uint8_t bytes[10];
  size_t size = 0;
  while (value >= 0x80u) {
    bytes[size++] = (uint8_t)(value | 0x80u);
    value >>= 7;
  }
  bytes[size++] = (uint8_t)value;
  return put(writer, bytes, size);
}

/* 0, -1, 1, -2, ... as 0, 1, 2, 3, ... */
static uint64_t zigzag(int64_t value) {
  return value < 0 ? ((uint64_t)(-(value + 1)) << 1) | 1u : (uint64_t)value << 1;
}

/* Whether `size` more bytes fit in the result; counts them. */
static bool cover(checkpoint_delta_writer* writer, uint32_t size) {
  if (writer->failed || size > writer->result_size - writer->covered) {
    writer->failed = true;
    return false;
  }
  writer->covered += size;
  return true;
}

bool checkpoint_delta_begin(checkpoint_delta_writer* writer, checkpoint_delta_sink sink,
                            void* context, const uint8_t* base_sha256, uint32_t base_size,
                            const uint8_t* result_sha256, uint32_t result_size) {
  static const uint8_t magic[3] = {'U', 'D', 1};
  memset(writer, 0, sizeof(*writer));
  writer->sink = sink;
  writer->context = context;
  writer->base_size = base_size;
  writer->result_size = result_size;
  return put(writer, magic, sizeof(magic)) && put(writer, base_sha256, DIGEST_BYTES) &&
         put(writer, result_sha256, DIGEST_BYTES) && put_number(writer, base_size) &&
         put_number(writer, result_size);
}

bool checkpoint_delta_copy(checkpoint_delta_writer* writer, uint32_t offset, uint32_t size) {
  if (size == 0) {
    return !writer->failed;
  }
  if (offset > writer->base_size || size > writer->base_size - offset) {
    writer->failed = true;
    return false;
  }
  if (!cover(writer, size) || !put_number(writer, ((uint64_t)size << 1) | KIND_COPY) ||
      !put_number(writer, zigzag((int64_t)offset - (int64_t)writer->cursor))) {
    return false;
  }
  writer->cursor = offset + size;
  return true;
}

bool checkpoint_delta_insert(checkpoint_delta_writer* writer, const uint8_t* bytes, uint32_t size) {
  if (size == 0) {
    return !writer->failed;
  }
  if (!cover(writer, size) || !put_number(writer, ((uint64_t)size << 1) | KIND_INSERT) ||
      !put(writer, bytes, size)) {
    return false;
  }
  /* What is inserted mostly takes the place of as many bytes of the base. */
  writer->cursor = size > UINT32_MAX - writer->cursor ? UINT32_MAX : writer->cursor + size;
  return true;
}

bool checkpoint_delta_end(const checkpoint_delta_writer* writer) {
  return !writer->failed && writer->covered == writer->result_size;
}

/* How many bytes from `at` on are the same in both. */
static uint32_t same_run(const uint8_t* base, const uint8_t* result, uint32_t at, uint32_t both) {
  uint32_t end = at;
  while (end < both && base[end] == result[end]) {
    ++end;
  }
  return end - at;
}

size_t checkpoint_delta_encode(const uint8_t* base, uint32_t base_size, const uint8_t* base_sha256,
                               const uint8_t* result, uint32_t result_size,
                               const uint8_t* result_sha256, checkpoint_delta_sink sink,
                               void* context) {
  checkpoint_delta_writer writer;
  const uint32_t both = base_size < result_size ? base_size : result_size;
  uint32_t changed_from = 0; /* What is before it has been written. */
  uint32_t at = 0;
  checkpoint_delta_begin(&writer, sink, context, base_sha256, base_size, result_sha256,
                         result_size);
  while (at < both && !writer.failed) {
    const uint32_t same = same_run(base, result, at, both);
    if (same < LEAST_COPY) {
      at += same < both - at ? same + 1 : same;
      continue;
    }
    checkpoint_delta_insert(&writer, result + changed_from, at - changed_from);
    checkpoint_delta_copy(&writer, at, same);
    at += same;
    changed_from = at;
  }
  if (changed_from < result_size) {
    checkpoint_delta_insert(&writer, result + changed_from, result_size - changed_from);
  }
  return checkpoint_delta_end(&writer) ? writer.size : 0;
}
