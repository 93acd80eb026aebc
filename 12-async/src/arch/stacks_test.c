#include "arch/stacks.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "test/test.h"

enum { UD2_LENGTH = 2 };

static uintptr_t place;

static void note_place(struct trap_frame *frame)
{
    place = (uintptr_t)frame;
    frame->rip += UD2_LENGTH;
}

// The stack that an exception's handler runs on, if sent to `number`.
static struct stack stack_of_handler(enum stack_number number)
{
    interrupts_handle(VECTOR_INVALID_OPCODE, note_place);
    interrupts_use_stack(VECTOR_INVALID_OPCODE, number);
    cpu_undefined();
    interrupts_use_stack(VECTOR_INVALID_OPCODE, STACK_BOOT);
    interrupts_handle(VECTOR_INVALID_OPCODE, NULL);
    return stacks_find(place);
}

TEST(stacks_are_the_ones_that_the_cpu_takes)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        CHECK_EQUAL(stack_of_handler(i).top, stacks_top(i));
    }
}

TEST(stacks_have_guards_below)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        uintptr_t bottom = stacks_top(i) - STACK_SIZE;
        CHECK(stacks_find_overflow(bottom - 1) != NULL);
        CHECK(stacks_find_overflow(bottom - GUARD_SIZE) != NULL);
        CHECK(stacks_find_overflow(bottom) == NULL);
        CHECK_EQUAL(stacks_find(bottom - 1).top, 0);
    }
}
