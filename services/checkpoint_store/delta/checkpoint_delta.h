#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_CHECKPOINT_DELTA_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_CHECKPOINT_DELTA_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writes what changed between a checkpoint that was downloaded and the one to upload, in the format
 * of services/checkpoint_store/doc/delta_format.md. C99 and nothing else: no heap, no library, no
 * global state, 48 bytes of state and 16 bytes of stack for output. Thread-safe as long as a writer
 * is used by one thread at a time.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define CHECKPOINT_DELTA_CONTENT_TYPE "application/vnd.understudy.delta"
#define CHECKPOINT_DELTA_SHA256_BYTES 32u

/* Takes the next bytes; false: it cannot, and the writer fails. */
typedef bool (*checkpoint_delta_sink)(void* context, const uint8_t* bytes, size_t size);

/* Opaque; filled by checkpoint_delta_begin. */
typedef struct {
  checkpoint_delta_sink sink;
  void* context;
  uint32_t base_size;
  uint32_t result_size;
  uint32_t covered; /* Of the result. */
  uint32_t cursor;  /* Where the next copy is expected in the base. */
  size_t size;      /* Of the delta so far. */
  bool failed;
} checkpoint_delta_writer;

/*
 * Writes the head. Without a sink (NULL) bytes are only counted: a delta is written twice, first
 * for its Content-Length. The digests are SHA-256 of the whole base and the whole result. False
 * when the sink refused.
 */
bool checkpoint_delta_begin(checkpoint_delta_writer* writer, checkpoint_delta_sink sink,
                            void* context, const uint8_t* base_sha256, uint32_t base_size,
                            const uint8_t* result_sha256, uint32_t result_size);

/*
 * The next `size` bytes of the result are those of the base from `offset` on. False, and nothing
 * can be written any more, when they are not within the base, the result would become too long, or
 * the sink refused. Nothing is written for a size of 0.
 */
bool checkpoint_delta_copy(checkpoint_delta_writer* writer, uint32_t offset, uint32_t size);

/* The next `size` bytes of the result are these. False as above. */
bool checkpoint_delta_insert(checkpoint_delta_writer* writer, const uint8_t* bytes, uint32_t size);

/* Whether all went well and the whole result was told. */
bool checkpoint_delta_end(const checkpoint_delta_writer* writer);

/*
 * All of it for memory of a fixed layout: compares base and result byte by byte at the same place
 * and writes copies for what is the same. (What moved is not found: whoever knows that it moved
 * calls checkpoint_delta_copy.) The size of the delta, or 0 when the sink refused; at most
 * CHECKPOINT_DELTA_MOST(result_size).
 */
size_t checkpoint_delta_encode(const uint8_t* base, uint32_t base_size, const uint8_t* base_sha256,
                               const uint8_t* result, uint32_t result_size,
                               const uint8_t* result_sha256, checkpoint_delta_sink sink,
                               void* context);

/* Head 29; a copy is written only where it is shorter than what it replaces. */
#define CHECKPOINT_DELTA_MOST(result_size) (29u + 5u + (result_size))

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DELTA_CHECKPOINT_DELTA_H_ */
