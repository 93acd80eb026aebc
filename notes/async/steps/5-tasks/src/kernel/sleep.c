#include "kernel/sleep.h"

#include "kernel/timer.h"

static enum poll poll_sleep(struct future *self, struct waker waker)
{
    const struct sleep *sleep = (const struct sleep *)self;
    (void)waker;
    return timer_ticks() < sleep->until ? POLL_PENDING : POLL_READY;
}

struct sleep sleep_until(uint64_t ticks)
{
    return (struct sleep){
        .future = FUTURE(poll_sleep),
        .until = ticks,
    };
}

struct sleep sleep_for(uint64_t ticks)
{
    uint64_t now = timer_ticks();
    return sleep_until(ticks < UINT64_MAX - now ? now + ticks
                                                : UINT64_MAX);
}
