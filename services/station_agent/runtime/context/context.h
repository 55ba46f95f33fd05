#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_

#include <cstdint>

namespace understudy::station_agent::runtime {

// Where a flow of control stands while another one runs: its stack pointer. What the ABI says a
// call preserves (registers, the control words of the floating-point units) lies on its stack, and
// so do its errno and its exceptions.
struct Context {
  void* stack_pointer;
};

// What the C++ runtime keeps for a thread (__cxa_eh_globals): which exceptions are caught and in
// flight. It belongs to the flow of control.
struct ExceptionState {
  void* caught = nullptr;
  uint64_t uncaught = 0;  // an unsigned int, and padding
};
static_assert(sizeof(ExceptionState) == 16);

using ContextEntry = void (*)(void* argument);

// Lets the first switch to `context` call `entry(argument)` on the stack that ends at `stack_top`
// (16-byte aligned, at least 2 KiB below it writable), with errno 0 and no exceptions. `entry` must
// never return.
void MakeContext(Context& context, void* stack_top, ContextEntry entry, void* argument);

// Saves the caller in `from` and goes on in `to`. Returns when something switches back to `from`.
// Both belong to the calling thread, whose errno and exceptions lie at `error` and `exceptions`:
// the caller's are saved, and those of `to` put in their place.
extern "C" void understudy_switch_context(Context* from, const Context* to, int* error,
                                          ExceptionState* exceptions);

// Gives the floating-point control words their values at the start of a program.
void ResetFloatingPointControl();

// "x86-64", "aarch64" or "ucontext".
const char* ContextName();

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_
