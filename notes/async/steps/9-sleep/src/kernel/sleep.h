// Time, for tasks to wait for.
#pragma once

#include <stdint.h>

#include "task/future.h"

// Done when the timer's count has reached a number.  To begin or end a
// sleep costs the same however many tasks sleep.
struct sleep {
    struct future future;
    uint64_t until; // in ticks
    // The rest is private to sleep.c.
    struct waker waker;
    struct sleep *next;  // in the same slot of the wheel
    struct sleep **link; // the pointer to this one; NULL: it's in none
};

// Begins the task that wakes the others.  After timer_init(); the
// timer's handler is in use from now on.
void sleep_init(void);

struct sleep sleep_until(uint64_t ticks);

// Counts from now on, and not from the first poll.
struct sleep sleep_for(uint64_t ticks);
