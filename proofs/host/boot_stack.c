// The one stack: which addresses lie in it.
// needs: src/arch/stacks.h src/arch/stacks.c
// until: src/arch/gdt.c
#include "arch/stacks.h"

#include "test/test.h"

// In place of boot.asm: two labels, with a stack between them.
__asm__(".bss\n"
        ".globl boot_stack\n"
        ".globl boot_stack_top\n"
        ".balign 4096\n"
        "boot_stack:\n"
        ".skip 16384\n"
        "boot_stack_top:\n"
        ".text\n");
extern uint8_t boot_stack[];

enum { STACK_SIZE = 16384 };

TEST(stack_begins_and_ends_where_it_does)
{
    uintptr_t bottom = (uintptr_t)boot_stack;
    uintptr_t top = bottom + STACK_SIZE;
    for (uintptr_t address = bottom; address < top; address++) {
        CHECK_EQUAL(stacks_find(address).bottom, bottom);
        CHECK_EQUAL(stacks_find(address).top, top);
    }
    CHECK_EQUAL(stacks_find(bottom - 1).top, 0);
    CHECK_EQUAL(stacks_find(top).top, 0);
    CHECK_EQUAL(stacks_find(0).top, 0);
    CHECK_EQUAL(stacks_find(UINTPTR_MAX).top, 0);
}
