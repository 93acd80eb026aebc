// Time, for tasks to wait for.
#pragma once

#include <stdint.h>

#include "lib/pairing.h"
#include "task/future.h"

// Done when the timer's count has reached a number.  What this costs
// does not grow with the number of those who sleep, but for the
// logarithm of it when one is done; and in the interrupt nothing does.
struct sleep {
    struct future future;
    struct pairing_node node; // the key is that number
    struct waker waker;
    bool waits; // whether the node is in the pairing heap
};

// Begins the task that wakes the others.  After timer_init().
void sleep_init(void);

struct sleep sleep_until(uint64_t ticks);

// From now on, and not from when it is first polled.
struct sleep sleep_for(uint64_t ticks);
