#include "task/combine.h"

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

struct both {
    struct then then; // first: next() finds the rest behind it
    struct gate first;
    struct gate second;
};

static struct future *second_of(struct then *self)
{
    return &((struct both *)self)->second.future;
}

TEST(then_begins_the_second_after_the_first)
{
    struct both both = {.first = closed(), .second = closed()};
    both.then = then_of(&both.first.future, second_of);
    struct future *then = &both.then.future;
    CHECK_EQUAL(future_poll(then, WAKER_NONE), POLL_PENDING);
    CHECK_EQUAL(both.second.polls, 0);
    open_gate(&both.first);
    CHECK_EQUAL(future_poll(then, WAKER_NONE), POLL_PENDING);
    CHECK_EQUAL(both.second.polls, 1);
    open_gate(&both.second);
    CHECK_EQUAL(future_poll(then, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(both.first.polls, 2);
    CHECK_EQUAL(both.second.polls, 2);
}

TEST(join_waits_for_both)
{
    struct gate one = closed();
    struct gate other = closed();
    struct join join = join_of(&one.future, &other.future);
    CHECK_EQUAL(future_poll(&join.future, WAKER_NONE), POLL_PENDING);
    open_gate(&one);
    CHECK_EQUAL(future_poll(&join.future, WAKER_NONE), POLL_PENDING);
    CHECK_EQUAL(future_poll(&join.future, WAKER_NONE), POLL_PENDING);
    open_gate(&other);
    CHECK_EQUAL(future_poll(&join.future, WAKER_NONE), POLL_READY);
    CHECK_EQUAL(one.polls, 2); // and never after its end
    CHECK_EQUAL(other.polls, 4);
}

TEST(join_is_cancelled_with_both)
{
    struct gate one = closed();
    struct gate other = closed();
    struct join join = join_of(&one.future, &other.future);
    CHECK_EQUAL(future_poll(&join.future, WAKER_NONE), POLL_PENDING);
    future_cancel(&join.future);
    CHECK(one.cancelled && other.cancelled);
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
