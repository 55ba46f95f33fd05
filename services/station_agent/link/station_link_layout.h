// What lies in the shared memory between the station's agent and the site's native process.
//
// Valid as C11 and as C++20. The picture and the offset table are in README.md; the assertions at
// the end hold the two together. All numbers are in the machine's own byte order: the memory never
// leaves the machine.
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_LAYOUT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_LAYOUT_H_

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// "USTLINK1" read as a little-endian number. Written last by the agent that makes the segment.
#define STATION_LINK_MAGIC UINT64_C(0x314b4e494c545355)
#define STATION_LINK_VERSION 2u

// What the name of the agent's bell, a FIFO beside the segment, has after the segment's.
#define STATION_LINK_BELL_SUFFIX ".bell"

#define STATION_LINK_PAGE 4096u
#define STATION_LINK_MAX_DOCUMENT (4u * 1024u * 1024u)
#define STATION_LINK_MAX_CHILDREN 1024u
#define STATION_LINK_MAX_CUSTOM_INDICATORS 16u
#define STATION_LINK_MAX_REASON 256u
#define STATION_LINK_HASH_SIZE 32u

// One of the two processes. Only that process writes here, except for `bell`.
typedef struct station_link_side {
  uint32_t pid;   // 0: nobody was ever here
  uint32_t bell;  // native process only: a futex that the agent rings (adds 1, wakes) when it has
                  // news; the agent's is the FIFO
  uint64_t
      start_time;  // field 22 of /proc/<pid>/stat: tells the process from a later one of its pid
  uint64_t heartbeat;    // grows while the side's main loop turns
  uint64_t lease_until;  // agent only: CLOCK_BOOTTIME nanoseconds after which the duty must not
                         // run; 0: no such limit
  uint32_t generation;   // grows by 1 each time a process attaches on this side
  uint32_t reserved[7];
} station_link_side;

// What is in one slot of a mailbox.
typedef struct station_link_frame_header {
  uint64_t sequence;  // number of the frame; 0 while the slot is being written
  uint32_t kind;
  uint32_t length;                         // of the data, bytes
  uint64_t tag;                            // the order that the frame carries or answers
  uint32_t data_crc;                       // CRC-32 of the data
  uint32_t header_crc;                     // CRC-32 of this header's other fields
  uint8_t sha256[STATION_LINK_HASH_SIZE];  // of the document, where the frame carries or names one
} station_link_frame_header;

// Two slots: the writer fills the one that is not current, then makes it so. A writer that is
// killed at any moment leaves the current slot whole.
typedef struct station_link_mailbox {
  uint64_t sequence;  // of the current frame, which is in slot sequence % 2; 0: no frame yet
  uint64_t reserved[7];
  station_link_frame_header slots[2];
} station_link_mailbox;

// agent -> native
#define STATION_LINK_ORDER_ACTIVATE 1u    // data: the document to run
#define STATION_LINK_ORDER_STAND_DOWN 2u  // no data: run nothing
// native -> agent
#define STATION_LINK_CONFIGURATION 1u   // data: the configuration that the program runs
#define STATION_LINK_ANSWER_RUNNING 1u  // no data; sha256 is what runs
#define STATION_LINK_ANSWER_REFUSED 2u  // data: the reason, at most STATION_LINK_MAX_REASON bytes
#define STATION_LINK_ANSWER_IDLE 3u     // no data: runs nothing
#define STATION_LINK_INDICATORS 1u      // data: station_link_indicators_frame
#define STATION_LINK_CHILDREN 1u        // data: station_link_children_frame, cut after `count`

typedef struct station_link_custom_indicator_entry {
  char name[32];  // zero-filled; not ended by a zero when all 32 are used
  double value;
} station_link_custom_indicator_entry;

typedef struct station_link_indicators_frame {
  uint64_t memory_bytes;
  double cpu_used;
  uint32_t custom_count;
  uint32_t reserved;
  station_link_custom_indicator_entry custom[STATION_LINK_MAX_CUSTOM_INDICATORS];
} station_link_indicators_frame;

typedef struct station_link_child_entry {
  char id[128];   // as above
  char type[64];  // as above
  uint32_t alive;
  uint32_t reserved;
} station_link_child_entry;

typedef struct station_link_children_frame {
  uint32_t count;
  uint32_t reserved;
  station_link_child_entry children[STATION_LINK_MAX_CHILDREN];
} station_link_children_frame;

// The first page.
typedef struct station_link_header {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint64_t total_size;
  uint64_t bell_device;  // with `bell_inode`: st_dev and st_ino of the FIFO that wakes the agent
  uint64_t bell_inode;
  uint64_t reserved[3];
  station_link_side agent;
  station_link_side native;
  station_link_mailbox orders;         // agent -> native
  station_link_mailbox configuration;  // native -> agent
  station_link_mailbox answer;         // native -> agent
  station_link_mailbox indicators;     // native -> agent
  station_link_mailbox children;       // native -> agent
} station_link_header;

// The data of the mailboxes, two slots each, page-aligned.
#define STATION_LINK_SMALL_CAPACITY STATION_LINK_PAGE
#define STATION_LINK_CHILDREN_CAPACITY (51u * STATION_LINK_PAGE)
#define STATION_LINK_ANSWER_OFFSET STATION_LINK_PAGE
#define STATION_LINK_INDICATORS_OFFSET \
  (STATION_LINK_ANSWER_OFFSET + 2u * STATION_LINK_SMALL_CAPACITY)
#define STATION_LINK_CHILDREN_OFFSET \
  (STATION_LINK_INDICATORS_OFFSET + 2u * STATION_LINK_SMALL_CAPACITY)
#define STATION_LINK_ORDERS_OFFSET \
  (STATION_LINK_CHILDREN_OFFSET + 2u * STATION_LINK_CHILDREN_CAPACITY)
#define STATION_LINK_CONFIGURATION_OFFSET \
  (STATION_LINK_ORDERS_OFFSET + 2u * STATION_LINK_MAX_DOCUMENT)
#define STATION_LINK_TOTAL_SIZE (STATION_LINK_CONFIGURATION_OFFSET + 2u * STATION_LINK_MAX_DOCUMENT)

// Bytes of the segment's file that each side locks (open-file-description locks) while attached, so
// that there are never two agents or two native processes on one link. The kernel lets go of them
// when the process dies.
#define STATION_LINK_AGENT_LOCK_BYTE 0
#define STATION_LINK_NATIVE_LOCK_BYTE 1

static_assert(sizeof(station_link_side) == 64, "layout");
static_assert(sizeof(station_link_frame_header) == 64, "layout");
static_assert(sizeof(station_link_mailbox) == 192, "layout");
static_assert(offsetof(station_link_header, bell_device) == 24, "layout");
static_assert(offsetof(station_link_header, agent) == 64, "layout");
static_assert(offsetof(station_link_header, native) == 128, "layout");
static_assert(offsetof(station_link_header, orders) == 192, "layout");
static_assert(offsetof(station_link_header, configuration) == 384, "layout");
static_assert(offsetof(station_link_header, answer) == 576, "layout");
static_assert(offsetof(station_link_header, indicators) == 768, "layout");
static_assert(offsetof(station_link_header, children) == 960, "layout");
static_assert(sizeof(station_link_header) == 1152, "layout");
static_assert(sizeof(station_link_indicators_frame) == 24 + 16 * 40, "layout");
static_assert(sizeof(station_link_child_entry) == 200, "layout");
static_assert(sizeof(station_link_children_frame) <= STATION_LINK_CHILDREN_CAPACITY, "layout");
static_assert(STATION_LINK_TOTAL_SIZE == 17215488u, "layout");

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_LAYOUT_H_
