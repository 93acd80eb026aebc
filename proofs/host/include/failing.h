// For containers: every allocation fails in turn, and in the end all
// memory has been given back.
#pragma once

#include "host.h"
#include "mm/heap.h"
#include "test/test.h"

static size_t blocks; // when the test began
static size_t next_failing;

static inline void begin(void)
{
    host_heap_failing = 0;
    blocks = heap_count();
}

// Everything has been given back.
static inline void end(void)
{
    CHECK_EQUAL(heap_count(), blocks);
}

// Whether a step, done again and again, has to be done once more: first
// its first allocation fails, then its second, until it needs no more.
static inline bool must_fail(bool done)
{
    bool failed = host_heap_failing == 0;
    host_heap_failing = 0;
    CHECK_EQUAL(done, !failed);
    return failed;
}

// Does a step that returns whether it succeeded; `check` must hold after
// each failure.
#define FAIL_IN_TURN(step, check)             \
    do {                                      \
        next_failing = 1;                     \
        host_heap_failing = next_failing;     \
        while (must_fail(step)) {             \
            check;                            \
            next_failing++;                   \
            host_heap_failing = next_failing; \
        }                                     \
    } while (0)

static inline void count_allocations(void)
{
    host_heap_failing = SIZE_MAX;
}

// How many there were since then.
static inline size_t allocations(void)
{
    size_t result = SIZE_MAX - host_heap_failing;
    host_heap_failing = 0;
    return result;
}
