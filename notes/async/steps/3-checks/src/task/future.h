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

    // The rest is written by the functions and macros below.
    struct future *awaiting; // what AWAIT() waits for
    const void *started_at;  // its address, or NULL before it begins
    unsigned resume_at;      // the line where poll() goes on
    bool finished;
};

// A future that has not begun.  Until it does you may copy it like any
// structure.  After that others may know its address: it must stay
// where it is, untouched, until it is done.
#define FUTURE(poll_function) {.poll = (poll_function)}

// Polls it.  Panics if it has finished, or was moved after it had
// begun.
NODISCARD enum poll future_poll(struct future *future,
                                struct waker waker);

// The body of a poll function goes between ASYNC_BEGIN and ASYNC_END.
// AWAIT() stops there until `other`, a future, is done; `other` is
// evaluated once.  Put no two AWAIT() on one line, and none into a
// switch of your own: the next poll could not find it, and panics.
#define ASYNC_BEGIN(self)                                          \
    switch ((self)->resume_at) {                                   \
    default:                                                       \
        panic("AWAIT() of line %u is in another switch",           \
              (self)->resume_at);                                  \
    case 0:

#define AWAIT(self, other, waker)                          \
    do {                                                   \
        (self)->awaiting = (other);                        \
        (self)->resume_at = __LINE__;                      \
        FALLTHROUGH;                                       \
    case __LINE__:                                         \
        if (future_poll((self)->awaiting, (waker)) ==      \
            POLL_PENDING) {                                \
            return POLL_PENDING;                           \
        }                                                  \
        (self)->awaiting = NULL;                           \
    } while (0)

#define ASYNC_END \
    }             \
    return POLL_READY
