#include "task/executor.h"

#include "lib/string.h"
#include "test/test.h"

// What the tasks below leave behind: each is known by a letter.
static char trace[32];
static size_t traced;
static struct waker wakers[16];

static void begin(void)
{
    traced = 0;
    memset(trace, 0, sizeof(trace));
    while (executor_step()) {
    }
}

// Notes its turns, and ends after some.
struct noter {
    struct future future;
    unsigned number;
    unsigned turns;
    unsigned wakes_itself; // so many times in each turn
};

static enum poll poll_noter(struct future *self, struct waker waker)
{
    struct noter *noter = (struct noter *)self;
    trace[traced] = (char)('a' + noter->number);
    traced++;
    wakers[noter->number] = waker;
    for (unsigned i = 0; i < noter->wakes_itself; i++) {
        waker_wake(waker);
    }
    noter->turns--;
    return noter->turns == 0 ? POLL_READY : POLL_PENDING;
}

static void spawn(unsigned number, unsigned turns,
                  unsigned wakes_itself)
{
    const struct noter noter = {
        .future = FUTURE(poll_noter),
        .number = number,
        .turns = turns,
        .wakes_itself = wakes_itself,
    };
    CHECK(executor_spawn("noter", &noter.future, sizeof(noter)));
}

TEST(tasks_take_turns)
{
    begin();
    spawn(0, 3, 1);
    spawn(1, 2, 1);
    spawn(2, 3, 1);
    while (executor_step()) {
    }
    CHECK_TEXT(trace, "abcabcac");
}

TEST(task_is_polled_only_when_it_was_woken)
{
    begin();
    spawn(0, 3, 0);
    CHECK(executor_step());
    CHECK(!executor_step());
    waker_wake(wakers[0]);
    CHECK(executor_step());
    CHECK(!executor_step());
    waker_wake(wakers[0]);
    while (executor_step()) {
    }
    CHECK_TEXT(trace, "aaa");
}

TEST(task_woken_twice_has_one_turn)
{
    begin();
    spawn(0, 3, 2);
    CHECK(executor_step());
    CHECK(executor_step());
    waker_wake(wakers[0]); // it is ready already
    CHECK(executor_step());
    CHECK(!executor_step());
    CHECK_TEXT(trace, "aaa");
}

TEST(wakes_equal_polls)
{
    begin();
    struct executor_counts before = executor_counts();
    spawn(0, 4, 3);
    spawn(1, 2, 1);
    while (executor_step()) {
    }
    struct executor_counts after = executor_counts();
    CHECK_EQUAL(after.tasks, before.tasks);
    CHECK_EQUAL(after.polls - before.polls, 6);
    CHECK_EQUAL(after.wakes - before.wakes, 6);
}

TEST(wake_of_a_task_that_ended_does_nothing)
{
    begin();
    spawn(0, 1, 1);
    while (executor_step()) {
    }
    struct waker old = wakers[0];
    waker_wake(old);
    CHECK(!executor_step());

    // Another one has its slot now, and is not woken either.
    spawn(1, 2, 0);
    CHECK(executor_step());
    CHECK_EQUAL(wakers[1].slot, old.slot);
    waker_wake(old);
    CHECK(!executor_step());
    waker_wake(wakers[1]);
    CHECK(executor_step());
    CHECK_TEXT(trace, "abb");
}

TEST(wake_of_no_task_does_nothing)
{
    begin();
    waker_wake(WAKER_NONE);
    waker_wake((struct waker){.slot = UINT32_MAX, .id = 1});
    CHECK(!executor_step());
}

// Begins another task, in its turn.
static enum poll poll_parent(struct future *self, struct waker waker)
{
    (void)self;
    (void)waker;
    spawn(0, 1, 0);
    trace[traced] = 'p';
    traced++;
    return POLL_READY;
}

TEST(tasks_begin_tasks)
{
    begin();
    const struct future parent = FUTURE(poll_parent);
    CHECK(executor_spawn("parent", &parent, sizeof(parent)));
    spawn(1, 1, 0);
    while (executor_step()) {
    }
    CHECK_TEXT(trace, "pba");
}

TEST(tasks_are_listed)
{
    begin();
    size_t tasks = executor_counts().tasks;
    spawn(0, 2, 0);
    spawn(1, 2, 0);
    while (executor_step()) {
    }
    CHECK_EQUAL(executor_counts().tasks, tasks + 2);
    size_t found = 0;
    size_t slot = 0;
    for (const struct task *task = executor_next(&slot); task != NULL;
         task = executor_next(&slot)) {
        if (task->waker.id >= wakers[0].id) {
            found++;
            CHECK_TEXT(task->name, "noter");
            CHECK_EQUAL(task->polls, 1);
            CHECK_TEXT(executor_state(task), "waiting for ?");
        }
    }
    CHECK_EQUAL(found, 2);
    waker_wake(wakers[1]);
    waker_wake(wakers[0]);
    while (executor_step()) {
    }
    CHECK_TEXT(trace, "abba");
}
