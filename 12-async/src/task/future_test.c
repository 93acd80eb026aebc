#include "task/future.h"

#include "test/test.h"

// Ready at the third poll: a state machine by hand.
struct third {
    struct future future;
    unsigned polls;
    bool cancelled;
};

static enum poll poll_third(struct future *self, struct waker waker)
{
    struct third *third = (struct third *)self;
    (void)waker;
    third->polls++;
    return third->polls == 3 ? POLL_READY : POLL_PENDING;
}

static void cancel_third(struct future *self)
{
    ((struct third *)self)->cancelled = true;
}

static struct third third_poll(void)
{
    return (struct third){
        .future = {.poll = poll_third, .cancel = cancel_third},
    };
}

// The macros: awaits it twice, and notes where it is.
struct twice {
    struct future future;
    struct third third;
    unsigned steps;
    unsigned rounds;
};

static enum poll poll_twice(struct future *self, struct waker waker)
{
    struct twice *twice = (struct twice *)self;
    ASYNC_BEGIN(self);
    twice->steps++;
    for (twice->rounds = 0; twice->rounds < 2; twice->rounds++) {
        twice->third = third_poll();
        AWAIT(self, &twice->third.future, waker);
        twice->steps++;
    }
    ASYNC_END;
}

TEST(future_goes_on_where_it_stopped)
{
    struct twice twice = {.future = FUTURE(poll_twice)};
    static const unsigned steps[] = {1, 1, 2, 2, 3};
    for (unsigned i = 0; i < 5; i++) {
        enum poll result = future_poll(&twice.future, WAKER_NONE);
        CHECK_EQUAL(twice.steps, steps[i]);
        CHECK_EQUAL(result, i < 4 ? POLL_PENDING : POLL_READY);
    }
    CHECK(twice.future.finished);
}

TEST(future_that_has_not_begun_may_be_copied)
{
    struct twice twice = {.future = FUTURE(poll_twice)};
    struct twice copy = twice;
    CHECK_EQUAL(future_poll(&copy.future, WAKER_NONE), POLL_PENDING);
    CHECK_EQUAL(copy.steps, 1);
    CHECK_EQUAL(twice.steps, 0);
}

TEST(future_passes_a_cancel_on)
{
    struct twice twice = {.future = FUTURE(poll_twice)};
    CHECK_EQUAL(future_poll(&twice.future, WAKER_NONE), POLL_PENDING);
    future_cancel(&twice.future);
    CHECK(twice.third.cancelled);
    CHECK(twice.future.finished && twice.third.future.finished);
}

TEST(future_is_cancelled_only_while_it_is_under_way)
{
    struct third third = third_poll();
    future_cancel(&third.future);
    CHECK(!third.cancelled);
    while (future_poll(&third.future, WAKER_NONE) == POLL_PENDING) {
    }
    CHECK_EQUAL(third.polls, 3);
    future_cancel(&third.future);
    CHECK(!third.cancelled);
}
