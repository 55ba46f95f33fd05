#include <string.h>

#include "services/checkpoint_store/device/checkpoint_internal.h"

#define NEW_ID_BYTES 16u
/* Of 2^128 none is taken by chance: more tries mean that the store or the chance is broken. */
#define MOST_DRAWS 4

static checkpoint_result draw(checkpoint_client* client) {
  uint8_t id[NEW_ID_BYTES];
  checkpoint_retained* const retained = client->retained;
  memset(retained, 0, sizeof(*retained));
  if (!client->port->random(client->port->context, retained->claim, CHECKPOINT_CLAIM_BYTES) ||
      !client->port->random(client->port->context, id, sizeof(id))) {
    return CHECKPOINT_REFUSED;
  }
  checkpoint_hex(id, sizeof(id), retained->id);
  return checkpoint_enter(client, CHECKPOINT_STAGE_PROBING);
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
    const checkpoint_result kept = checkpoint_enter(client, CHECKPOINT_STAGE_SHOWN);
    return kept == CHECKPOINT_OK ? CHECKPOINT_WAITING : kept;
  }
  return client->http_status == 200 ? CHECKPOINT_CONFLICT : checkpoint_meaning(client);
}

static checkpoint_result draw_until_free(checkpoint_client* client) {
  int draws;
  for (draws = 0; draws < MOST_DRAWS; ++draws) {
    checkpoint_result result = CHECKPOINT_OK;
    if (checkpoint_stage_of(client) != CHECKPOINT_STAGE_PROBING) {
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
  if (checkpoint_stage_of(client) != CHECKPOINT_STAGE_SHOWN) {
    return draw_until_free(client);
  }
  asked = ask_head(client);
  if (asked != CHECKPOINT_OK) {
    return asked;
  }
  if (client->http_status == 404) {
    return CHECKPOINT_WAITING;
  }
  return client->http_status == 200 ? checkpoint_enter(client, CHECKPOINT_STAGE_CREATED)
                                    : checkpoint_meaning(client);
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
  checkpoint_copy_id(retained->id, id);
  return checkpoint_enter(client, CHECKPOINT_STAGE_CREATED);
}
