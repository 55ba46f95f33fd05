#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_CLIENT_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_CLIENT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "services/checkpoint_store/device/checkpoint_response.h"

/*
 * The device's side of services/checkpoint_store/doc/protocol.md, in C99: no heap, no library, no
 * global state. The program that uses it brings the connection, the digest, the chance and a few
 * bytes that survive deep sleep. doc/device_client.md shows a whole device.
 *
 *   enrolment    checkpoint_enrol until it says CHECKPOINT_OK, with 10 s or more between two
 *   every wake   checkpoint_download, work, checkpoint_upload, sleep
 *
 * A reset or a lost answer between any two steps loses no checkpoint that was acknowledged: begin
 * again with checkpoint_download. Calls block as long as the connection does. One client is used by
 * one thread.
 */

#ifdef __cplusplus
extern "C" {
#endif

#define CHECKPOINT_CLAIM_BYTES 16u
#define CHECKPOINT_NAME_BYTES 32u

/*
 * What must survive deep sleep and reset, in memory that does (RTC memory, flash). Written by the
 * client alone; saved as a whole by the port's `save`. Whatever lies in it at the first start is
 * recognised as none of ours by its check sum.
 */
typedef struct {
  uint32_t check;
  uint8_t stage;
  uint8_t reserved[3];
  uint8_t claim[CHECKPOINT_CLAIM_BYTES];
  /* Text, ended by 0. `next` counts while a POST under it may be under way. */
  char id[CHECKPOINT_IDENTIFIER_DIGITS + 1];
  char next[CHECKPOINT_IDENTIFIER_DIGITS + 1];
} checkpoint_retained;

/* What the device brings. All are needed, but save. */
typedef struct {
  void* context;
  /* Opens the one connection to the store (TLS, with the store's certificate checked). */
  bool (*connect)(void* context);
  /* Sends up to `size` bytes: how many (at least 1), or -1 when the connection is broken or too
   * slow. */
  int32_t (*send)(void* context, const uint8_t* bytes, size_t size);
  /* Receives up to `size` bytes: how many, 0 when the server closed, -1 when broken or too slow. */
  int32_t (*receive)(void* context, uint8_t* bytes, size_t size);
  void (*disconnect)(void* context);
  /* SHA-256: hardware or a library has it. */
  void (*sha256)(void* context, const uint8_t* bytes, size_t size, uint8_t* digest);
  /* Fills with bytes that nobody can predict: identifiers are secrets. */
  bool (*random)(void* context, uint8_t* bytes, size_t size);
  /* Makes `retained` survive, whole or not at all, before it returns. NULL: its memory does so by
   * itself. */
  bool (*save)(void* context, const checkpoint_retained* retained);
} checkpoint_port;

typedef enum {
  CHECKPOINT_OK = 0,
  CHECKPOINT_WAITING,   /* Not yet authorised by the operator: ask again in 10 s or more. */
  CHECKPOINT_NO_ANSWER, /* Sent or not, nobody knows: the same call again is right. */
  CHECKPOINT_LATER,     /* The store asks to wait for retry_after_seconds; then the same call. */
  CHECKPOINT_NONE, /* Nothing kept under this name (or generation): begin afresh, then store. */
  CHECKPOINT_TOO_SMALL, /* The checkpoint needs a buffer of fetched.size bytes. */
  CHECKPOINT_CONFLICT, /* The identifier is another device's, or another with it was quicker: enrol.
                        */
  CHECKPOINT_LOST,     /* The identifier is unknown, dead or revoked: to the operator. */
  CHECKPOINT_REFUSED,  /* http_status and reason say why; the same call is refused again. */
  CHECKPOINT_NOT_SAVED,   /* The port could not save; nothing was sent since. */
  CHECKPOINT_WRONG_ORDER, /* Not enrolled; or stored before anything was fetched. */
  CHECKPOINT_BAD_INPUT    /* A name or content type that the protocol does not have. */
} checkpoint_result;

/* What checkpoint_download tells besides the bytes. */
typedef struct {
  size_t size;
  uint64_t generation;
  uint8_t hash[CHECKPOINT_HASH_BYTES];
  /* The operator's (factory configuration, or a change that was staged), not the device's own. */
  bool from_operator;
} checkpoint_fetched;

/* What a store may tell; zeroes are right. */
typedef struct {
  const char* name;            /* Which checkpoint; NULL or "": the default one. */
  const char* content_type;    /* NULL: application/octet-stream. */
  uint32_t next_wake_seconds;  /* How long the device will sleep; 0: not said. */
  uint16_t battery_millivolts; /* 0: not said. */
  uint8_t battery_percent;     /* 0 to 100, counted if has_battery_percent. */
  bool has_battery_percent;
  /* What was fetched under this name, still unchanged: only what differs is sent. NULL: all is
   * sent. */
  const uint8_t* base;
  const checkpoint_fetched* base_fetched;
} checkpoint_upload_options;

/* Opaque but for the fields that are named here. */
typedef struct {
  /* Of the last answer: 0 when there was none. */
  uint16_t http_status;
  uint32_t retry_after_seconds;
  /* Of the last store that was acknowledged. */
  uint64_t stored_generation;
  /* Bytes that went over the connection since the beginning: radio time, roughly. */
  uint32_t bytes_sent;
  uint32_t bytes_received;

  const checkpoint_port* port;
  checkpoint_retained* retained;
  bool connected;
  bool used; /* The connection has carried an answer: the server may have closed it since. */
  char next[CHECKPOINT_IDENTIFIER_DIGITS + 1];
  checkpoint_response response;
} checkpoint_client;

/*
 * Begins after every wake-up or reset. Port and retained must outlive the client. Memory that is
 * none of ours is made the beginning of an enrolment.
 */
void checkpoint_client_init(checkpoint_client* client, const checkpoint_port* port,
                            checkpoint_retained* retained);

bool checkpoint_enrolled(const checkpoint_client* client);

/* The identifier to show to the operator (label, serial line), or "" before there is one that is
 * free. */
const char* checkpoint_identifier(const checkpoint_client* client);

/*
 * One step of the enrolment: draws a random identifier that is free, then asks whether the operator
 * has created it. OK when it has (or long ago): fetch. WAITING, NO_ANSWER, LATER: again. NOT_SAVED,
 * REFUSED.
 */
checkpoint_result checkpoint_enrol(checkpoint_client* client);

/*
 * The short way, for a device that is prepared at the operator's: the identifier with which the
 * operator has created it already, 8 to 64 hexadecimal digits. BAD_INPUT; REFUSED: no chance to be
 * had.
 */
checkpoint_result checkpoint_provision(checkpoint_client* client, const char* id);

/* Forgets the identifier, to enrol again. */
checkpoint_result checkpoint_forget(checkpoint_client* client);

/*
 * The latest checkpoint under `name` (NULL: the default one) into `buffer`. The bytes were checked
 * against the store's digest. NONE: there is none, and storing one is right. After any other result
 * but OK the buffer's content means nothing.
 */
checkpoint_result checkpoint_download(checkpoint_client* client, const char* name, uint8_t* buffer,
                                      size_t capacity, checkpoint_fetched* fetched);

/*
 * Stores; OK: acknowledged, it is on the store's disk. Goes after a fetch, or after another store.
 * NO_ANSWER and LATER: repeat it, or sleep and begin with a fetch, which tells what was kept.
 * `options` may be NULL.
 */
checkpoint_result checkpoint_upload(checkpoint_client* client, const uint8_t* bytes, size_t size,
                                    const checkpoint_upload_options* options);

/* Closes the connection: before sleep. */
void checkpoint_client_close(checkpoint_client* client);

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_CLIENT_H_ */
