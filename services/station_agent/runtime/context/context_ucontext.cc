#include "services/station_agent/runtime/context/context.h"

#include <fenv.h>
#include <ucontext.h>

#include <cstdint>
#include <new>

// The portable fallback. A leaving flow keeps its ucontext_t on its own stack, so that a Context
// stays one pointer. swapcontext makes a system call for the signal mask: some 200 ns.
namespace understudy::station_agent::runtime {
namespace {

struct Start {
  ucontext_t context;
  ContextEntry entry;
  void* argument;
};

constexpr size_t kSmallestStack = 2048;

void Begin(unsigned high, unsigned low) {
  const auto* start =
      reinterpret_cast<const Start*>((static_cast<uintptr_t>(high) << 32) | uintptr_t{low});
  start->entry(start->argument);
}

}  // namespace

void MakeContext(Context& context, void* stack_top, ContextEntry entry, void* argument) {
  auto address = reinterpret_cast<uintptr_t>(stack_top) - sizeof(Start);
  address &= ~uintptr_t{63};
  auto* start = new (reinterpret_cast<void*>(address)) Start{};
  start->entry = entry;
  start->argument = argument;
  // It takes the caller's control words over; a new flow has those of a program's start.
  fenv_t callers;
  fegetenv(&callers);
  fesetenv(FE_DFL_ENV);
  getcontext(&start->context);
  fesetenv(&callers);
  // makecontext only computes the top from these two.
  start->context.uc_stack.ss_sp = reinterpret_cast<void*>(address - kSmallestStack);
  start->context.uc_stack.ss_size = kSmallestStack;
  start->context.uc_link = nullptr;
  const auto value = reinterpret_cast<uintptr_t>(start);
  makecontext(&start->context, reinterpret_cast<void (*)()>(&Begin), 2,
              static_cast<unsigned>(value >> 32), static_cast<unsigned>(value));
  context.stack_pointer = &start->context;
}

extern "C" void understudy_switch_context(Context* from, const Context* to, int* error,
                                          ExceptionState* exceptions) {
  const int saved_error = *error;
  const ExceptionState saved_exceptions = *exceptions;
  // What a fresh flow finds; one that comes back puts its own there.
  *error = 0;
  *exceptions = ExceptionState{};
  ucontext_t here;
  from->stack_pointer = &here;
  swapcontext(&here, static_cast<const ucontext_t*>(to->stack_pointer));
  *error = saved_error;
  *exceptions = saved_exceptions;
}

void ResetFloatingPointControl() { fesetenv(FE_DFL_ENV); }

const char* ContextName() { return "ucontext"; }

}  // namespace understudy::station_agent::runtime
