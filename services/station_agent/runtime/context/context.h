#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_

namespace understudy::station_agent::runtime {

// Where a flow of control stands while another one runs: its stack pointer. What the ABI says a
// call preserves (registers, the control words of the floating-point units) lies on its stack.
struct Context {
  void* stack_pointer;
};

using ContextEntry = void (*)(void* argument);

// Lets the first switch to `context` call `entry(argument)` on the stack that ends at `stack_top`
// (16-byte aligned, at least 2 KiB below it writable). `entry` must never return.
void MakeContext(Context& context, void* stack_top, ContextEntry entry, void* argument);

// Saves the caller in `from` and goes on in `to`. Returns when something switches back to `from`.
// Both belong to the calling thread.
extern "C" void understudy_switch_context(Context* from, const Context* to);

// Gives the floating-point control words their values at the start of a program.
void ResetFloatingPointControl();

// "x86-64", "aarch64" or "ucontext".
const char* ContextName();

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_CONTEXT_CONTEXT_H_
