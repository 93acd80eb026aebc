// Exceptions and interrupts: from the CPU's vectors to functions in C.
#pragma once

#include <stdint.h>

#include "arch/stacks.h"

// Intel SDM Vol. 3A, "Exception and Interrupt Vectors".
enum vector {
    VECTOR_NMI = 2,
    VECTOR_BREAKPOINT = 3,
    VECTOR_INVALID_OPCODE = 6,
    VECTOR_DOUBLE_FAULT = 8,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,
    VECTOR_COUNT = 256,
};

// What is on the stack when a handler runs, from the lowest address on.
struct trap_frame {
    // Pushed by interrupts.asm, which counts on this order.
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t vector;
    uint64_t error_code; // 0 where the CPU has none
    // Pushed by the CPU: where and how the interrupted code goes on.
    uint64_t rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct trap_frame) == 22 * 8, "22 pushes");

// Runs with interrupts off.  When it returns, the interrupted code goes
// on with the registers that `frame` then holds.
typedef void interrupt_handler(struct trap_frame *frame);

// Loads an IDT with an entry for every vector.  `otherwise` is the
// handler of all that get none of their own.
void interrupts_init(interrupt_handler *otherwise);

// Gives a vector (below VECTOR_COUNT) a handler of its own, or takes it
// away again with NULL.
void interrupts_handle(unsigned vector, interrupt_handler *handler);

// Lets a vector's handler run on a stack of its own, from its top; with
// STACK_BOOT on the stack in use.  Such a handler must not be entered
// again before it returns: it would overwrite what it has there.
void interrupts_use_stack(unsigned vector, enum stack_number stack);

// Called by interrupts.asm, for every vector.
void interrupts_dispatch(struct trap_frame *frame);
