// The sleepers are in a pairing heap, which belongs to the tasks.  All
// that the interrupt knows is the time of the first, the timer's alarm,
// and the task to be woken then; that task wakes all whose time has
// come, and sets the alarm for the next.
#include "kernel/sleep.h"

#include "kernel/panic.h"
#include "kernel/timer.h"
#include "task/executor.h"

static struct pairing_heap sleepers;

// Its own waker, the same in each of its turns; the first one comes
// before any task can sleep.
static struct waker keeper;

static void on_alarm(uint64_t ticks)
{
    (void)ticks;
    waker_wake(keeper);
}

// The sleep that a node is part of.
static struct sleep *sleep_of(struct pairing_node *node)
{
    return (struct sleep *)((char *)node -
                            offsetof(struct sleep, node));
}

static void leave(struct sleep *sleep)
{
    if (sleep->waits) {
        pairing_remove(&sleepers, &sleep->node);
        sleep->waits = false;
    }
}

static void set_alarm(void)
{
    timer_set_alarm(sleepers.first != NULL ? sleepers.first->key
                                           : UINT64_MAX,
                    on_alarm);
}

// An alarm whose time has passed meanwhile rings at the next tick: no
// need to look again.
static enum poll poll_keeper(struct future *self, struct waker waker)
{
    (void)self;
    keeper = waker;
    uint64_t now = timer_ticks();
    while (sleepers.first != NULL && sleepers.first->key <= now) {
        struct sleep *sleep = sleep_of(sleepers.first);
        leave(sleep);
        waker_wake(sleep->waker);
    }
    set_alarm();
    return POLL_PENDING;
}

void sleep_init(void)
{
    const struct future future = FUTURE(poll_keeper);
    if (!executor_spawn("timer", &future, sizeof(future))) {
        panic("no memory for the task \"timer\"");
    }
}

static enum poll poll_sleep(struct future *self, struct waker waker)
{
    struct sleep *sleep = (struct sleep *)self;
    if (timer_ticks() >= sleep->node.key) {
        leave(sleep);
        return POLL_READY;
    }
    sleep->waker = waker;
    if (!sleep->waits) {
        pairing_add(&sleepers, &sleep->node);
        sleep->waits = true;
        set_alarm();
    }
    return POLL_PENDING;
}

static void cancel_sleep(struct future *self)
{
    leave((struct sleep *)self);
}

struct sleep sleep_until(uint64_t ticks)
{
    return (struct sleep){
        .future = {.poll = poll_sleep, .cancel = cancel_sleep},
        .node = {.key = ticks},
    };
}

struct sleep sleep_for(uint64_t ticks)
{
    uint64_t now = timer_ticks();
    return sleep_until(ticks < UINT64_MAX - now ? now + ticks
                                                : UINT64_MAX);
}
