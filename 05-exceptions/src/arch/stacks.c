#include "arch/stacks.h"

struct stack stacks_find(uintptr_t address)
{
    struct stack stack = {
        .bottom = (uintptr_t)boot_stack,
        .top = (uintptr_t)boot_stack + STACK_SIZE,
    };
    if (address < stack.bottom || address >= stack.top) {
        return (struct stack){0};
    }
    return stack;
}
