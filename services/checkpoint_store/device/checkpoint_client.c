#include "services/checkpoint_store/device/checkpoint_client.h"

#include <string.h>

#include "services/checkpoint_store/delta/checkpoint_delta.h"
#include "services/checkpoint_store/device/checkpoint_exchange.h"
#include "services/checkpoint_store/device/checkpoint_retained.h"

#define NEW_ID_BYTES 16u
/* Of 2^128 none is taken by chance: more tries mean that the store or the chance is broken. */
#define MOST_DRAWS 4
#define HEADERS_BYTES 360u
#define CONTENT_TYPE_BYTES 64u

static void copy_id(char* to, const char* from) { memmove(to, from, strlen(from) + 1); }

static bool reason_is(const checkpoint_client* client, const char* reason) {
  return strcmp(client->response.reason, reason) == 0;
}

static enum checkpoint_stage stage_of(const checkpoint_client* client) {
  return (enum checkpoint_stage)client->retained->stage;
}

/*
 * The identifier is dead or unknown. Before this device ever stored under it, another with the same
 * one has: it was quicker, and is further by now.
 */
static checkpoint_result lost(const checkpoint_client* client) {
  return stage_of(client) == CHECKPOINT_STAGE_CREATED ? CHECKPOINT_CONFLICT : CHECKPOINT_LOST;
}

/* What an answer that is no success means, whatever was asked. */
static checkpoint_result meaning(const checkpoint_client* client) {
  switch (client->http_status) {
    case 408:
      return CHECKPOINT_NO_ANSWER;
    case 429:
    case 503:
    case 507:
      return CHECKPOINT_LATER;
    case 410:
      return lost(client);
    case 404:
      return reason_is(client, "UNKNOWN_IDENTIFIER") ? lost(client) : CHECKPOINT_REFUSED;
    case 409:
      return reason_is(client, "CLAIMED_BY_ANOTHER") ? CHECKPOINT_CONFLICT : CHECKPOINT_REFUSED;
    default:
      return CHECKPOINT_REFUSED;
  }
}

static checkpoint_result keep(checkpoint_client* client, enum checkpoint_stage stage) {
  return checkpoint_keep(client->port, client->retained, stage);
}

static bool name_is_valid(const char* name) {
  size_t size = 0;
  for (; *name != '\0'; ++name, ++size) {
    const char c = *name;
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
      return false;
    }
  }
  return size <= CHECKPOINT_NAME_BYTES;
}

void checkpoint_client_init(checkpoint_client* client, const checkpoint_port* port,
                            checkpoint_retained* retained) {
  memset(client, 0, sizeof(*client));
  client->port = port;
  client->retained = retained;
  if (!checkpoint_retained_valid(retained)) {
    /* Saved with the first step of the enrolment. */
    memset(retained, 0, sizeof(*retained));
  }
}

void checkpoint_client_close(checkpoint_client* client) {
  if (client->connected) {
    client->port->disconnect(client->port->context);
  }
  client->connected = false;
  client->used = false;
}

bool checkpoint_enrolled(const checkpoint_client* client) {
  return stage_of(client) >= CHECKPOINT_STAGE_CREATED;
}

const char* checkpoint_identifier(const checkpoint_client* client) {
  return stage_of(client) == CHECKPOINT_STAGE_SHOWN ? client->retained->id : "";
}

checkpoint_result checkpoint_forget(checkpoint_client* client) {
  memset(client->retained, 0, sizeof(*client->retained));
  client->next[0] = '\0';
  return keep(client, CHECKPOINT_STAGE_FRESH);
}

/* --- Enrolment --- */

static checkpoint_result draw(checkpoint_client* client) {
  uint8_t id[NEW_ID_BYTES];
  checkpoint_retained* const retained = client->retained;
  memset(retained, 0, sizeof(*retained));
  if (!client->port->random(client->port->context, retained->claim, CHECKPOINT_CLAIM_BYTES) ||
      !client->port->random(client->port->context, id, sizeof(id))) {
    return CHECKPOINT_REFUSED;
  }
  checkpoint_hex(id, sizeof(id), retained->id);
  return keep(client, CHECKPOINT_STAGE_PROBING);
}

static checkpoint_result ask_head(checkpoint_client* client) {
  checkpoint_request request;
  memset(&request, 0, sizeof(request));
  request.method = "HEAD";
  request.id = client->retained->id;
  request.name = "";
  request.headers = "";
  return checkpoint_exchange(client, &request);
}

/* The identifier is nobody's until it was free: taken now, it is another device's. */
static checkpoint_result probe(checkpoint_client* client) {
  const checkpoint_result asked = ask_head(client);
  if (asked != CHECKPOINT_OK) {
    return asked;
  }
  if (client->http_status == 404) {
    const checkpoint_result kept = keep(client, CHECKPOINT_STAGE_SHOWN);
    return kept == CHECKPOINT_OK ? CHECKPOINT_WAITING : kept;
  }
  return client->http_status == 200 ? CHECKPOINT_CONFLICT : meaning(client);
}

static checkpoint_result draw_until_free(checkpoint_client* client) {
  int draws;
  for (draws = 0; draws < MOST_DRAWS; ++draws) {
    checkpoint_result result = CHECKPOINT_OK;
    if (stage_of(client) != CHECKPOINT_STAGE_PROBING) {
      result = draw(client);
    }
    if (result == CHECKPOINT_OK) {
      result = probe(client);
    }
    if (result != CHECKPOINT_CONFLICT) {
      return result;
    }
    client->retained->stage = CHECKPOINT_STAGE_FRESH;
  }
  return CHECKPOINT_REFUSED;
}

checkpoint_result checkpoint_enrol(checkpoint_client* client) {
  checkpoint_result asked;
  if (checkpoint_enrolled(client)) {
    return CHECKPOINT_OK;
  }
  if (stage_of(client) != CHECKPOINT_STAGE_SHOWN) {
    return draw_until_free(client);
  }
  asked = ask_head(client);
  if (asked != CHECKPOINT_OK) {
    return asked;
  }
  if (client->http_status == 404) {
    return CHECKPOINT_WAITING;
  }
  return client->http_status == 200 ? keep(client, CHECKPOINT_STAGE_CREATED) : meaning(client);
}

checkpoint_result checkpoint_provision(checkpoint_client* client, const char* id) {
  checkpoint_retained* const retained = client->retained;
  const size_t size = strlen(id);
  size_t i;
  if (size < 8 || size > CHECKPOINT_IDENTIFIER_DIGITS || size % 2 != 0) {
    return CHECKPOINT_BAD_INPUT;
  }
  for (i = 0; i < size; i += 2) {
    if (checkpoint_hex_byte(id + i) < 0) {
      return CHECKPOINT_BAD_INPUT;
    }
  }
  memset(retained, 0, sizeof(*retained));
  if (!client->port->random(client->port->context, retained->claim, CHECKPOINT_CLAIM_BYTES)) {
    return CHECKPOINT_REFUSED;
  }
  copy_id(retained->id, id);
  return keep(client, CHECKPOINT_STAGE_CREATED);
}

/* --- Download --- */

typedef struct {
  checkpoint_client* client;
  uint8_t* buffer;
  size_t capacity;
} download;

static bool take_body(void* context, const uint8_t* bytes, size_t size) {
  const download* const to = (const download*)context;
  /* From the response, not counted here: a repeated request begins again. */
  const checkpoint_response* const response = &to->client->response;
  const size_t at = response->body_size - response->body_left;
  if (response->body_size > to->capacity) {
    return false;
  }
  memcpy(to->buffer + at, bytes, size);
  return true;
}

static checkpoint_result ask_get(checkpoint_client* client, const char* id, const char* name,
                                 download* to) {
  checkpoint_request request;
  memset(&request, 0, sizeof(request));
  request.method = "GET";
  request.id = id;
  request.name = name;
  request.headers = "";
  if (to != NULL) {
    request.sink = take_body;
    request.sink_context = to;
  }
  return checkpoint_exchange(client, &request);
}

/* Whether a POST that was under way arrived is found out by asking for what it stored. */
static checkpoint_result settle(checkpoint_client* client, const char* name, download* to,
                                bool* answered) {
  checkpoint_result result;
  *answered = false;
  if (stage_of(client) != CHECKPOINT_STAGE_STORING) {
    return CHECKPOINT_OK;
  }
  result = ask_get(client, client->retained->next, name, to);
  if (result != CHECKPOINT_OK) {
    return result;
  }
  /* A store that was put back from a copy may not know `next`; what it has is under `id`, then. */
  if (reason_is(client, "NOT_STORED_YET") || reason_is(client, "UNKNOWN_IDENTIFIER")) {
    return CHECKPOINT_OK;
  }
  /* Of a name that was never stored the answer is 404 with a next identifier: `next` is alive as
   * well. */
  if (client->http_status != 200 && client->response.next_id[0] == '\0') {
    return meaning(client);
  }
  copy_id(client->retained->id, client->retained->next);
  *answered = true;
  return keep(client, CHECKPOINT_STAGE_READY);
}

/* From an answer to GET with a next identifier. */
static checkpoint_result read_fetched(checkpoint_client* client, const download* to,
                                      checkpoint_fetched* fetched) {
  const checkpoint_response* const response = &client->response;
  uint8_t digest[CHECKPOINT_HASH_BYTES];
  if (response->next_id[0] == '\0') {
    return client->http_status == 200 ? CHECKPOINT_NO_ANSWER : meaning(client);
  }
  copy_id(client->next, response->next_id);
  if (client->http_status != 200) {
    return client->http_status == 404 ? CHECKPOINT_NONE : meaning(client);
  }
  fetched->size = response->body_size;
  fetched->generation = response->generation;
  fetched->from_operator = response->from_operator;
  memcpy(fetched->hash, response->hash, sizeof(fetched->hash));
  if (response->body_refused) {
    return CHECKPOINT_TOO_SMALL;
  }
  client->port->sha256(client->port->context, to->buffer, fetched->size, digest);
  if (!response->has_hash || memcmp(digest, fetched->hash, sizeof(digest)) != 0) {
    client->next[0] = '\0';
    return CHECKPOINT_NO_ANSWER;
  }
  return CHECKPOINT_OK;
}

/*
 * From `next`, if a POST under it was on its way and arrived; else from `id`. A copy of that POST
 * may arrive between the two questions, and make `id` dead: then `next` answers.
 */
static checkpoint_result ask_until_settled(checkpoint_client* client, const char* name,
                                           download* to) {
  int round;
  for (round = 0; round < 2; ++round) {
    bool answered;
    checkpoint_result result = settle(client, name, to, &answered);
    if (result != CHECKPOINT_OK || answered) {
      return result;
    }
    result = ask_get(client, client->retained->id, name, to);
    if (result != CHECKPOINT_OK || stage_of(client) != CHECKPOINT_STAGE_STORING ||
        client->http_status != 410) {
      return result;
    }
  }
  return CHECKPOINT_OK;
}

checkpoint_result checkpoint_download(checkpoint_client* client, const char* name, uint8_t* buffer,
                                      size_t capacity, checkpoint_fetched* fetched) {
  const char* const asked = name == NULL ? "" : name;
  checkpoint_result result;
  download to;
  to.client = client;
  to.buffer = buffer;
  to.capacity = capacity;
  memset(fetched, 0, sizeof(*fetched));
  client->next[0] = '\0';
  if (!name_is_valid(asked)) {
    return CHECKPOINT_BAD_INPUT;
  }
  if (!checkpoint_enrolled(client)) {
    return CHECKPOINT_WRONG_ORDER;
  }
  result = ask_until_settled(client, asked, &to);
  return result == CHECKPOINT_OK ? read_fetched(client, &to, fetched) : result;
}

/* --- Upload --- */

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
  copy_id(client->retained->id, client->retained->next);
  return keep(client, CHECKPOINT_STAGE_READY);
}

/*
 * An earlier POST arrived after all, with another content, before a reset wiped it from memory. Its
 * identifier is good; what is to be stored now goes under the one after it.
 */
static checkpoint_result step_over(checkpoint_client* client, const char* name) {
  checkpoint_result result = adopt_next(client);
  if (result == CHECKPOINT_OK) {
    result = ask_get(client, client->retained->id, name, NULL);
  }
  if (result != CHECKPOINT_OK) {
    return result;
  }
  if (client->response.next_id[0] == '\0') {
    return meaning(client);
  }
  copy_id(client->next, client->response.next_id);
  return CHECKPOINT_OK;
}

static checkpoint_result begin_storing(checkpoint_client* client) {
  if (stage_of(client) == CHECKPOINT_STAGE_STORING) {
    return CHECKPOINT_OK; /* Repeated, or stored before: the same `next`. */
  }
  copy_id(client->retained->next, client->next);
  return keep(client, CHECKPOINT_STAGE_STORING);
}

static checkpoint_result read_stored(checkpoint_client* client) {
  client->stored_generation = client->response.generation;
  copy_id(client->next, client->response.next_id);
  return adopt_next(client);
}

/* Nothing has changed after these: the whole goes under the same identifier. */
static bool wants_the_whole(const checkpoint_client* client, const upload* what) {
  return what->as_delta && (reason_is(client, "BASE_NOT_KEPT") || reason_is(client, "BAD_DELTA") ||
                            reason_is(client, "HASH_MISMATCH"));
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
    } else if (client->http_status == 409 && reason_is(client, "ALREADY_STORED")) {
      result = step_over(client, name);
      if (result != CHECKPOINT_OK) {
        return result;
      }
    } else {
      return meaning(client);
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
  const bool storing = stage_of(client) == CHECKPOINT_STAGE_STORING;
  const char* name;
  upload what;
  what.options = options == NULL ? &none : options;
  what.bytes = bytes;
  what.size = size;
  name = what.options->name == NULL ? "" : what.options->name;
  if (!name_is_valid(name) || size > UINT32_MAX || what.options->battery_percent > 100 ||
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
