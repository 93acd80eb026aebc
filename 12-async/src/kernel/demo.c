#include "kernel/demo.h"

#include <stddef.h>

#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/monitor.h"
#include "kernel/panic.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "lib/format.h"
#include "task/combine.h"
#include "task/executor.h"

// --- A future that is ready at once, and one that awaits it ---------

struct number {
    struct future future;
    int value; // the result
};

static enum poll find_number(struct future *self, struct waker waker)
{
    (void)waker;
    ((struct number *)self)->value = 42;
    return POLL_READY;
}

struct example {
    struct future future;
    struct number number;
};

static enum poll run_example(struct future *self, struct waker waker)
{
    struct example *example = (struct example *)self;
    ASYNC_BEGIN(self);
    example->number = (struct number){.future = FUTURE(find_number)};
    AWAIT(self, &example->number.future, waker);
    kprintf("async number: %d\n", example->number.value);
    ASYNC_END;
}

// --- Two at the same time, and then the monitor ---------------------

struct start {
    struct future future;
    struct example example;
    struct sleep sleep;
    struct join join;
};

static enum poll run_start(struct future *self, struct waker waker)
{
    struct start *start = (struct start *)self;
    ASYNC_BEGIN(self);
    start->example = (struct example){.future = FUTURE(run_example)};
    start->sleep = sleep_for(TIMER_HERTZ / 10);
    start->join = join_of(&start->sleep.future, &start->example.future);
    AWAIT(self, &start->join.future, waker);
    kprintf("Type a command; help lists them.\n");
    monitor_start();
    ASYNC_END;
}

// --- A clock --------------------------------------------------------

struct clock {
    struct future future;
    struct sleep sleep;
};

// In the top right corner, over what is there: the console does not
// know of it, and goes on where it was.
static void show_ticks(uint64_t ticks)
{
    char text[11];
    format_to_buffer(text, sizeof(text), "%10lu", ticks);
    volatile cell_t *cell = vga_cells() + VGA_COLUMNS - 10;
    for (size_t i = 0; text[i] != '\0'; i++) {
        cell[i] = (cell_t)(COLOR_LIGHT_GRAY << 8 | text[i]);
    }
}

static enum poll run_clock(struct future *self, struct waker waker)
{
    struct clock *clock = (struct clock *)self;
    ASYNC_BEGIN(self);
    for (;;) {
        show_ticks(timer_ticks());
        clock->sleep = sleep_for(TIMER_HERTZ / 10);
        AWAIT(self, &clock->sleep.future, waker);
    }
    ASYNC_END;
}

void demo(void)
{
    const struct start start = {.future = FUTURE(run_start)};
    const struct clock clock = {.future = FUTURE(run_clock)};
    kprintf("Hello World!\n");
    if (!executor_spawn("start", &start.future, sizeof(start)) ||
        !executor_spawn("clock", &clock.future, sizeof(clock))) {
        panic("no memory for the first tasks");
    }
}
