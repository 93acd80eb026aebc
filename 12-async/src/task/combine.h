// Futures made of two others, which belong to the caller and stay where
// they are.
#pragma once

#include "task/future.h"

// One after the other.
struct then {
    struct future future;
    struct future *first;
    // Called when the first is done: returns the second, which may
    // depend on what the first has brought.
    struct future *(*next)(struct then *self);
};
struct then then_of(struct future *first,
                    struct future *(*next)(struct then *self));

// Both at the same time; done when both are.  One that is done already
// is not polled.
struct join {
    struct future future;
    struct future *first;
    struct future *second;
};
struct join join_of(struct future *first, struct future *second);

// Both at the same time; done when one is, which is `winner`.  The
// other is cancelled.  Neither may be done already.
struct race {
    struct future future;
    struct future *first; // wins if both are done
    struct future *second;
    struct future *winner;
};
struct race race_of(struct future *first, struct future *second);
