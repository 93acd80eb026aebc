// The executor: runs tasks, which take turns on one stack.
//
// A task is a future that no other future awaits.  It is polled when it
// begins and whenever it was woken, and at no other time: what a turn
// costs does not depend on how many tasks wait.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "task/future.h"

// The fields are private to executor.c, but anyone may read these
// three: `name`, `waker`, `polls`.
struct task {
    const char *name;
    struct waker waker; // names it; the id is never 0
    uint64_t polls;     // how many turns it had
    bool ready;         // woken since the last turn began
    struct task *next;  // the one after it in the ready queue
    // The future, with what comes after its struct future.
    _Alignas(16) unsigned char future[];
};

// Begins a task, which has its first turn after all that are ready now.
// `future`, of `size` bytes, has not begun; the task gets a copy, which
// is freed when it is done.  `name` must outlive the task.  False if
// there is no memory; then nothing has changed.  Tasks may call it,
// interrupt handlers must not.
NODISCARD bool executor_spawn(const char *name,
                              const struct future *future, size_t size);

// Gives the first task that is ready its turn; false if none is.  Not
// for tasks to call.
bool executor_step(void);

// Runs tasks from now on.
NORETURN void executor_run(void);

// How many tasks there are, and what has happened so far.  Each time a
// task joins the ready queue it gets one poll: when no task is ready,
// `wakes` and `polls` are equal.
struct executor_counts {
    size_t tasks;
    uint64_t wakes; // beginnings, too: a new task is ready
    uint64_t polls;
};
struct executor_counts executor_counts(void);
