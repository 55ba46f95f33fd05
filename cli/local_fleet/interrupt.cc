#include "cli/local_fleet/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace understudy::cli {
namespace {

constexpr int kInterruptedExitCode = 130;

sigset_t Signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  thread_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  const sigset_t signals = Signals();
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Interrupt::Wait() {
  const sigset_t signals = Signals();
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && !ending_) {
    if (requested_) _exit(kInterruptedExitCode);
    requested_ = true;
  }
}

}  // namespace understudy::cli
