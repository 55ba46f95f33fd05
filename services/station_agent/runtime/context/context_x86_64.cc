#ifndef __x86_64__
#error "this switch is for x86-64"
#endif

#include <cstddef>
#include <cstdint>
#include <new>

#include "services/station_agent/runtime/context/context.h"

// The System V ABI has a call preserve rbx, rbp, r12 to r15, the control bits of MXCSR and the x87
// control word. Reloading the control words stalls the pipeline, so both are stored on each switch
// and reloaded only where they differ. MXCSR's status bits (the low six) are nobody's.
asm(R"(
.text
.globl understudy_switch_context
.type understudy_switch_context,@function
.p2align 5
understudy_switch_context:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r15
  pushq %r14
  pushq %r13
  pushq %r12
  subq $8, %rsp
  .cfi_adjust_cfa_offset 56
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movl (%rsp), %eax
  movzwl 4(%rsp), %ecx
  movq %rsp, (%rdi)
  movq (%rsi), %rsp
  xorl (%rsp), %eax
  xorw 4(%rsp), %cx
  andl $0xffc0, %eax
  orl %ecx, %eax
  jnz 1f
0:
  addq $8, %rsp
  popq %r12
  popq %r13
  popq %r14
  popq %r15
  popq %rbx
  popq %rbp
  .cfi_adjust_cfa_offset -56
  ret
1:
  .cfi_adjust_cfa_offset 56
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  jmp 0b
  .cfi_endproc
.size understudy_switch_context,.-understudy_switch_context

# Where a new context begins: entry in r12, its argument in r13. Unwinders stop here.
.globl understudy_context_start
.type understudy_context_start,@function
.p2align 4
understudy_context_start:
  .cfi_startproc
  .cfi_undefined rip
  movq %r13, %rdi
  xorl %ebp, %ebp
  callq *%r12
  ud2
  .cfi_endproc
.size understudy_context_start,.-understudy_context_start
)");

extern "C" void understudy_context_start();

namespace understudy::station_agent::runtime {
namespace {

constexpr uint32_t kDefaultMxcsr = 0x1f80;
constexpr uint16_t kDefaultX87Control = 0x037f;

// What the switch pushes, lowest address first.
struct Frame {
  uint32_t mxcsr;
  uint16_t x87_control;
  uint16_t unused;
  void* r12;
  void* r13;
  void* r14;
  void* r15;
  void* rbx;
  void* rbp;
  void (*return_address)();
};
static_assert(offsetof(Context, stack_pointer) == 0);
static_assert(offsetof(Frame, mxcsr) == 0);
static_assert(offsetof(Frame, x87_control) == 4);
static_assert(offsetof(Frame, r12) == 8);
static_assert(offsetof(Frame, r13) == 16);
static_assert(offsetof(Frame, rbp) == 48);
static_assert(offsetof(Frame, return_address) == 56);
static_assert(sizeof(Frame) == 64);

}  // namespace

void MakeContext(Context& context, void* stack_top, ContextEntry entry, void* argument) {
  auto* frame = new (static_cast<char*>(stack_top) - sizeof(Frame)) Frame{};
  frame->mxcsr = kDefaultMxcsr;
  frame->x87_control = kDefaultX87Control;
  frame->r12 = reinterpret_cast<void*>(entry);
  frame->r13 = argument;
  frame->return_address = &understudy_context_start;
  context.stack_pointer = frame;
}

void ResetFloatingPointControl() {
  uint32_t mxcsr = 0;
  uint16_t x87_control = 0;
  asm volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(x87_control));
  if ((mxcsr & 0xffc0) != kDefaultMxcsr) asm volatile("ldmxcsr %0" : : "m"(kDefaultMxcsr));
  if (x87_control != kDefaultX87Control) asm volatile("fldcw %0" : : "m"(kDefaultX87Control));
}

const char* ContextName() { return "x86-64"; }

}  // namespace understudy::station_agent::runtime
