#include "arch/stacks.h"

#include <stddef.h>

struct guarded_stack {
    uint8_t guard[GUARD_SIZE];
    uint8_t memory[STACK_SIZE];
};

// The first is the kernel's own, from boot.asm on.  In a section of its
// own, whose size linker.ld compares with boot.asm's.
struct guarded_stack stacks[STACK_COUNT]
    __attribute__((aligned(GUARD_SIZE), section(".bss.stacks")));

static const char *const stack_names[STACK_COUNT] = {
    [STACK_BOOT] = "boot",
    [STACK_DOUBLE_FAULT] = "double fault",
    [STACK_NMI] = "NMI",
    [STACK_MACHINE_CHECK] = "machine check",
};

uintptr_t stacks_top(enum stack_number number)
{
    return (uintptr_t)stacks[number].memory + STACK_SIZE;
}

struct stack stacks_find(uintptr_t address)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        struct stack stack = {
            .bottom = (uintptr_t)stacks[i].memory,
            .top = stacks_top(i),
        };
        if (address >= stack.bottom && address < stack.top) {
            return stack;
        }
    }
    return (struct stack){0};
}

const char *stacks_find_overflow(uintptr_t address)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        uintptr_t guard = (uintptr_t)stacks[i].guard;
        if (address >= guard && address < guard + GUARD_SIZE) {
            return stack_names[i];
        }
    }
    return NULL;
}
