// Counts the instructions of a function: QEMU is told to let the CPU's
// time-stamp counter go by instructions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/console.h"

struct call {
    uintptr_t function;
    uintptr_t arguments[5];
    uintptr_t result;
    uint64_t time; // between the two looks at the counter
};

// Calls a function.  In assembly, so that nothing but what stands here
// is between the two looks, whatever the compiler.
void timed_call(struct call *call);
__asm__(".text\n"
        ".type timed_call, @function\n"
        "timed_call:\n"
        "    push %rbp\n"
        "    mov %rsp, %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    mov %rdi, %rbx\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rax, %rdx\n"
        "    mov %rdx, %r12\n"
        "    xor %eax, %eax\n" // no vector registers, for kprintf()
        "    mov 8(%rbx), %rdi\n"
        "    mov 16(%rbx), %rsi\n"
        "    mov 24(%rbx), %rdx\n"
        "    mov 32(%rbx), %rcx\n"
        "    mov 40(%rbx), %r8\n"
        "    call *(%rbx)\n"
        "    mov %rax, 48(%rbx)\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rax, %rdx\n"
        "    sub %r12, %rdx\n"
        "    mov %rdx, 56(%rbx)\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".type returns_at_once, @function\n"
        "returns_at_once:\n"
        "    ret\n");
_Static_assert(offsetof(struct call, result) == 48, "as above");
_Static_assert(offsetof(struct call, time) == 56, "as above");
void returns_at_once(void);

// A call of a function with up to five arguments.
#define CALL(what, ...)                  \
    ((struct call){(uintptr_t)(what),    \
                   {__VA_ARGS__},        \
                   0,                    \
                   0})

// What measure.py subtracts from every call, and by which it sees
// whether QEMU counts instructions: it must be the same each time.
static inline void measure_nothing(void)
{
    struct call call = CALL(returns_at_once, 0);
    for (unsigned i = 0; i < 3; i++) {
        timed_call(&call);
        kprintf("measure nothing %lu\n", call.time);
    }
}
