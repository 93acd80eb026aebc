// Futures: work that can stop in the middle and go on later.
//
// A future is a structure that begins with a struct future.  All that
// it has to remember from one poll to the next is in its fields: what
// is on the stack is gone when poll() returns.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"
#include "lib/panic.h"
#include "task/waker.h"

enum poll {
    POLL_PENDING, // not done; `waker` will be woken when it can go on
    POLL_READY,   // done; the result is in the future's fields
};

struct future {
    // Goes on as far as it can without waiting.
    enum poll (*poll)(struct future *self, struct waker waker);
};

// A future that has not begun.
#define FUTURE(poll_function) {.poll = (poll_function)}

// Polls it.
NODISCARD enum poll future_poll(struct future *future,
                                struct waker waker);
