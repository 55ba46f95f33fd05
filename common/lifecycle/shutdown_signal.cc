#include "common/lifecycle/shutdown_signal.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace understudy::lifecycle {
namespace {

sigset_t ShutdownSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

ShutdownSignal::ShutdownSignal() {
  const sigset_t signals = ShutdownSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A shell starts background commands with SIGINT ignored, and an ignored signal is never waited
  // for.
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
}

int ShutdownSignal::Wait() {
  const sigset_t signals = ShutdownSignals();
  int number = 0;
  while (sigwait(&signals, &number) != 0) {
  }
  return number;
}

// Blocked in every thread, so it waits for Wait.
void ShutdownSignal::Request() { kill(getpid(), SIGTERM); }

}  // namespace understudy::lifecycle
