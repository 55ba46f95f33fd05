#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RESPONSE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RESPONSE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads one HTTP/1.1 response of checkpoint-store, in whatever pieces it arrives. No heap, no
 * library; trusts nothing that it reads. Interim responses (100 Continue) are skipped.
 */

#ifdef __cplusplus
extern "C" {
#endif

/* An identifier has 8 to 64 hexadecimal digits. */
#define CHECKPOINT_IDENTIFIER_DIGITS 64u
#define CHECKPOINT_HASH_BYTES 32u
/* Longer lines are read over: none that matters is longer. */
#define CHECKPOINT_LINE_BYTES 88u
/* Status line and headers together; more is no response of ours. */
#define CHECKPOINT_HEAD_BYTES 8192u
#define CHECKPOINT_REASON_BYTES 28u

typedef enum {
  CHECKPOINT_RESPONSE_MORE, /* Give it the next bytes. */
  CHECKPOINT_RESPONSE_DONE,
  CHECKPOINT_RESPONSE_BAD /* It is no response that this protocol knows. */
} checkpoint_response_result;

/* Takes the body's bytes as they come; false: there is no room, and the rest is not offered. */
typedef bool (*checkpoint_body_sink)(void* context, const uint8_t* bytes, size_t size);

typedef struct {
  /* What was read so far; valid when it is done. */
  uint16_t status;              /* 200 to 999. */
  bool closes;                  /* The server closes the connection. */
  bool from_operator;           /* Origin: operator. */
  bool has_generation;          /* */
  bool has_hash;                /* */
  bool body_refused;            /* The sink had no room. */
  uint32_t body_size;           /* As Content-Length said. */
  uint32_t retry_after_seconds; /* 0: not said. */
  uint64_t generation;
  uint8_t hash[CHECKPOINT_HASH_BYTES];            /* Content-Hash. */
  char next_id[CHECKPOINT_IDENTIFIER_DIGITS + 1]; /* Empty: not said. */
  char reason[CHECKPOINT_REASON_BYTES];           /* Empty: not said; longer ones are cut. */

  /* The reader's own. */
  checkpoint_body_sink sink;
  void* context;
  bool no_body;
  bool has_length;
  uint8_t place;
  uint8_t line_size;
  bool line_too_long;
  uint16_t head_size;
  uint32_t body_left;
  char line[CHECKPOINT_LINE_BYTES];
} checkpoint_response;

/*
 * Begins. `no_body`: it answers a HEAD. Only the body of a 200 goes to `sink` (NULL: nowhere); that
 * of an error is read over.
 */
void checkpoint_response_begin(checkpoint_response* response, bool no_body,
                               checkpoint_body_sink sink, void* context);

/*
 * Takes `size` more bytes, at most up to the response's end, and says in `*used` how many. After
 * DONE or BAD it takes none and says the same again.
 */
checkpoint_response_result checkpoint_response_feed(checkpoint_response* response,
                                                    const uint8_t* bytes, size_t size,
                                                    size_t* used);

/* The byte of two hexadecimal digits, or -1. */
int checkpoint_hex_byte(const char* digits);

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RESPONSE_H_ */
