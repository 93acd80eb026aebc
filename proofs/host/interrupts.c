// The table of handlers, without a processor: who is called, and what is
// refused.
// needs: src/arch/interrupts.h src/arch/interrupts.c
#include "arch/interrupts.h"

#include "host.h"
#include "test/test.h"

// In place of interrupts.asm.
extern const uint8_t interrupt_entries[VECTOR_COUNT][16];
const uint8_t interrupt_entries[VECTOR_COUNT][16];

static unsigned by_default, by_own;
static uint64_t last;

static void otherwise(struct trap_frame *frame)
{
    by_default++;
    last = frame->vector;
}

static void own(struct trap_frame *frame)
{
    by_own++;
    last = frame->vector;
}

static void enter(unsigned vector)
{
    struct trap_frame frame = {.vector = vector};
    interrupts_dispatch(&frame);
}

TEST(interrupts_want_somebody_for_the_rest)
{
    EXPECT_PANIC(interrupts_init(NULL));
}

TEST(interrupts_go_to_their_own_handler_or_to_the_other)
{
    interrupts_init(otherwise);
    for (unsigned vector = 0; vector < VECTOR_COUNT; vector++) {
        by_default = by_own = 0;
        enter(vector);
        CHECK_EQUAL(by_default, 1);
        CHECK_EQUAL(last, vector);

        interrupts_handle(vector, own);
        enter(vector);
        enter((vector + 1) % VECTOR_COUNT);
        CHECK_EQUAL(by_own, 1);
        CHECK_EQUAL(by_default, 2);

        interrupts_handle(vector, NULL);
        enter(vector);
        CHECK_EQUAL(by_own, 1);
        CHECK_EQUAL(by_default, 3);
    }
}

TEST(interrupts_have_256_vectors)
{
    interrupts_init(otherwise);
    interrupts_handle(VECTOR_COUNT - 1, own);
    EXPECT_PANIC(interrupts_handle(VECTOR_COUNT, own));
    EXPECT_PANIC(interrupts_handle((unsigned)-1, own));
}
