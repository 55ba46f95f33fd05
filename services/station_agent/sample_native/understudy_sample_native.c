// The site's program of the demo and the tests: as small a user of station_link.h as does the whole
// job. See README.md beside it.

#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "services/station_agent/link/station_link.h"
#include "services/station_agent/sample_native/control.h"
#include "services/station_agent/sample_native/work.h"

enum { kWaitMilliseconds = 100, kRoundsPerReport = 10, kOpenMilliseconds = 1000 };

typedef struct sample_options {
  const char* link;
  const char* configuration;
  const char* control;
  const char* state;
  const char* children;
} sample_options;

static volatile sig_atomic_t stopping = 0;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static void say(const char* format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("sample-native: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

static int usage(FILE* out, int code) {
  fputs(
      "usage: understudy_sample_native --link=/understudy-STATION [options]\n"
      "  --configuration=FILE   run and publish this at the start\n"
      "  --state=FILE           show here, byte for byte, what runs\n"
      "  --control=PATH         take commands on this unix datagram socket\n"
      "  --children=A,B         have these child devices\n"
      "commands: memory BYTES | configuration FILE | child ID alive|dead|gone |\n"
      "          heartbeat on|off | refuse on|off | delay MILLISECONDS | stop\n",
      out);
  return code;
}

static void check(int result, const char* what) {
  if (result != 0) say("%s: %s", what, strerror(-result));
}

static void show(const site_work* work) {
  const int result = work_show(work);
  if (result != 0) say("%s: %s", work->state_path, strerror(-result));
}

static void acknowledge(station_link* link, const site_work* work) {
  if (work->configuration != NULL) {
    check(station_link_acknowledge_running(link, work->sha256), "acknowledging");
  } else {
    check(station_link_acknowledge_stood_down(link), "acknowledging");
  }
}

static void publish(station_link* link, const site_work* work) {
  if (work->configuration == NULL) return;
  check(station_link_publish_configuration(link, work->configuration, work->size), "publishing");
}

static void report_children(station_link* link, const site_work* work) {
  static station_link_child children[kMaxChildren];
  for (size_t i = 0; i < work->child_count; ++i) {
    children[i] = (station_link_child){
        .id = work->children[i].id, .type = "camera", .alive = work->children[i].alive};
  }
  check(station_link_report_children(link, children, work->child_count), "reporting children");
}

static void report_indicators(station_link* link, const site_work* work) {
  const station_link_custom_indicator custom = {.name = "configuration_bytes",
                                                .value = (double)work->size};
  const station_link_indicators indicators = {
      .memory_bytes = work_memory(work), .custom = &custom, .custom_count = 1};
  check(station_link_report_indicators(link, &indicators), "reporting indicators");
}

static void introduce(station_link* link, const site_work* work) {
  report_children(link, work);
  report_indicators(link, work);
  publish(link, work);
  if (work->configuration != NULL) acknowledge(link, work);
}

// A program that is slow to begin: its main loop turns meanwhile.
static void take_time(station_link* link, const site_work* work) {
  const struct timespec step = {.tv_nsec = 20000000};
  for (unsigned waited = 0; waited < work->delay_milliseconds && !stopping; waited += 20) {
    station_link_heartbeat(link);
    nanosleep(&step, NULL);
  }
}

static void activate(station_link* link, site_work* work, const station_link_event* event) {
  if (work->refuses) {
    check(station_link_refuse(link, "told to refuse"), "refusing");
    return;
  }
  take_time(link, work);
  const int result = work_run(work, event->data, event->size);
  if (result == 0) {
    // At once: the site counts the time until this word. Showing is for onlookers.
    acknowledge(link, work);
    show(work);
    say("runs a configuration of %zu bytes", event->size);
  } else {
    check(station_link_refuse(link, strerror(-result)), "refusing");
  }
}

static void handle(station_link* link, site_work* work, const station_link_event* event) {
  switch (event->kind) {
    case STATION_LINK_EVENT_CONFIGURATION:
      activate(link, work, event);
      break;
    case STATION_LINK_EVENT_STAND_DOWN:
      work_stand_down(work);
      acknowledge(link, work);
      say("stands down%s", event->lease_ran_out ? ": the lease ran out" : "");
      break;
    case STATION_LINK_EVENT_AGENT_LOST:
      say("the agent is gone");
      break;
    case STATION_LINK_EVENT_AGENT_BACK:
      say("the agent is back");
      introduce(link, work);
      break;
  }
}

static void change_configuration(station_link* link, site_work* work, const char* path) {
  check(work_run_file(work, path), path);
  publish(link, work);
  acknowledge(link, work);
  show(work);
}

static void change_child(station_link* link, site_work* work, const char* id, const char* state) {
  if (strcmp(state, "gone") == 0) {
    work_remove_child(work, id);
  } else {
    check(work_set_child(work, id, strcmp(state, "alive") == 0), id);
  }
  report_children(link, work);
}

static void obey(station_link* link, site_work* work, char* line) {
  char* rest = NULL;
  const char* verb = strtok_r(line, " ", &rest);
  const char* first = verb == NULL ? NULL : strtok_r(NULL, " ", &rest);
  const char* second = first == NULL ? NULL : strtok_r(NULL, " ", &rest);
  if (verb != NULL && strcmp(verb, "stop") == 0) {
    stopping = 1;
  } else if (first == NULL) {
    say("a command that makes no sense");
  } else if (strcmp(verb, "memory") == 0) {
    work->pretended_memory = strtoull(first, NULL, 10);
    report_indicators(link, work);
  } else if (strcmp(verb, "configuration") == 0) {
    change_configuration(link, work, first);
  } else if (strcmp(verb, "delay") == 0) {
    work->delay_milliseconds = (unsigned)strtoul(first, NULL, 10);
  } else if (strcmp(verb, "heartbeat") == 0) {
    work->silent = strcmp(first, "off") == 0;
  } else if (strcmp(verb, "refuse") == 0) {
    work->refuses = strcmp(first, "on") == 0;
  } else if (strcmp(verb, "child") == 0 && second != NULL) {
    change_child(link, work, first, second);
  } else {
    say("a command that makes no sense");
  }
}

static void run(station_link* link, site_work* work, int control) {
  char line[4096];
  introduce(link, work);
  for (unsigned round = 0; !stopping; ++round) {
    station_link_event event;
    if (station_link_wait(link, kWaitMilliseconds, &event) == 0) handle(link, work, &event);
    while (control_next(control, line, sizeof line)) obey(link, work, line);
    if (!work->silent) station_link_heartbeat(link);
    if (round % kRoundsPerReport == 0) report_indicators(link, work);
  }
}

// Until the agent comes the program just goes on working.
static station_link* find_agent(const char* name) {
  station_link* link = NULL;
  const char* said = "";
  while (!stopping) {
    const int result = station_link_open(name, kOpenMilliseconds, &link);
    if (result == 0) return link;
    if (said != strerror(-result)) say("%s: %s", name, said = strerror(-result));
    if (result != -ETIMEDOUT) nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  }
  return NULL;
}

static int parse(int argc, char** argv, sample_options* options) {
  static const struct option known[] = {
      {"link", required_argument, NULL, 'l'},
      {"configuration", required_argument, NULL, 'c'},
      {"control", required_argument, NULL, 'x'},
      {"state", required_argument, NULL, 's'},
      {"children", required_argument, NULL, 'd'},
      {"help", no_argument, NULL, 'h'},
      {NULL, 0, NULL, 0},
  };
  for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
    switch (option) {
      case 'l':
        options->link = optarg;
        break;
      case 'c':
        options->configuration = optarg;
        break;
      case 'x':
        options->control = optarg;
        break;
      case 's':
        options->state = optarg;
        break;
      case 'd':
        options->children = optarg;
        break;
      case 'h':
        exit(usage(stdout, 0));
      default:
        return -EINVAL;
    }
  }
  return options->link != NULL && optind == argc ? 0 : -EINVAL;
}

// The control socket, or -1; exits on what cannot be had.
static int set_up(const sample_options* options, site_work* work) {
  int result = work_prepare();
  if (result == 0 && options->children != NULL) result = work_add_children(work, options->children);
  work->state_path = options->state;
  if (options->state != NULL) remove(options->state);
  if (result == 0 && options->configuration != NULL) {
    result = work_run_file(work, options->configuration);
  }
  if (result == 0) result = work_show(work);
  int control = -1;
  if (result == 0 && options->control != NULL) {
    control = control_open(options->control);
    result = control < 0 ? control : 0;
  }
  if (result == 0) return control;
  say("cannot start: %s", strerror(-result));
  exit(1);
}

int main(int argc, char** argv) {
  static site_work work;
  sample_options options = {0};
  if (parse(argc, argv, &options) != 0) return usage(stderr, 2);
  const struct sigaction action = {.sa_handler = stop};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  const int control = set_up(&options, &work);
  station_link* link = find_agent(options.link);
  if (link != NULL) run(link, &work, control);
  station_link_close(link);
  if (options.control != NULL) remove(options.control);
  return 0;
}
