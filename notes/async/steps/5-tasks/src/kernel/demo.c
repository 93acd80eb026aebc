#include "kernel/demo.h"

#include <stddef.h>

#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/keys.h"
#include "kernel/sleep.h"
#include "kernel/timer.h"
#include "lib/format.h"
#include "lib/panic.h"
#include "task/executor.h"

struct echo {
    struct future future;
    struct next_key key;
};

static enum poll run_echo(struct future *self, struct waker waker)
{
    struct echo *echo = (struct echo *)self;
    ASYNC_BEGIN(self);
    for (;;) {
        echo->key = keys_next();
        AWAIT(self, &echo->key.future, waker);
        kprintf("%c", echo->key.key.character);
    }
    ASYNC_END;
}

struct clock {
    struct future future;
    struct sleep sleep;
};

// In the top right corner, over what is there: the console does not
// know about it, and goes on where it was.
static void show_ticks(uint64_t ticks)
{
    enum { WIDTH = 16 };
    char text[WIDTH + 1];
    format_to_buffer(text, sizeof(text), "%10lu ticks", ticks);
    volatile cell_t *cell = vga_cells() + VGA_COLUMNS - WIDTH;
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
    const struct echo echo = {.future = FUTURE(run_echo)};
    const struct clock clock = {.future = FUTURE(run_clock)};
    kprintf("Hello World!\n");
    if (!executor_spawn("echo", &echo.future, sizeof(echo)) ||
        !executor_spawn("clock", &clock.future, sizeof(clock))) {
        panic("no memory for the first tasks");
    }
}
