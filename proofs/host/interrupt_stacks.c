// Which stack a vector gets: what is refused.
// needs: src/arch/interrupts.c src/arch/gdt.c src/arch/stacks.h
#include "arch/interrupts.h"

#include "host.h"
#include "test/test.h"

// In place of interrupts.asm.
extern const uint8_t interrupt_entries[VECTOR_COUNT][16];
const uint8_t interrupt_entries[VECTOR_COUNT][16];

TEST(interrupts_use_stacks_that_there_are)
{
    interrupts_use_stack(VECTOR_COUNT - 1, STACK_COUNT - 1);
    EXPECT_PANIC(interrupts_use_stack(VECTOR_COUNT, STACK_BOOT));
    EXPECT_PANIC(interrupts_use_stack(0, STACK_COUNT));
    EXPECT_PANIC(interrupts_use_stack(0, (enum stack_number)-1));
}
