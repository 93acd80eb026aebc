#include "arch/stacks.h"

// Labels in boot.asm: only their addresses mean something.
extern const uint8_t boot_stack[];
extern const uint8_t boot_stack_top[];

struct stack stacks_find(uintptr_t address)
{
    struct stack stack = {
        .bottom = (uintptr_t)boot_stack,
        .top = (uintptr_t)boot_stack_top,
    };
    if (address < stack.bottom || address >= stack.top) {
        return (struct stack){0};
    }
    return stack;
}
