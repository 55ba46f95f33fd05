#include "services/station_agent/runtime/scheduler/stack_overflow.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "services/station_agent/runtime/scheduler/manager.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr size_t kSignalStack = 32 * 1024;

struct sigaction previous_action;

// In a signal handler: no allocation, no locks, no hooks.
void Say(const char* text) {
  [[maybe_unused]] const auto written = syscall(SYS_write, STDERR_FILENO, text, std::strlen(text));
}

void SayNumber(size_t number) {
  char digits[24];
  char* at = digits + sizeof(digits) - 1;
  *at = '\0';
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  Say(at);
}

void OnFault(int signal, siginfo_t* information, void*) {
  Manager* manager = Manager::Current();
  const Coroutine* coroutine = manager == nullptr ? nullptr : manager->current();
  if (coroutine != nullptr && coroutine->has_stack &&
      StackPool::IsGuard(reinterpret_cast<const char*>(coroutine->bound.body + 1),
                         coroutine->stack_class, information->si_addr)) {
    Say("coroutine runtime: '");
    Say(coroutine->name);
    Say("' overflowed its stack of ");
    SayNumber(StackPool::UsableSize(coroutine->stack_class) / 1024);
    Say(" KiB\n");
  }
  // The faulting instruction runs again, into whatever was there before.
  sigaction(signal, &previous_action, nullptr);
}

// Freed with its thread.
class SignalStack {
 public:
  SignalStack() {
    stack_t present{};
    sigaltstack(nullptr, &present);
    if ((present.ss_flags & SS_DISABLE) == 0) return;
    memory_ = std::make_unique<char[]>(kSignalStack);
    const stack_t mine{memory_.get(), 0, kSignalStack};
    sigaltstack(&mine, nullptr);
  }
  ~SignalStack() {
    if (memory_ == nullptr) return;
    const stack_t none{nullptr, SS_DISABLE, 0};
    sigaltstack(&none, nullptr);
  }

 private:
  std::unique_ptr<char[]> memory_;
};

}  // namespace

void ReportStackOverflowsOfThisThread() {
  if (kSanitized) return;
  thread_local SignalStack signal_stack;
  (void)signal_stack;
  static const int once = [] {
    struct sigaction action {};
    action.sa_sigaction = &OnFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    return sigaction(SIGSEGV, &action, &previous_action);
  }();
  (void)once;
}

}  // namespace understudy::station_agent::runtime
