// Futures: work that can stop in the middle, and go on later.
//
// A future is a structure that begins with a struct future.  All that
// it has to remember from one poll to the next is in its fields: what
// is on the stack is gone when poll() returns.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "kernel/panic.h"
#include "lib/attributes.h"
#include "task/waker.h"

enum poll {
    POLL_PENDING, // not done; `waker` will be woken when it can go on
    POLL_READY,   // done; the result is in the future's fields
};

struct future {
    // Goes on as far as it can without waiting.
    enum poll (*poll)(struct future *self, struct waker waker);
    // Undoes what has begun, where somebody else knows of it; NULL if
    // nobody does.  The rest is future_cancel()'s.
    void (*cancel)(struct future *self);

    // The rest is written by the functions and macros below.
    struct future *awaiting;  // what AWAIT() waits for
    const void *started_at;   // its address, or NULL before it begins
    unsigned resume_at;       // the line where poll() goes on
    bool finished;
};

// A future that has not begun.  Until it does it may be copied, as any
// structure; after that others may know its address, and it stays where
// it is, untouched, until it is done or was cancelled.
#define FUTURE(poll_function) {.poll = (poll_function)}

// Polls it.  A future that has finished or was cancelled, and one that
// was moved after it had begun, must not be polled: this panics.
NODISCARD enum poll future_poll(struct future *future,
                                struct waker waker);

// Gives up on a future and on what it waits for: nobody will poll it
// again.  Does nothing if it has not begun or has finished.  Frees
// nothing: their memory belongs to whoever it belonged to before.
void future_cancel(struct future *future);

// The body of a poll function stands between ASYNC_BEGIN and ASYNC_END.
// AWAIT() is where it stops until `other`, a future, is done; `other`
// is evaluated once.  No two AWAIT() stand on one line, and none stands
// in a switch of your own: it could not be found again, and this
// panics.
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
