// Wakers: how to tell a task that it's worth looking again.
#pragma once

#include <stdint.h>

// A waker names a task and is no pointer to it: you may copy it, forget
// it, and use it long after the task has ended.
struct waker {
    uint32_t slot; // where the executor keeps the task
    uint32_t id;   // which of all the tasks that were ever kept there
};

// Names no task.
#define WAKER_NONE ((struct waker){0, 0})

// Lets the task be polled soon: once, however often it is woken before
// that.  Does nothing if the task has ended.  You may call it from
// anywhere, interrupt handlers too: it neither waits nor allocates.
void waker_wake(struct waker waker);
