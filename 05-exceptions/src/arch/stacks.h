// The stack, for which boot.asm sets memory aside.
#pragma once

#include <stdint.h>

#include "lib/backtrace.h"

enum { STACK_SIZE = 16 * 1024 }; // as boot.asm has it

extern uint8_t boot_stack[STACK_SIZE];

// The stack that `address` lies in; one without bytes if there is none.
struct stack stacks_find(uintptr_t address);
