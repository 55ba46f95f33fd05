// Passing whole frames through shared memory that the other process may be writing, may have left
// half written when it was killed, or may have filled with nonsense. Used by both sides.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_MAILBOX_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_MAILBOX_H_

#include <stddef.h>
#include <stdint.h>

#include "services/station_agent/link/station_link_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

// Where one mailbox lies in this process. A value; owns nothing.
typedef struct station_link_box {
  station_link_mailbox* control;
  uint8_t* data;  // two slots of `capacity` bytes
  size_t capacity;
  int fd;                // the segment, for reserving memory; -1: memory is reserved already
  uint64_t file_offset;  // of `data` in the segment
} station_link_box;

// A frame as a reader got it: a copy, whole and checked.
typedef struct station_link_frame {
  uint64_t sequence;
  uint32_t kind;
  uint32_t length;
  uint64_t tag;
  uint8_t sha256[STATION_LINK_HASH_SIZE];
} station_link_frame;

// CRC-32 (the one of zlib and Ethernet): finds torn frames, proves nothing to an adversary.
uint32_t station_link_crc32(const void* data, size_t size);

// Puts a frame; the latest replaces an unread one. `frame->sequence` is ignored; `data` may be NULL
// when frame->length is 0. One writer at a time. Returns 0 or
//   -EMSGSIZE  longer than the mailbox's capacity
//   -ENOSPC    the machine has no memory left for the segment; nothing was written
int station_link_mailbox_write(const station_link_box* box, const station_link_frame* frame,
                               const void* data);

// Copies the current frame to `frame` and `buffer` (`capacity` bytes) when its number is not
// `known`. Never waits, and never trusts what it reads. Returns 0 or
//   -ENOMSG    nothing but the frame `known`
//   -EAGAIN    the writer overtook every attempt; it will ring again
//   -EBADMSG   the frame is damaged: a length past the capacity, or a wrong checksum
int station_link_mailbox_read(const station_link_box* box, uint64_t known,
                              station_link_frame* frame, void* buffer, size_t capacity);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_MAILBOX_H_
