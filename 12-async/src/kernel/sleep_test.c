#include "kernel/sleep.h"

#include "kernel/timer.h"
#include "sync/irq.h"
#include "task/executor.h"
#include "task/race.h"
#include "test/test.h"

static unsigned asleep;
static unsigned order[4];
static unsigned woken;

struct sleeper {
    struct future future;
    struct sleep sleep;
    unsigned number;
    uint64_t until;
};

static enum poll run_sleeper(struct future *self, struct waker waker)
{
    struct sleeper *sleeper = (struct sleeper *)self;
    ASYNC_BEGIN(self);
    sleeper->sleep = sleep_until(sleeper->until);
    AWAIT(self, &sleeper->sleep.future, waker);
    CHECK(timer_ticks() >= sleeper->until);
    if (sleeper->number < 4) {
        order[woken] = sleeper->number;
        woken++;
    }
    asleep--;
    ASYNC_END;
}

static void spawn(unsigned number, uint64_t until)
{
    const struct sleeper sleeper = {
        .future = FUTURE(run_sleeper),
        .number = number,
        .until = until,
    };
    CHECK(executor_spawn("sleeper", &sleeper.future, sizeof(sleeper)));
    asleep++;
}

// While interrupts are off the ticks are not counted: all go to sleep
// at the same tick.
static irq_state_t stop_time(void)
{
    while (executor_step()) {
    }
    return irq_save();
}

static void go_on(irq_state_t irq)
{
    while (executor_step()) {
    }
    irq_restore(irq);
}

static void run(void)
{
    while (executor_step()) {
    }
    while (asleep > 0) {
        executor_sleep();
        while (executor_step()) {
        }
    }
}

TEST(sleepers_wake_in_the_order_of_their_times)
{
    irq_state_t irq = stop_time();
    uint64_t now = timer_ticks();
    woken = 0;
    spawn(0, now + 5);
    spawn(1, now + 3);
    spawn(2, 0);
    spawn(3, now + 4);
    go_on(irq);
    run();
    CHECK_EQUAL(order[0], 2);
    CHECK_EQUAL(order[1], 1);
    CHECK_EQUAL(order[2], 3);
    CHECK_EQUAL(order[3], 0);
}

TEST(sleepers_are_polled_twice)
{
    irq_state_t irq = stop_time();
    struct executor_counts before = executor_counts();
    uint64_t now = timer_ticks();
    enum { SLEEPERS = 100 };
    for (unsigned i = 0; i < SLEEPERS; i++) {
        spawn(4 + i, now + 3);
    }
    go_on(irq);
    run();
    struct executor_counts after = executor_counts();
    CHECK_EQUAL(after.wakes - before.wakes,
                after.polls - before.polls);
    // And one poll of the task that wakes them; more if others sleep.
    CHECK(after.polls - before.polls >= 2 * SLEEPERS + 1);
    CHECK(after.polls - before.polls <= 2 * SLEEPERS + 3);
    CHECK_EQUAL(after.tasks, before.tasks);
}

TEST(sleep_that_loses_a_race_is_forgotten)
{
    irq_state_t irq = stop_time();
    struct sleep soon = sleep_for(1);
    struct sleep never = sleep_for(UINT64_MAX);
    struct race race = race_of(&never.future, &soon.future);
    CHECK_EQUAL(never.until, UINT64_MAX);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_PENDING);
    CHECK(never.link != NULL && soon.link != NULL);
    spawn(4, timer_ticks() + 3);
    go_on(irq);
    run();
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_READY);
    CHECK(race.winner == &soon.future);
    CHECK(never.link == NULL && soon.link == NULL);
}

TEST(sleep_of_many_rounds_of_the_wheel_is_passed_over)
{
    irq_state_t irq = stop_time();
    uint64_t now = timer_ticks();
    struct sleep later = sleep_until(now + 3 + 512);
    CHECK_EQUAL(future_poll(&later.future, WAKER_NONE), POLL_PENDING);
    spawn(4, now + 3);
    go_on(irq);
    run();
    CHECK(later.link != NULL);
    future_cancel(&later.future);
    CHECK(later.link == NULL);
}
