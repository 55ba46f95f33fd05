#include <string.h>

#include "services/checkpoint_store/delta/checkpoint_delta.h"
#include "services/checkpoint_store/device/checkpoint_internal.h"

#define HEADERS_BYTES 360u
#define CONTENT_TYPE_BYTES 64u

typedef struct {
  const uint8_t* bytes;
  size_t size;
  const checkpoint_upload_options* options;
  uint8_t hash[CHECKPOINT_HASH_BYTES];
  bool as_delta;
} upload;

static bool into_writer(void* context, const uint8_t* bytes, size_t size) {
  return checkpoint_write((checkpoint_writer*)context, bytes, size);
}

static size_t encode(const upload* what, checkpoint_writer* writer) {
  const checkpoint_upload_options* const options = what->options;
  return checkpoint_delta_encode(options->base, (uint32_t)options->base_fetched->size,
                                 options->base_fetched->hash, what->bytes, (uint32_t)what->size,
                                 what->hash, writer == NULL ? NULL : into_writer, writer);
}

static bool write_upload(void* context, struct checkpoint_writer* writer) {
  const upload* const what = (const upload*)context;
  if (what->as_delta) {
    return encode(what, writer) > 0;
  }
  return checkpoint_write(writer, what->bytes, what->size);
}

static void add(char* headers, const char* text) {
  const size_t size = strlen(headers);
  const size_t more = strlen(text);
  /* All that is added is bounded, and HEADERS_BYTES is its sum. */
  if (size + more < HEADERS_BYTES) {
    memcpy(headers + size, text, more + 1);
  }
}

static void add_number(char* headers, const char* name, uint64_t number, const char* end) {
  char text[21];
  add(headers, name);
  add(headers, checkpoint_decimal(number, text));
  add(headers, end);
}

static void add_battery(char* headers, const checkpoint_upload_options* options) {
  if (options->has_battery_percent) {
    add_number(headers, "Battery: ", options->battery_percent,
               options->battery_millivolts > 0 ? "%," : "%\r\n");
  } else if (options->battery_millivolts > 0) {
    add(headers, "Battery: ");
  }
  if (options->battery_millivolts > 0) {
    add_number(headers, "", options->battery_millivolts, "mV\r\n");
  }
}

static void make_headers(const upload* what, char* headers) {
  const checkpoint_upload_options* const options = what->options;
  char hash[2 * CHECKPOINT_HASH_BYTES + 1];
  checkpoint_hex(what->hash, sizeof(what->hash), hash);
  headers[0] = '\0';
  add(headers, "Content-Hash: ");
  add(headers, hash);
  add(headers, "\r\n");
  if (what->as_delta) {
    add(headers, "Content-Type: " CHECKPOINT_DELTA_CONTENT_TYPE "\r\n");
    add_number(headers, "Base-Generation: ", options->base_fetched->generation, "\r\n");
  } else if (options->content_type != NULL) {
    add(headers, "Content-Type: ");
    add(headers, options->content_type);
    add(headers, "\r\n");
  }
  if (options->next_wake_seconds > 0) {
    add_number(headers, "Next-Wake: ", options->next_wake_seconds, "\r\n");
  }
  add_battery(headers, options);
}

static checkpoint_result post(checkpoint_client* client, const upload* what) {
  const checkpoint_upload_options* const options = what->options;
  char headers[HEADERS_BYTES];
  checkpoint_request request;
  make_headers(what, headers);
  memset(&request, 0, sizeof(request));
  request.method = "POST";
  request.id = client->retained->next;
  request.name = options->name == NULL ? "" : options->name;
  request.headers = headers;
  request.body = write_upload;
  request.body_context = (void*)what;
  request.body_size = what->as_delta ? encode(what, NULL) : what->size;
  return checkpoint_exchange(client, &request);
}

/* `next` holds the latest checkpoint now. */
static checkpoint_result adopt_next(checkpoint_client* client) {
  checkpoint_copy_id(client->retained->id, client->retained->next);
  return checkpoint_enter(client, CHECKPOINT_STAGE_READY);
}

/*
 * An earlier POST arrived after all, with another content, before a reset wiped it from memory. Its
 * identifier is good; what is to be stored now goes under the one after it.
 */
static checkpoint_result step_over(checkpoint_client* client, const char* name) {
  checkpoint_result result = adopt_next(client);
  if (result == CHECKPOINT_OK) {
    result = checkpoint_ask_get(client, client->retained->id, name, NULL);
  }
  if (result != CHECKPOINT_OK) {
    return result;
  }
  if (client->response.next_id[0] == '\0') {
    return checkpoint_meaning(client);
  }
  checkpoint_copy_id(client->next, client->response.next_id);
  return CHECKPOINT_OK;
}

static checkpoint_result begin_storing(checkpoint_client* client) {
  if (checkpoint_stage_of(client) == CHECKPOINT_STAGE_STORING) {
    return CHECKPOINT_OK; /* Repeated, or stored before: the same `next`. */
  }
  checkpoint_copy_id(client->retained->next, client->next);
  return checkpoint_enter(client, CHECKPOINT_STAGE_STORING);
}

static checkpoint_result read_stored(checkpoint_client* client) {
  client->stored_generation = client->response.generation;
  checkpoint_copy_id(client->next, client->response.next_id);
  return adopt_next(client);
}

/* Nothing has changed after these: the whole goes under the same identifier. */
static bool wants_the_whole(const checkpoint_client* client, const upload* what) {
  return what->as_delta && (checkpoint_reason_is(client, "BASE_NOT_KEPT") ||
                            checkpoint_reason_is(client, "BAD_DELTA") ||
                            checkpoint_reason_is(client, "HASH_MISMATCH"));
}

static checkpoint_result store(checkpoint_client* client, upload* what, const char* name) {
  int round;
  for (round = 0; round < 3; ++round) {
    checkpoint_result result = begin_storing(client);
    if (result == CHECKPOINT_OK) {
      result = post(client, what);
    }
    if (result != CHECKPOINT_OK) {
      return result;
    }
    if (client->http_status == 200) {
      return read_stored(client);
    }
    if (wants_the_whole(client, what)) {
      what->as_delta = false;
    } else if (client->http_status == 409 && checkpoint_reason_is(client, "ALREADY_STORED")) {
      result = step_over(client, name);
      if (result != CHECKPOINT_OK) {
        return result;
      }
    } else {
      return checkpoint_meaning(client);
    }
  }
  return CHECKPOINT_REFUSED;
}

static bool content_type_is_valid(const char* type) {
  size_t size = 0;
  for (; *type != '\0'; ++type, ++size) {
    if (*type < ' ' || *type > '~') {
      return false;
    }
  }
  return size > 0 && size <= CONTENT_TYPE_BYTES;
}

checkpoint_result checkpoint_upload(checkpoint_client* client, const uint8_t* bytes, size_t size,
                                    const checkpoint_upload_options* options) {
  static const checkpoint_upload_options none;
  const bool storing = checkpoint_stage_of(client) == CHECKPOINT_STAGE_STORING;
  const char* name;
  upload what;
  what.options = options == NULL ? &none : options;
  what.bytes = bytes;
  what.size = size;
  name = what.options->name == NULL ? "" : what.options->name;
  if (!checkpoint_name_is_valid(name) || size > UINT32_MAX || what.options->battery_percent > 100 ||
      (what.options->content_type != NULL && !content_type_is_valid(what.options->content_type))) {
    return CHECKPOINT_BAD_INPUT;
  }
  if (!checkpoint_enrolled(client) || (!storing && client->next[0] == '\0')) {
    return CHECKPOINT_WRONG_ORDER;
  }
  client->port->sha256(client->port->context, bytes, size, what.hash);
  what.as_delta = what.options->base != NULL && what.options->base_fetched != NULL;
  what.as_delta = what.as_delta && encode(&what, NULL) < size;
  return store(client, &what, name);
}
