// A race: a future made of two others.
#pragma once

#include "task/future.h"

// Both run at the same time; the race is done when one of them is, the
// `winner`, and cancels the other.  The two belong to the caller, stay
// where they are, and have not begun.
struct race {
    struct future future;
    struct future *first; // wins if both are done
    struct future *second;
    struct future *winner;
};
struct race race_of(struct future *first, struct future *second);
