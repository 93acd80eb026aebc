#include "lib/backtrace.h"

#include <stddef.h>

#include "test/test.h"

// A stack of eight words, with frames where the tests put them.
static uintptr_t words[8];

static struct stack whole(void)
{
    return (struct stack){
        .bottom = (uintptr_t)words,
        .top = (uintptr_t)(words + 8),
    };
}

static uintptr_t put_frame(unsigned at, uintptr_t caller,
                           uintptr_t return_address)
{
    words[at] = caller;
    words[at + 1] = return_address;
    return (uintptr_t)&words[at];
}

TEST(backtrace_follows_the_frames)
{
    uintptr_t outer = put_frame(4, 0, 0x2000);
    uintptr_t frame = put_frame(0, outer, 0x1000);
    uintptr_t address = 0;
    CHECK(backtrace_step(whole(), &frame, &address));
    CHECK_EQUAL(address, 0x1000);
    CHECK_EQUAL(frame, outer);
    CHECK(backtrace_step(whole(), &frame, &address));
    CHECK_EQUAL(address, 0x2000);
    CHECK(!backtrace_step(whole(), &frame, &address));
}

TEST(backtrace_ends_where_nobody_called)
{
    uintptr_t frame = put_frame(0, 0, 0);
    uintptr_t address = 7;
    CHECK(!backtrace_step(whole(), &frame, &address));
    CHECK_EQUAL(address, 7);
}

TEST(backtrace_does_not_leave_the_stack)
{
    uintptr_t address;
    uintptr_t below = (uintptr_t)words - 16;
    uintptr_t above = (uintptr_t)(words + 7); // half a frame
    uintptr_t odd = put_frame(2, 0, 0x1000) + 1;
    uintptr_t highest = UINTPTR_MAX - 7; // its end wraps around to 8
    CHECK(!backtrace_step(whole(), &below, &address));
    CHECK(!backtrace_step(whole(), &above, &address));
    CHECK(!backtrace_step(whole(), &odd, &address));
    CHECK(!backtrace_step(whole(), &highest, &address));
}

TEST(backtrace_does_not_run_in_circles)
{
    uintptr_t frame = (uintptr_t)&words[2];
    put_frame(2, frame, 0x1000);
    uintptr_t address;
    CHECK(backtrace_step(whole(), &frame, &address));
    CHECK_EQUAL(frame, 0);
}
