#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_EXCHANGE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_EXCHANGE_H_

#include "services/checkpoint_store/device/checkpoint_client.h"

/* One request and its response over the client's connection. */

#ifdef __cplusplus
extern "C" {
#endif

/* Writes the body by checkpoint_write; false: the connection broke. */
struct checkpoint_writer;
typedef bool (*checkpoint_body)(void* context, struct checkpoint_writer* writer);

typedef struct {
  const char* method;
  const char* id;
  const char* name; /* "": the default checkpoint. */
  /* Headers, each ended by \r\n; written as they are. */
  const char* headers;
  /* A request with a body has a length. */
  checkpoint_body body;
  void* body_context;
  size_t body_size;
  checkpoint_body_sink sink;
  void* sink_context;
} checkpoint_request;

/* Gathers small pieces, so that they share a packet. */
typedef struct checkpoint_writer {
  checkpoint_client* client;
  size_t size;
  bool broken;
  uint8_t bytes[256];
} checkpoint_writer;

bool checkpoint_write(checkpoint_writer* writer, const uint8_t* bytes, size_t size);

/*
 * Asks, and reads the whole response into client->response. OK: there is one, whatever it says.
 * NO_ANSWER: none, or garbage; the connection is closed then. On a connection that had been idle it
 * is tried once more on a new one: all requests of this protocol may be repeated.
 */
checkpoint_result checkpoint_exchange(checkpoint_client* client, const checkpoint_request* request);

/* Decimal digits into `text` (21 bytes), ended by 0; returns `text`. */
char* checkpoint_decimal(uint64_t value, char* text);

/* `size` bytes as 2 * size digits, ended by 0. */
void checkpoint_hex(const uint8_t* bytes, size_t size, char* text);

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_EXCHANGE_H_ */
