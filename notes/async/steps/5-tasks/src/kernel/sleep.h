// Time, for tasks to wait for.
#pragma once

#include <stdint.h>

#include "task/future.h"

// Done when the timer's count has reached a number.
struct sleep {
    struct future future;
    uint64_t until; // in ticks
};

struct sleep sleep_until(uint64_t ticks);

// Counts from now on, and not from the first poll.
struct sleep sleep_for(uint64_t ticks);
