#include "task/combine.h"

static enum poll poll_then(struct future *self, struct waker waker)
{
    struct then *then = (struct then *)self;
    ASYNC_BEGIN(self);
    AWAIT(self, then->first, waker);
    AWAIT(self, then->next(then), waker);
    ASYNC_END;
}

struct then then_of(struct future *first,
                    struct future *(*next)(struct then *self))
{
    return (struct then){
        .future = FUTURE(poll_then),
        .first = first,
        .next = next,
    };
}

// Polls what may not be polled when it is done.
static bool is_done(struct future *future, struct waker waker)
{
    return future->finished ||
           future_poll(future, waker) == POLL_READY;
}

static enum poll poll_join(struct future *self, struct waker waker)
{
    struct join *join = (struct join *)self;
    bool first = is_done(join->first, waker);
    bool second = is_done(join->second, waker);
    return first && second ? POLL_READY : POLL_PENDING;
}

static void cancel_join(struct future *self)
{
    struct join *join = (struct join *)self;
    future_cancel(join->first);
    future_cancel(join->second);
}

struct join join_of(struct future *first, struct future *second)
{
    return (struct join){
        .future = {.poll = poll_join, .cancel = cancel_join},
        .first = first,
        .second = second,
    };
}

static enum poll poll_race(struct future *self, struct waker waker)
{
    struct race *race = (struct race *)self;
    if (future_poll(race->first, waker) == POLL_READY) {
        race->winner = race->first;
        future_cancel(race->second);
        return POLL_READY;
    }
    if (future_poll(race->second, waker) == POLL_READY) {
        race->winner = race->second;
        future_cancel(race->first);
        return POLL_READY;
    }
    return POLL_PENDING;
}

static void cancel_race(struct future *self)
{
    struct race *race = (struct race *)self;
    future_cancel(race->first);
    future_cancel(race->second);
}

struct race race_of(struct future *first, struct future *second)
{
    return (struct race){
        .future = {.poll = poll_race, .cancel = cancel_race},
        .first = first,
        .second = second,
    };
}
