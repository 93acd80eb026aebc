#include "task/race.h"

static bool has_won(struct race *race, struct future *one,
                    struct future *other, struct waker waker)
{
    if (future_poll(one, waker) == POLL_PENDING) {
        return false;
    }
    race->winner = one;
    future_cancel(other);
    return true;
}

static enum poll poll_race(struct future *self, struct waker waker)
{
    struct race *race = (struct race *)self;
    return has_won(race, race->first, race->second, waker) ||
                   has_won(race, race->second, race->first, waker)
               ? POLL_READY
               : POLL_PENDING;
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
        .future = {.poll = poll_race,
                   .cancel = cancel_race,
                   .state = "waiting for either of two"},
        .first = first,
        .second = second,
    };
}
