#include "services/checkpoint_store/device/checkpoint_retained.h"

#include <string.h>

/* CRC-32 (IEEE 802.3), bit by bit: 150 bytes a wake-up do not pay for a table. */
static uint32_t check_sum(const checkpoint_retained* retained) {
  const uint8_t* const bytes = (const uint8_t*)retained;
  uint32_t crc = 0xFFFFFFFFu;
  size_t at;
  int bit;
  for (at = sizeof(retained->check); at < sizeof(*retained); ++at) {
    crc ^= bytes[at];
    for (bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
  }
  return ~crc;
}

/* Ended within its bounds. */
static bool ended(const char* text) {
  return memchr(text, 0, CHECKPOINT_IDENTIFIER_DIGITS + 1) != NULL;
}

bool checkpoint_retained_valid(const checkpoint_retained* retained) {
  return retained->check == check_sum(retained) && retained->stage <= CHECKPOINT_STAGE_STORING &&
         ended(retained->id) && ended(retained->next);
}

checkpoint_result checkpoint_keep(const checkpoint_port* port, checkpoint_retained* retained,
                                  enum checkpoint_stage stage) {
  retained->stage = (uint8_t)stage;
  retained->check = check_sum(retained);
  if (port->save != NULL && !port->save(port->context, retained)) {
    return CHECKPOINT_NOT_SAVED;
  }
  return CHECKPOINT_OK;
}
