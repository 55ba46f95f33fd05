#include <string.h>

#include "services/checkpoint_store/device/checkpoint_internal.h"

static bool take_body(void* context, const uint8_t* bytes, size_t size) {
  const checkpoint_target* const to = (const checkpoint_target*)context;
  /* From the response, not counted here: a repeated request begins again. */
  const checkpoint_response* const response = &to->client->response;
  const size_t at = response->body_size - response->body_left;
  if (response->body_size > to->capacity) {
    return false;
  }
  memcpy(to->buffer + at, bytes, size);
  return true;
}

checkpoint_result checkpoint_ask_get(checkpoint_client* client, const char* id, const char* name,
                                     checkpoint_target* to) {
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
static checkpoint_result settle(checkpoint_client* client, const char* name, checkpoint_target* to,
                                bool* answered) {
  checkpoint_result result;
  *answered = false;
  if (checkpoint_stage_of(client) != CHECKPOINT_STAGE_STORING) {
    return CHECKPOINT_OK;
  }
  result = checkpoint_ask_get(client, client->retained->next, name, to);
  if (result != CHECKPOINT_OK) {
    return result;
  }
  /* A store that was put back from a copy may not know `next`; what it has is under `id`, then. */
  if (checkpoint_reason_is(client, "NOT_STORED_YET") ||
      checkpoint_reason_is(client, "UNKNOWN_IDENTIFIER")) {
    return CHECKPOINT_OK;
  }
  /* Of a name that was never stored the answer is 404 with a next identifier: `next` is alive as
   * well. */
  if (client->http_status != 200 && client->response.next_id[0] == '\0') {
    return checkpoint_meaning(client);
  }
  checkpoint_copy_id(client->retained->id, client->retained->next);
  *answered = true;
  return checkpoint_enter(client, CHECKPOINT_STAGE_READY);
}

/* From an answer to GET with a next identifier. */
static checkpoint_result read_fetched(checkpoint_client* client, const checkpoint_target* to,
                                      checkpoint_fetched* fetched) {
  const checkpoint_response* const response = &client->response;
  uint8_t digest[CHECKPOINT_HASH_BYTES];
  if (response->next_id[0] == '\0') {
    return client->http_status == 200 ? CHECKPOINT_NO_ANSWER : checkpoint_meaning(client);
  }
  checkpoint_copy_id(client->next, response->next_id);
  if (client->http_status != 200) {
    return client->http_status == 404 ? CHECKPOINT_NONE : checkpoint_meaning(client);
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
                                           checkpoint_target* to) {
  int round;
  for (round = 0; round < 2; ++round) {
    bool answered;
    checkpoint_result result = settle(client, name, to, &answered);
    if (result != CHECKPOINT_OK || answered) {
      return result;
    }
    result = checkpoint_ask_get(client, client->retained->id, name, to);
    if (result != CHECKPOINT_OK || checkpoint_stage_of(client) != CHECKPOINT_STAGE_STORING ||
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
  checkpoint_target to;
  to.client = client;
  to.buffer = buffer;
  to.capacity = capacity;
  memset(fetched, 0, sizeof(*fetched));
  client->next[0] = '\0';
  if (!checkpoint_name_is_valid(asked)) {
    return CHECKPOINT_BAD_INPUT;
  }
  if (!checkpoint_enrolled(client)) {
    return CHECKPOINT_WRONG_ORDER;
  }
  result = ask_until_settled(client, asked, &to);
  return result == CHECKPOINT_OK ? read_fetched(client, &to, fetched) : result;
}
