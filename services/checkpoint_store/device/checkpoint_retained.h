#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RETAINED_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RETAINED_H_

#include "services/checkpoint_store/device/checkpoint_client.h"

/* What survives deep sleep: written with a check sum, so that garbage is not taken for it. */

#ifdef __cplusplus
extern "C" {
#endif

/* What the retained bytes say. Numbers are kept in devices: they do not change. */
enum checkpoint_stage {
  CHECKPOINT_STAGE_FRESH = 0,   /* No identifier. */
  CHECKPOINT_STAGE_PROBING = 1, /* `id` was drawn, and is not known to be free. */
  CHECKPOINT_STAGE_SHOWN = 2,   /* `id` was free, and is shown to the operator. */
  CHECKPOINT_STAGE_CREATED = 3, /* The operator created `id`; nothing was stored yet. */
  CHECKPOINT_STAGE_READY = 4,   /* `id` holds the checkpoint. */
  CHECKPOINT_STAGE_STORING = 5  /* `id` holds it, or `next` does: a POST was under way. */
};

/* Whether the bytes are ours and make sense. */
bool checkpoint_retained_valid(const checkpoint_retained* retained);

/* Changes the stage, sets the check sum and saves. CHECKPOINT_OK or CHECKPOINT_NOT_SAVED. */
checkpoint_result checkpoint_keep(const checkpoint_port* port, checkpoint_retained* retained,
                                  enum checkpoint_stage stage);

#ifdef __cplusplus
}
#endif

#endif /* UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_CHECKPOINT_RETAINED_H_ */
