#include "services/checkpoint_store/device/checkpoint_client.h"

#include <string.h>

#include "services/checkpoint_store/device/checkpoint_internal.h"

void checkpoint_copy_id(char* to, const char* from) { memmove(to, from, strlen(from) + 1); }

bool checkpoint_reason_is(const checkpoint_client* client, const char* reason) {
  return strcmp(client->response.reason, reason) == 0;
}

enum checkpoint_stage checkpoint_stage_of(const checkpoint_client* client) {
  return (enum checkpoint_stage)client->retained->stage;
}

/*
 * The identifier is dead or unknown. Before this device ever stored under it, another with the same
 * one has: it was quicker, and is further by now.
 */
static checkpoint_result lost(const checkpoint_client* client) {
  return checkpoint_stage_of(client) == CHECKPOINT_STAGE_CREATED ? CHECKPOINT_CONFLICT
                                                                 : CHECKPOINT_LOST;
}

/* What an answer that is no success means, whatever was asked. */
checkpoint_result checkpoint_meaning(const checkpoint_client* client) {
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
      return checkpoint_reason_is(client, "UNKNOWN_IDENTIFIER") ? lost(client) : CHECKPOINT_REFUSED;
    case 409:
      return checkpoint_reason_is(client, "CLAIMED_BY_ANOTHER") ? CHECKPOINT_CONFLICT
                                                                : CHECKPOINT_REFUSED;
    default:
      return CHECKPOINT_REFUSED;
  }
}

checkpoint_result checkpoint_enter(checkpoint_client* client, enum checkpoint_stage stage) {
  return checkpoint_keep(client->port, client->retained, stage);
}

bool checkpoint_name_is_valid(const char* name) {
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
  return checkpoint_stage_of(client) >= CHECKPOINT_STAGE_CREATED;
}

const char* checkpoint_identifier(const checkpoint_client* client) {
  return checkpoint_stage_of(client) == CHECKPOINT_STAGE_SHOWN ? client->retained->id : "";
}

checkpoint_result checkpoint_forget(checkpoint_client* client) {
  memset(client->retained, 0, sizeof(*client->retained));
  client->next[0] = '\0';
  return checkpoint_enter(client, CHECKPOINT_STAGE_FRESH);
}
