// The site's own program (the "native process") and the station's agent, over shared memory.
//
//   station_link* link = NULL;
//   if (station_link_open("/understudy-gate-1", 5000, &link) != 0) ...
//   station_link_publish_configuration(link, json, json_size);   // what I run
//   station_link_acknowledge_running(link, sha256_of_json);
//   for (;;) {
//     station_link_event event;
//     if (station_link_wait(link, 200, &event) == 0) switch (event.kind) {
//       case STATION_LINK_EVENT_CONFIGURATION:  // run event.data from now on
//         ... station_link_acknowledge_running(link, sha256_of_what_now_runs); break;
//       case STATION_LINK_EVENT_STAND_DOWN:     // stop working
//         ... station_link_acknowledge_stood_down(link); break;
//       ...
//     }
//     station_link_heartbeat(link);
//   }
//
// Errors: every call that can fail returns 0 or a negative errno value; those worth acting on are
// named at the call. No call waits longer than the time it is given, whatever the agent does: it
// may be killed at any moment, and so may the caller; what the other side reads is always whole.
//
// Threads: station_link_wait is for one thread at a time. All other calls may come from any thread,
// also while another one waits; station_link_close comes last.
//
// The agent and the native process must see the same process ids and the same /dev/shm (one PID
// namespace, one mount).
#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct station_link station_link;

typedef enum station_link_event_kind {
  // Run the document in `data` instead of what runs now. Comes also right after opening when the
  // agent's newest order says so: the program was restarted in the middle of its duty.
  // Answer with station_link_acknowledge_running or station_link_refuse.
  STATION_LINK_EVENT_CONFIGURATION = 1,
  // Stop: another station has the duty, or will. Run nothing, forget the configuration.
  // Answer with station_link_acknowledge_stood_down.
  STATION_LINK_EVENT_STAND_DOWN = 2,
  // The agent's process has ended. Go on as before; noticed within a second. Unless the duty is
  // under strict fencing: then STAND_DOWN follows by itself when the lease runs out.
  STATION_LINK_EVENT_AGENT_LOST = 3,
  // An agent is there (again). Publish and report everything once more: it may be a new one that
  // knows nothing.
  STATION_LINK_EVENT_AGENT_BACK = 4,
} station_link_event_kind;

typedef struct station_link_event {
  station_link_event_kind kind;
  // Of CONFIGURATION: the document, valid until the next station_link_wait on this link.
  const void* data;
  size_t size;
  // Of CONFIGURATION: what the agent says is the document's SHA-256. Hash what you run yourself.
  uint8_t sha256[32];
  // Of STAND_DOWN: the lease ran out without word from the agent.
  int lease_ran_out;
} station_link_event;

typedef struct station_link_custom_indicator {
  const char* name;  // at most 32 bytes
  double value;
} station_link_custom_indicator;

typedef struct station_link_indicators {
  uint64_t memory_bytes;  // that the program uses by its own count; 0: unknown
  double cpu_used;        // share of all cores, 0 to 1
  const station_link_custom_indicator* custom;  // at most 16
  size_t custom_count;
} station_link_indicators;

typedef struct station_link_child {
  const char* id;    // 1 to 128 characters of [A-Za-z0-9._:-]
  const char* type;  // at most 64 bytes, e.g. "camera"
  int alive;
} station_link_child;

// Attaches to the link `name` once its agent is there, waiting at most `timeout_ms` for that.
//   -ETIMEDOUT  no agent came
//   -EBUSY      another native process is attached to this link
//   -EPROTO     the agent's layout is of another version
//   -EACCES     this user may not
int station_link_open(const char* name, int timeout_ms, station_link** link);

// Detaches. `link` may be NULL.
void station_link_close(station_link* link);

// Says what this program runs as its configuration: at once after opening, and at each change. The
// agent checks it and uploads it; only the latest counts.
//   -EMSGSIZE  more than 4 MiB
//   -ENOSPC    the machine has no memory left
int station_link_publish_configuration(station_link* link, const void* data, size_t size);

// Waits at most `timeout_ms` for the next event.
//   -ETIMEDOUT  none came
//   -EINTR      a signal came
int station_link_wait(station_link* link, int timeout_ms, station_link_event* event);

// "I run the document of this SHA-256 (32 bytes)", after a CONFIGURATION event or of its own
// accord.
int station_link_acknowledge_running(station_link* link, const uint8_t* sha256);
// "I run nothing."
int station_link_acknowledge_stood_down(station_link* link);
// "I cannot run what you gave me." `reason` is for people; cut after 256 bytes.
int station_link_refuse(station_link* link, const char* reason);

//   -EINVAL  more custom indicators, or a longer name, than allowed
int station_link_report_indicators(station_link* link, const station_link_indicators* indicators);
// All child devices, at most 1,024; replaces the earlier report.
//   -EINVAL  too many, or an id or type that is too long or empty
int station_link_report_children(station_link* link, const station_link_child* children,
                                 size_t count);

// "My main loop turns": several times a second. An agent that misses it for longer than its limit
// reports the station as failed.
void station_link_heartbeat(station_link* link);

#ifdef __cplusplus
}
#endif

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_LINK_STATION_LINK_H_
