// A timing wheel: a list of sleepers for each of the next ticks.  At
// every tick the interrupt looks whether that tick's list is empty and,
// if it isn't, wakes a task, which wakes the sleepers.
//
// There are fewer slots than ticks, so slot 0 is for tick 0, for tick
// SLOTS, and so on.  A sleeper of a later round is passed over.
#include "kernel/sleep.h"

#include "kernel/timer.h"
#include "lib/panic.h"
#include "sync/irq.h"
#include "task/executor.h"

enum { SLOTS = 512 }; // about five seconds

static struct sleep *wheel[SLOTS];

// The sleepers of all ticks up to this one were woken.
static uint64_t done;

// The task that wakes them.  It has its first turn before any other.
static struct waker keeper;

static void wake_keeper(uint64_t now)
{
    if (wheel[now % SLOTS] != NULL) {
        waker_wake(keeper);
    }
}

static void enter_wheel(struct sleep *sleep)
{
    struct sleep **slot = &wheel[sleep->until % SLOTS];
    irq_state_t irq = irq_save();
    sleep->next = *slot;
    sleep->link = slot;
    if (sleep->next != NULL) {
        sleep->next->link = &sleep->next;
    }
    *slot = sleep;
    irq_restore(irq);
}

static void leave_wheel(struct sleep *sleep)
{
    if (sleep->link == NULL) {
        return;
    }
    irq_state_t irq = irq_save();
    *sleep->link = sleep->next;
    if (sleep->next != NULL) {
        sleep->next->link = sleep->link;
    }
    sleep->link = NULL;
    irq_restore(irq);
}

static void wake_slot(struct sleep *sleep, uint64_t now)
{
    while (sleep != NULL) {
        struct sleep *next = sleep->next;
        if (sleep->until <= now) {
            leave_wheel(sleep);
            waker_wake(sleep->waker);
        }
        sleep = next;
    }
}

static enum poll poll_keeper(struct future *self, struct waker waker)
{
    (void)self;
    keeper = waker;
    uint64_t now = timer_ticks();
    // One round reaches every slot, however late we are.
    if (now - done > SLOTS) {
        done = now - SLOTS;
    }
    while (done < now) {
        done++;
        wake_slot(wheel[done % SLOTS], now);
    }
    return POLL_PENDING;
}

void sleep_init(void)
{
    const struct future future = FUTURE(poll_keeper);
    if (!executor_spawn("timer", &future, sizeof(future))) {
        panic("no memory for the task \"timer\"");
    }
    timer_set_handler(wake_keeper);
}

// Registers first and looks at the time afterwards: a tick in between
// is seen.
static enum poll poll_sleep(struct future *self, struct waker waker)
{
    struct sleep *sleep = (struct sleep *)self;
    sleep->waker = waker;
    if (sleep->link == NULL) {
        enter_wheel(sleep);
    }
    if (timer_ticks() < sleep->until) {
        return POLL_PENDING;
    }
    leave_wheel(sleep);
    return POLL_READY;
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
