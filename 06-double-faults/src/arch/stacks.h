// The stacks.  boot.asm makes the page below each of them absent: a
// stack that overflows causes a page fault instead of overwriting
// something else.
#pragma once

#include <stdint.h>

#include "lib/backtrace.h"

// boot.asm has these, too; linker.ld compares them.
enum { STACK_SIZE = 16 * 1024 };
enum { GUARD_SIZE = 4096 }; // a page

// The kernel's own stack, and those of the exceptions that may come
// when we cannot trust it.  The numbers of these are also their numbers
// in the interrupt stack table (IST) of the TSS; there 0 means that the
// CPU stays on the stack in use.
enum stack_number {
    STACK_BOOT,
    STACK_DOUBLE_FAULT,
    STACK_NMI,
    STACK_MACHINE_CHECK,
    STACK_COUNT,
};

// The address just above a stack's memory: stacks grow downwards.
uintptr_t stacks_top(enum stack_number number);

// The stack that contains `address`; one without bytes if there is
// none.
struct stack stacks_find(uintptr_t address);

// The name of the stack whose guard page contains `address`: that stack
// is full.  NULL if there is none.
const char *stacks_find_overflow(uintptr_t address);
