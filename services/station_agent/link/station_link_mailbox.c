#define _GNU_SOURCE
#include "services/station_agent/link/station_link_mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { kReadAttempts = 8 };

// GCC's ThreadSanitizer refuses atomic_thread_fence, though it sees nothing of another process.
static void full_fence(void) { __sync_synchronize(); }

// Four tables, so that four bytes are taken at a time: a 19 KB document costs some 15 us.
static uint32_t crc_tables[4][256];

__attribute__((constructor)) static void fill_crc_tables(void) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) ? 0xedb88320u : 0u);
    crc_tables[0][i] = crc;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (int t = 1; t < 4; ++t) {
      const uint32_t previous = crc_tables[t - 1][i];
      crc_tables[t][i] = (previous >> 8) ^ crc_tables[0][previous & 0xffu];
    }
  }
}

uint32_t station_link_crc32(const void* data, size_t size) {
  const uint8_t* bytes = data;
  uint32_t crc = 0xffffffffu;
  for (; size >= 4; size -= 4, bytes += 4) {
    crc ^= (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
    crc = crc_tables[3][crc & 0xffu] ^ crc_tables[2][(crc >> 8) & 0xffu] ^
          crc_tables[1][(crc >> 16) & 0xffu] ^ crc_tables[0][crc >> 24];
  }
  for (; size > 0; --size) crc = (crc >> 8) ^ crc_tables[0][(crc ^ *bytes++) & 0xffu];
  return crc ^ 0xffffffffu;
}

static uint32_t header_crc(const station_link_frame_header* header) {
  station_link_frame_header copy = *header;
  copy.header_crc = 0;
  return station_link_crc32(&copy, sizeof copy);
}

// Memory that a hole of the file would need is taken now, where its lack is an error and not a
// SIGBUS.
static int reserve(const station_link_box* box, size_t slot, size_t length) {
  if (box->fd < 0 || length == 0) return 0;
  const off_t offset = (off_t)(box->file_offset + slot * box->capacity);
  while (fallocate(box->fd, 0, offset, (off_t)length) != 0) {
    if (errno != EINTR) return -ENOSPC;
  }
  return 0;
}

int station_link_mailbox_write(const station_link_box* box, const station_link_frame* frame,
                               const void* data) {
  if (frame->length > box->capacity) return -EMSGSIZE;
  uint64_t sequence = __atomic_load_n(&box->control->sequence, __ATOMIC_ACQUIRE) + 1;
  if (sequence == 0) sequence = 2;
  const size_t index = sequence % 2;
  const int reserved = reserve(box, index, frame->length);
  if (reserved != 0) return reserved;

  station_link_frame_header* slot = &box->control->slots[index];
  __atomic_store_n(&slot->sequence, 0, __ATOMIC_RELAXED);
  full_fence();
  if (frame->length > 0) memcpy(box->data + index * box->capacity, data, frame->length);

  station_link_frame_header header = {
      .sequence = sequence, .kind = frame->kind, .length = frame->length, .tag = frame->tag};
  memcpy(header.sha256, frame->sha256, sizeof header.sha256);
  header.data_crc = frame->length > 0 ? station_link_crc32(data, frame->length) : 0;
  header.header_crc = header_crc(&header);
  memcpy((char*)slot + sizeof slot->sequence, (const char*)&header + sizeof header.sequence,
         sizeof header - sizeof header.sequence);
  __atomic_store_n(&slot->sequence, sequence, __ATOMIC_RELEASE);
  __atomic_store_n(&box->control->sequence, sequence, __ATOMIC_RELEASE);
  return 0;
}

// One attempt. -EAGAIN: the writer was in this slot meanwhile.
static int read_slot(const station_link_box* box, uint64_t sequence, station_link_frame* frame,
                     void* buffer, size_t capacity) {
  const size_t index = sequence % 2;
  const station_link_frame_header* slot = &box->control->slots[index];
  if (__atomic_load_n(&slot->sequence, __ATOMIC_ACQUIRE) != sequence) return -EAGAIN;
  // Each number is copied once and only the copy is looked at: the peer may change it any time.
  station_link_frame_header header;
  memcpy(&header, slot, sizeof header);
  __asm__ volatile("" ::: "memory");
  const int plausible = header.header_crc == header_crc(&header) && header.sequence == sequence &&
                        header.length <= box->capacity && header.length <= capacity;
  uint32_t crc = 0;
  if (plausible && header.length > 0) {
    memcpy(buffer, box->data + index * box->capacity, header.length);
    crc = station_link_crc32(buffer, header.length);
  }
  full_fence();
  if (__atomic_load_n(&slot->sequence, __ATOMIC_RELAXED) != sequence) return -EAGAIN;
  if (!plausible || crc != header.data_crc) return -EBADMSG;
  frame->sequence = sequence;
  frame->kind = header.kind;
  frame->length = header.length;
  frame->tag = header.tag;
  memcpy(frame->sha256, header.sha256, sizeof frame->sha256);
  return 0;
}

int station_link_mailbox_read(const station_link_box* box, uint64_t known,
                              station_link_frame* frame, void* buffer, size_t capacity) {
  uint64_t tried = 0;
  for (int attempt = 0; attempt < kReadAttempts; ++attempt) {
    const uint64_t sequence = __atomic_load_n(&box->control->sequence, __ATOMIC_ACQUIRE);
    if (sequence == 0 || sequence == known) return -ENOMSG;
    // A writer enters this slot only after it has made the other one current.
    if (sequence == tried) return -EBADMSG;
    const int result = read_slot(box, sequence, frame, buffer, capacity);
    if (result != -EAGAIN) return result;
    tried = sequence;
  }
  return -EAGAIN;
}
