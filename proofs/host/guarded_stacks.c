// The stacks and their guards: which addresses lie in which.
// needs: src/arch/stacks.h src/arch/stacks.c src/arch/gdt.c
#include "arch/stacks.h"

#include "host.h"
#include "test/test.h"

// As arch/stacks.c has them.
struct memory {
    uint8_t guard[GUARD_SIZE];
    uint8_t stack[STACK_SIZE];
};
extern struct memory stacks[STACK_COUNT];

static const char *const names[STACK_COUNT] = {
    "boot",
    "double fault",
    "NMI",
    "machine check",
};

TEST(stacks_lie_above_their_guards)
{
    for (unsigned i = 0; i < STACK_COUNT; i++) {
        uintptr_t guard = (uintptr_t)stacks[i].guard;
        uintptr_t bottom = guard + GUARD_SIZE;
        uintptr_t top = bottom + STACK_SIZE;
        CHECK_EQUAL(stacks_top(i), top);
        for (uintptr_t at = guard; at < bottom; at++) {
            CHECK_EQUAL(stacks_find(at).top, 0);
            CHECK_TEXT(stacks_find_overflow(at), names[i]);
        }
        for (uintptr_t at = bottom; at < top; at++) {
            CHECK_EQUAL(stacks_find(at).bottom, bottom);
            CHECK_EQUAL(stacks_find(at).top, top);
            CHECK(stacks_find_overflow(at) == NULL);
        }
    }
}

TEST(stacks_are_no_others)
{
    uintptr_t outside[] = {0, (uintptr_t)stacks - 1,
                           (uintptr_t)(stacks + STACK_COUNT), UINTPTR_MAX};
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        CHECK_EQUAL(stacks_find(outside[i]).top, 0);
        CHECK(stacks_find_overflow(outside[i]) == NULL);
    }
}
