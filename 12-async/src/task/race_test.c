#include "task/race.h"

#include "test/test.h"

// Ready when told.
struct gate {
    struct future future;
    bool open;
    unsigned polls;
    bool cancelled;
};

static enum poll poll_gate(struct future *self, struct waker waker)
{
    struct gate *gate = (struct gate *)self;
    (void)waker;
    gate->polls++;
    return gate->open ? POLL_READY : POLL_PENDING;
}

static void cancel_gate(struct future *self)
{
    ((struct gate *)self)->cancelled = true;
}

static struct gate closed(void)
{
    return (struct gate){
        .future = {.poll = poll_gate, .cancel = cancel_gate},
    };
}

static void open_gate(struct gate *gate)
{
    gate->open = true;
}

TEST(race_cancels_the_loser)
{
    struct gate one = closed();
    struct gate other = closed();
    struct race race = race_of(&one.future, &other.future);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_PENDING);
    open_gate(&other);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_READY);
    CHECK(race.winner == &other.future);
    CHECK(one.cancelled && !other.cancelled);
}

TEST(race_is_won_by_the_first_if_both_are_done)
{
    struct gate one = closed();
    struct gate other = closed();
    struct race race = race_of(&one.future, &other.future);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_PENDING);
    open_gate(&one);
    open_gate(&other);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_READY);
    CHECK(race.winner == &one.future);
    CHECK(other.cancelled && !one.cancelled);
    CHECK_EQUAL(other.polls, 1);
}

TEST(race_is_cancelled_with_both)
{
    struct gate one = closed();
    struct gate other = closed();
    struct race race = race_of(&one.future, &other.future);
    CHECK_EQUAL(future_poll(&race.future, WAKER_NONE), POLL_PENDING);
    future_cancel(&race.future);
    CHECK(one.cancelled && other.cancelled);
}
