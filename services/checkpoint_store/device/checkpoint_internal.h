#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_INTERNAL_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_INTERNAL_H_

#include "services/checkpoint_store/device/checkpoint_client.h"
#include "services/checkpoint_store/device/checkpoint_exchange.h"
#include "services/checkpoint_store/device/checkpoint_retained.h"

/* What the client's parts share. Not for programs. */

#ifdef __cplusplus
extern "C" {
#endif

/* Where the body of a GET goes. */
typedef struct {
  checkpoint_client* client;
  uint8_t* buffer;
  size_t capacity;
} checkpoint_target;

/* Identifiers are texts of known bounds; they may overlap. */
void checkpoint_copy_id(char* to, const char* from);
bool checkpoint_name_is_valid(const char* name);

/* Whether the last answer gave this reason. */
bool checkpoint_reason_is(const checkpoint_client* client, const char* reason);
/* What an answer that is no success means, whatever was asked. */
checkpoint_result checkpoint_meaning(const checkpoint_client* client);

enum checkpoint_stage checkpoint_stage_of(const checkpoint_client* client);
/* Goes to a stage and keeps it. CHECKPOINT_OK or CHECKPOINT_NOT_SAVED. */
checkpoint_result checkpoint_enter(checkpoint_client* client, enum checkpoint_stage stage);

/* Asks GET; the body goes to `to`, or nowhere (NULL). OK: there is an answer. */
checkpoint_result checkpoint_ask_get(checkpoint_client* client, const char* id, const char* name,
                                     checkpoint_target* to);

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_INTERNAL_H_ */
