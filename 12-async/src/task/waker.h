// Wakers: whom to tell that it is worth looking again.
#pragma once

#include <stdint.h>

// A waker names a task, and is no pointer to it: it may be copied, be
// forgotten, and be used when the task has long ended.
struct waker {
    uint32_t slot; // where the task is noted
    uint32_t id;   // and which one it is, of all that were noted there
};

// Nobody.
#define WAKER_NONE ((struct waker){0, 0})

// Lets the task be polled soon, once, however often it is woken before
// that.  Does nothing if it has ended.  To be called from anywhere,
// interrupt handlers too: it neither waits nor allocates.
void waker_wake(struct waker waker);
