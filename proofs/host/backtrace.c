// Walking a stack, over stacks full of anything: it reads nothing but
// the stack, follows what is right, and always comes to an end.
// needs: src/lib/backtrace.h src/lib/backtrace.c
#include "lib/backtrace.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "test/test.h"

// A stack in a heap block of just its size: the sanitizer sees a read
// beyond either end.
static uintptr_t *words;
static unsigned count;

static struct stack make_stack(unsigned size)
{
    count = size;
    words = malloc(size * sizeof(uintptr_t));
    memset(words, 0, size * sizeof(uintptr_t));
    return (struct stack){(uintptr_t)words, (uintptr_t)(words + size)};
}

// Something that could stand on a stack: often an address on it or near
// it, aligned or not.
static uintptr_t any_word(struct stack stack)
{
    uintptr_t inside = stack.bottom + 8 * host_random_below(count + 1);
    switch (host_random_below(8)) {
    case 0:
        return 0;
    case 1:
        return host_random();
    case 2:
        return inside + host_random_below(8);
    case 3:
        return stack.bottom - 8 * (1 + host_random_below(4));
    case 4:
        return stack.top - 16 + 8 * host_random_below(6);
    case 5:
        return UINTPTR_MAX - host_random_below(64);
    default:
        return inside;
    }
}

// Written from what the header promises.
static bool may_step(struct stack stack, uintptr_t frame)
{
    if (frame < stack.bottom || frame % 8 != 0) {
        return false;
    }
    uintptr_t index = (frame - stack.bottom) / 8;
    return index < count && index + 1 < count && words[index + 1] != 0;
}

static void check_step(struct stack stack, uintptr_t *frame, bool *goes)
{
    uintptr_t start = *frame;
    uintptr_t address = 0x5eed;
    bool expected = may_step(stack, start);
    *goes = backtrace_step(stack, frame, &address);
    CHECK_EQUAL(*goes, expected);
    if (!*goes) {
        CHECK_EQUAL(*frame, start);
        CHECK_EQUAL(address, 0x5eed);
    } else if (expected) {
        uintptr_t index = (start - stack.bottom) / 8;
        uintptr_t caller = words[index];
        CHECK_EQUAL(address, words[index + 1]);
        // On this stack it goes upwards only.
        bool down = caller >= stack.bottom && caller <= start;
        CHECK_EQUAL(*frame, down ? 0 : caller);
    }
}

TEST(backtrace_of_any_stack)
{
    for (unsigned round = 0; round < 20000; round++) {
        struct stack stack = make_stack(1 + host_random_below(40));
        for (unsigned i = 0; i < count; i++) {
            words[i] = any_word(stack);
        }
        uintptr_t *before = malloc(count * sizeof(uintptr_t));
        memcpy(before, words, count * sizeof(uintptr_t));

        uintptr_t frame = any_word(stack);
        unsigned steps = 0;
        bool goes = true;
        while (goes && steps <= count) {
            check_step(stack, &frame, &goes);
            steps += goes;
        }
        // Each step goes up by a word at least.
        CHECK(steps < count);
        CHECK(memcmp(before, words, count * sizeof(uintptr_t)) == 0);
        free(before);
        free(words);
    }
}

TEST(backtrace_of_every_start)
{
    struct stack stack = make_stack(16);
    for (unsigned i = 0; i < count; i++) {
        words[i] = 1 + i;
    }
    for (uintptr_t start = stack.bottom - 64; start < stack.top + 64;
         start++) {
        uintptr_t frame = start;
        bool goes;
        check_step(stack, &frame, &goes);
    }
    free(words);
}

// Frames as functions leave them, with gaps of any size.
TEST(backtrace_follows_every_chain_to_its_end)
{
    for (unsigned round = 0; round < 2000; round++) {
        struct stack stack = make_stack(2 + host_random_below(200));
        for (unsigned i = 0; i < count; i++) {
            words[i] = any_word(stack);
        }
        static unsigned chain[200];
        unsigned depth = 0;
        for (unsigned at = host_random_below(4); at + 2 <= count;
             at += 2 + host_random_below(6)) {
            chain[depth++] = at;
        }
        for (unsigned i = 0; i < depth; i++) {
            words[chain[i]] =
                i + 1 < depth ? (uintptr_t)&words[chain[i + 1]] : 0;
            words[chain[i] + 1] = 0x100000 + i;
        }
        uintptr_t frame = depth > 0 ? (uintptr_t)&words[chain[0]] : 0;
        for (unsigned i = 0; i < depth; i++) {
            uintptr_t address = 0;
            CHECK(backtrace_step(stack, &frame, &address));
            CHECK_EQUAL(address, 0x100000 + i);
        }
        uintptr_t address = 0;
        CHECK_EQUAL(frame, 0);
        CHECK(!backtrace_step(stack, &frame, &address));
        free(words);
    }
}

TEST(backtrace_without_a_stack)
{
    for (unsigned i = 0; i < 1000; i++) {
        uintptr_t frame = i < 10 ? 8 * i : host_random();
        uintptr_t address;
        CHECK(!backtrace_step((struct stack){0, 0}, &frame, &address));
    }
    // A stack at either end of memory, which nobody may read there.
    uintptr_t address;
    struct stack highest = {UINTPTR_MAX - 15, UINTPTR_MAX};
    for (uintptr_t frame = highest.bottom + 1; frame != 16; frame++) {
        uintptr_t moved = frame;
        CHECK(!backtrace_step(highest, &moved, &address));
    }
}

// From one stack to another, as from an exception's to the interrupted
// code's: the next frame is given, wherever it is.
TEST(backtrace_leaves_a_stack_for_another)
{
    struct stack one = make_stack(4);
    uintptr_t *first = words;
    struct stack other = make_stack(4);
    words[2] = 0;
    words[3] = 0x2000;
    first[0] = (uintptr_t)&words[2];
    first[1] = 0x1000;
    uintptr_t frame = (uintptr_t)first;
    uintptr_t address = 0;
    CHECK(backtrace_step(one, &frame, &address));
    CHECK_EQUAL(address, 0x1000);
    CHECK_EQUAL(frame, (uintptr_t)&words[2]);
    uintptr_t there = frame;
    CHECK(!backtrace_step(one, &frame, &address));
    CHECK_EQUAL(frame, there);
    CHECK(backtrace_step(other, &frame, &address));
    CHECK_EQUAL(address, 0x2000);
    free(first);
    free(words);
}
