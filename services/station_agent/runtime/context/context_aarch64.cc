#ifndef __aarch64__
#error "this switch is for aarch64"
#endif

#include <cstddef>
#include <cstdint>
#include <new>

#include "services/station_agent/runtime/context/context.h"

// AAPCS64 has a call preserve x19 to x29, the low halves of v8 to v15, and FPCR. The places of
// errno and of the exceptions are the thread's, so x2 and x3 mean the same on both sides of the
// switch.
asm(R"(
.text
.globl understudy_switch_context
.type understudy_switch_context,%function
.p2align 5
understudy_switch_context:
  .cfi_startproc
  hint #34
  sub sp, sp, #192
  .cfi_adjust_cfa_offset 192
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mrs x9, fpcr
  ldr w12, [x2]
  ldp x13, x14, [x3]
  str x9, [sp, #160]
  str w12, [sp, #168]
  stp x13, x14, [sp, #176]
  mov x10, sp
  str x10, [x0]
  ldr x10, [x1]
  mov sp, x10
  ldr x11, [sp, #160]
  ldr w12, [sp, #168]
  ldp x13, x14, [sp, #176]
  str w12, [x2]
  stp x13, x14, [x3]
  cmp x9, x11
  b.eq 0f
  msr fpcr, x11
0:
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #192
  .cfi_adjust_cfa_offset -192
  ret
  .cfi_endproc
.size understudy_switch_context,.-understudy_switch_context

// Where a new context begins: entry in x19, its argument in x20. Unwinders stop here.
.globl understudy_context_start
.type understudy_context_start,%function
.p2align 4
understudy_context_start:
  .cfi_startproc
  .cfi_undefined x30
  hint #34
  mov x0, x20
  mov x29, #0
  blr x19
  brk #1
  .cfi_endproc
.size understudy_context_start,.-understudy_context_start
)");

extern "C" void understudy_context_start();

namespace understudy::station_agent::runtime {
namespace {

// What the switch stores, lowest address first.
struct Frame {
  void* x19;
  void* x20;
  void* x21_to_x28[8];
  void* x29;
  void (*x30)();
  uint64_t d8_to_d15[8];
  uint64_t fpcr;
  int error;
  int unused;
  ExceptionState exceptions;
};
static_assert(offsetof(Context, stack_pointer) == 0);
static_assert(offsetof(Frame, x19) == 0);
static_assert(offsetof(Frame, x20) == 8);
static_assert(offsetof(Frame, x29) == 80);
static_assert(offsetof(Frame, x30) == 88);
static_assert(offsetof(Frame, d8_to_d15) == 96);
static_assert(offsetof(Frame, fpcr) == 160);
static_assert(offsetof(Frame, error) == 168);
static_assert(offsetof(Frame, exceptions) == 176);
static_assert(sizeof(Frame) == 192);

}  // namespace

void MakeContext(Context& context, void* stack_top, ContextEntry entry, void* argument) {
  auto* frame = new (static_cast<char*>(stack_top) - sizeof(Frame)) Frame{};
  frame->x19 = reinterpret_cast<void*>(entry);
  frame->x20 = argument;
  frame->x30 = &understudy_context_start;
  context.stack_pointer = frame;
}

void ResetFloatingPointControl() {
  uint64_t fpcr = 0;
  asm volatile("mrs %0, fpcr" : "=r"(fpcr));
  if (fpcr != 0) asm volatile("msr fpcr, %0" : : "r"(uint64_t{0}));
}

const char* ContextName() { return "aarch64"; }

}  // namespace understudy::station_agent::runtime
