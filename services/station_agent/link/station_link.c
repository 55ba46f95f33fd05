#define _GNU_SOURCE
#include "services/station_agent/link/station_link.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "services/station_agent/link/station_link_bell.h"
#include "services/station_agent/link/station_link_process.h"
#include "services/station_agent/link/station_link_segment.h"

static const int64_t kMillisecond = 1000000;
// How often the agent's life is looked at while waiting: its death is known within this time.
static const int64_t kSlice = 400 * 1000000ll;
static const int64_t kOpenPoll = 10 * 1000000ll;

struct station_link {
  char* name;
  // Guards the mapping (a wait may replace it) and the mailboxes that this side writes.
  pthread_mutex_t mutex;
  station_link_segment segment;
  // Of the waiting thread.
  int agent_pidfd;  // -1: no agent lives
  uint32_t agent_pid;
  uint64_t order_seen;
  uint64_t lease_handled;
  uint8_t* document;
  // The order that answers refer to.
  uint64_t order_tag;
};

static void sleep_ns(int64_t duration) {
  const struct timespec time = {.tv_sec = duration / 1000000000, .tv_nsec = duration % 1000000000};
  nanosleep(&time, NULL);
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

// Opens the descriptor of the agent that signed in, if it lives.
static int meet_agent(const station_link_segment* segment, uint32_t* pid) {
  const station_link_side* agent = &segment->header->agent;
  *pid = __atomic_load_n(&agent->pid, __ATOMIC_SEQ_CST);
  return station_link_open_process(*pid, __atomic_load_n(&agent->start_time, __ATOMIC_SEQ_CST));
}

static void greet_agent(station_link_segment* segment) {
  station_link_sign_in(&segment->header->native);
  station_link_ring_fifo(segment->bell);
}

// What an earlier process said of itself is no longer so.
static void forget_predecessor(station_link_segment* segment) {
  const station_link_frame idle = {.kind = STATION_LINK_ANSWER_IDLE};
  const station_link_frame childless = {.kind = STATION_LINK_CHILDREN,
                                        .length = offsetof(station_link_children_frame, children)};
  const station_link_frame unknown = {.kind = STATION_LINK_INDICATORS,
                                      .length = sizeof(station_link_indicators_frame)};
  const station_link_indicators_frame zeros = {0};
  station_link_mailbox_write(&segment->answer, &idle, NULL);
  station_link_mailbox_write(&segment->children, &childless, &zeros);
  station_link_mailbox_write(&segment->indicators, &unknown, &zeros);
}

// Finds a segment with a living agent. -ENOENT: not yet.
static int attach(station_link* link) {
  int result = station_link_find(link->name, &link->segment);
  if (result != 0) return result;
  const int pidfd = meet_agent(&link->segment, &link->agent_pid);
  if (pidfd < 0) {
    station_link_unmap(&link->segment);
    return -ENOENT;
  }
  link->agent_pidfd = pidfd;
  forget_predecessor(&link->segment);
  greet_agent(&link->segment);
  return 0;
}

static station_link* new_link(const char* name) {
  station_link* link = calloc(1, sizeof *link);
  if (link == NULL) return NULL;
  link->name = strdup(name);
  link->document = malloc(STATION_LINK_MAX_DOCUMENT);
  link->agent_pidfd = -1;
  link->segment = station_link_no_segment();
  pthread_mutex_init(&link->mutex, NULL);
  if (link->name != NULL && link->document != NULL) return link;
  station_link_close(link);
  return NULL;
}

int station_link_open(const char* name, int timeout_ms, station_link** link) {
  const int64_t deadline = station_link_now() + timeout_ms * kMillisecond;
  *link = NULL;
  station_link* opened = new_link(name);
  if (opened == NULL) return -ENOMEM;
  for (;;) {
    int result = attach(opened);
    if (result == 0) {
      *link = opened;
      return 0;
    }
    const int64_t left = deadline - station_link_now();
    if (result == -ENOENT && left <= 0) result = -ETIMEDOUT;
    if (result != -ENOENT) {
      station_link_close(opened);
      return result;
    }
    sleep_ns(smaller(left, kOpenPoll));
  }
}

void station_link_close(station_link* link) {
  if (link == NULL) return;
  if (link->agent_pidfd >= 0) close(link->agent_pidfd);
  if (link->segment.header != NULL) {
    station_link_sign_out(&link->segment.header->native);
    station_link_ring_fifo(link->segment.bell);
  }
  station_link_unmap(&link->segment);
  pthread_mutex_destroy(&link->mutex);
  free(link->document);
  free(link->name);
  free(link);
}

// Writes to one of this side's mailboxes, found by its offset, because the mapping may change.
static int post(station_link* link, size_t box_offset, const station_link_frame* frame,
                const void* data) {
  pthread_mutex_lock(&link->mutex);
  int result = -ENOTCONN;
  if (link->segment.header != NULL) {
    const char* segment = (const char*)&link->segment;
    station_link_box box;
    memcpy(&box, segment + box_offset, sizeof box);
    result = station_link_mailbox_write(&box, frame, data);
    if (result == 0) station_link_ring_fifo(link->segment.bell);
  }
  pthread_mutex_unlock(&link->mutex);
  return result;
}

static uint64_t current_order(const station_link* link) {
  return __atomic_load_n(&link->order_tag, __ATOMIC_ACQUIRE);
}

int station_link_publish_configuration(station_link* link, const void* data, size_t size) {
  if (size > STATION_LINK_MAX_DOCUMENT) return -EMSGSIZE;
  const station_link_frame frame = {
      .kind = STATION_LINK_CONFIGURATION, .length = (uint32_t)size, .tag = current_order(link)};
  return post(link, offsetof(station_link_segment, configuration), &frame, data);
}

static int answer(station_link* link, uint32_t kind, const uint8_t* sha256, const char* reason) {
  const size_t length = reason == NULL ? 0 : strnlen(reason, STATION_LINK_MAX_REASON);
  station_link_frame frame = {.kind = kind, .length = (uint32_t)length, .tag = current_order(link)};
  if (sha256 != NULL) memcpy(frame.sha256, sha256, sizeof frame.sha256);
  const int result = post(link, offsetof(station_link_segment, answer), &frame, reason);
  // The agent may have been woken on this processor, and the site waits for its word.
  sched_yield();
  return result;
}

int station_link_acknowledge_running(station_link* link, const uint8_t* sha256) {
  return answer(link, STATION_LINK_ANSWER_RUNNING, sha256, NULL);
}

int station_link_acknowledge_stood_down(station_link* link) {
  return answer(link, STATION_LINK_ANSWER_IDLE, NULL, NULL);
}

int station_link_refuse(station_link* link, const char* reason) {
  return answer(link, STATION_LINK_ANSWER_REFUSED, NULL, reason == NULL ? "" : reason);
}

int station_link_report_indicators(station_link* link, const station_link_indicators* indicators) {
  if (indicators->custom_count > STATION_LINK_MAX_CUSTOM_INDICATORS) return -EINVAL;
  station_link_indicators_frame data;
  memset(&data, 0, sizeof data);
  data.memory_bytes = indicators->memory_bytes;
  data.cpu_used = indicators->cpu_used;
  data.custom_count = (uint32_t)indicators->custom_count;
  for (size_t i = 0; i < indicators->custom_count; ++i) {
    const size_t length = strlen(indicators->custom[i].name);
    if (length == 0 || length > sizeof data.custom[i].name) return -EINVAL;
    memcpy(data.custom[i].name, indicators->custom[i].name, length);
    data.custom[i].value = indicators->custom[i].value;
  }
  const station_link_frame frame = {.kind = STATION_LINK_INDICATORS, .length = sizeof data};
  return post(link, offsetof(station_link_segment, indicators), &frame, &data);
}

static int fill_child(const station_link_child* child, station_link_child_entry* entry) {
  const size_t id_length = strlen(child->id);
  const size_t type_length = strlen(child->type);
  if (id_length == 0 || id_length > sizeof entry->id || type_length > sizeof entry->type) {
    return -EINVAL;
  }
  memcpy(entry->id, child->id, id_length);
  memcpy(entry->type, child->type, type_length);
  entry->alive = child->alive != 0;
  return 0;
}

int station_link_report_children(station_link* link, const station_link_child* children,
                                 size_t count) {
  if (count > STATION_LINK_MAX_CHILDREN) return -EINVAL;
  const size_t size =
      offsetof(station_link_children_frame, children) + count * sizeof(station_link_child_entry);
  station_link_children_frame* data = calloc(1, sizeof *data);
  if (data == NULL) return -ENOMEM;
  data->count = (uint32_t)count;
  int result = 0;
  for (size_t i = 0; i < count && result == 0; ++i) {
    result = fill_child(&children[i], &data->children[i]);
  }
  const station_link_frame frame = {.kind = STATION_LINK_CHILDREN, .length = (uint32_t)size};
  if (result == 0) result = post(link, offsetof(station_link_segment, children), &frame, data);
  free(data);
  return result;
}

void station_link_heartbeat(station_link* link) {
  pthread_mutex_lock(&link->mutex);
  if (link->segment.header != NULL) {
    __atomic_fetch_add(&link->segment.header->native.heartbeat, 1, __ATOMIC_RELAXED);
  }
  pthread_mutex_unlock(&link->mutex);
}

static uint64_t lease_until(const station_link* link) {
  return __atomic_load_n(&link->segment.header->agent.lease_until, __ATOMIC_ACQUIRE);
}

static int lease_is_over(const station_link* link) {
  const uint64_t until = lease_until(link);
  return until != 0 && until <= (uint64_t)station_link_now();
}

// The lease's end is this side's own to notice: the agent may be dead or frozen.
static int take_lease_end(station_link* link, station_link_event* event) {
  const uint64_t until = lease_until(link);
  if (until == link->lease_handled || !lease_is_over(link)) return 0;
  link->lease_handled = until;
  event->kind = STATION_LINK_EVENT_STAND_DOWN;
  event->lease_ran_out = 1;
  return 1;
}

static void skip_damaged_order(station_link* link) {
  link->order_seen = __atomic_load_n(&link->segment.header->orders.sequence, __ATOMIC_ACQUIRE);
  station_link_refuse(link, "the order in the shared memory is damaged");
}

static int read_order(station_link* link, station_link_frame* frame) {
  const int result = station_link_mailbox_read(&link->segment.orders, link->order_seen, frame,
                                               link->document, STATION_LINK_MAX_DOCUMENT);
  if (result == -EBADMSG) skip_damaged_order(link);
  return result;
}

static void describe_order(const station_link* link, const station_link_frame* frame,
                           station_link_event* event) {
  if (frame->kind == STATION_LINK_ORDER_STAND_DOWN) {
    event->kind = STATION_LINK_EVENT_STAND_DOWN;
    return;
  }
  event->kind = STATION_LINK_EVENT_CONFIGURATION;
  event->data = link->document;
  event->size = frame->length;
  memcpy(event->sha256, frame->sha256, sizeof event->sha256);
}

static int take_order(station_link* link, station_link_event* event) {
  station_link_frame frame;
  if (read_order(link, &frame) != 0) return 0;
  // Nothing may be begun without a lease. The order stays unread until the agent has a new one.
  if (frame.kind == STATION_LINK_ORDER_ACTIVATE && lease_is_over(link)) return 0;
  link->order_seen = frame.sequence;
  if (frame.kind != STATION_LINK_ORDER_ACTIVATE && frame.kind != STATION_LINK_ORDER_STAND_DOWN) {
    return 0;
  }
  __atomic_store_n(&link->order_tag, frame.tag, __ATOMIC_RELEASE);
  describe_order(link, &frame, event);
  return 1;
}

// The agent made another segment: moves there.
static int move_to_new_segment(station_link* link) {
  station_link_segment found;
  if (station_link_find(link->name, &found) != 0) return -ENOENT;
  const int pidfd = meet_agent(&found, &link->agent_pid);
  if (pidfd < 0) {
    station_link_unmap(&found);
    return -ENOENT;
  }
  pthread_mutex_lock(&link->mutex);
  station_link_unmap(&link->segment);
  link->segment = found;
  pthread_mutex_unlock(&link->mutex);
  link->order_seen = 0;
  __atomic_store_n(&link->order_tag, 0, __ATOMIC_RELEASE);
  return pidfd;
}

static int take_agent_back(station_link* link, station_link_event* event) {
  int pidfd = meet_agent(&link->segment, &link->agent_pid);
  if (!station_link_is_current(link->name, &link->segment)) {
    if (pidfd >= 0) close(pidfd);
    pidfd = move_to_new_segment(link);
  }
  if (pidfd < 0) return 0;
  link->agent_pidfd = pidfd;
  greet_agent(&link->segment);
  event->kind = STATION_LINK_EVENT_AGENT_BACK;
  return 1;
}

// Not so either when it signed out without ending.
static int agent_is_the_one_met(const station_link* link) {
  return station_link_process_lives(link->agent_pidfd) &&
         __atomic_load_n(&link->segment.header->agent.pid, __ATOMIC_SEQ_CST) == link->agent_pid &&
         station_link_is_current(link->name, &link->segment);
}

static int take_agent_change(station_link* link, station_link_event* event) {
  if (link->agent_pidfd < 0) return take_agent_back(link, event);
  if (agent_is_the_one_met(link)) return 0;
  close(link->agent_pidfd);
  link->agent_pidfd = -1;
  event->kind = STATION_LINK_EVENT_AGENT_LOST;
  return 1;
}

// A new agent is announced before its orders, an agent's last order before its end.
static int take_news(station_link* link, station_link_event* event) {
  if (take_lease_end(link, event)) return 1;
  if (link->agent_pidfd < 0 && take_agent_change(link, event)) return 1;
  return take_order(link, event) || take_agent_change(link, event);
}

// How long to sleep: to the deadline, the lease's end, or the next look at the agent.
static int64_t next_nap(const station_link* link, int64_t deadline) {
  const int64_t now = station_link_now();
  int64_t nap = smaller(deadline - now, kSlice);
  const uint64_t until = lease_until(link);
  if (until != 0 && until != link->lease_handled) nap = smaller(nap, (int64_t)until - now);
  return nap;
}

int station_link_wait(station_link* link, int timeout_ms, station_link_event* event) {
  const int64_t deadline = station_link_now() + timeout_ms * kMillisecond;
  memset(event, 0, sizeof *event);
  for (;;) {
    const uint32_t* bell = &link->segment.header->native.bell;
    const uint32_t seen = station_link_bell_now(bell);
    if (take_news(link, event)) return 0;
    if (station_link_now() >= deadline) return -ETIMEDOUT;
    if (station_link_await_bell(bell, seen, next_nap(link, deadline)) == -EINTR) return -EINTR;
  }
}
