#include "arch/interrupts.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "test/test.h"

enum { UD2_LENGTH = 2 };

static unsigned times;
static uint64_t vector_seen;

// Goes on behind the instruction.
static void step_over(struct trap_frame *frame)
{
    times++;
    vector_seen = frame->vector;
    frame->rip += UD2_LENGTH;
}

TEST(interrupts_breakpoint_returns)
{
    cpu_breakpoint();
}

TEST(interrupts_reach_their_handler)
{
    times = 0;
    interrupts_handle(VECTOR_INVALID_OPCODE, step_over);
    cpu_undefined();
    cpu_undefined();
    interrupts_handle(VECTOR_INVALID_OPCODE, NULL);
    CHECK_EQUAL(times, 2);
    CHECK_EQUAL(vector_seen, VECTOR_INVALID_OPCODE);
}
