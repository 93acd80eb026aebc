// The executor: runs tasks, which share one stack by turns.
//
// A task is a future that nobody awaits.  It is polled when it begins
// and whenever it was woken, and at no other time: what a turn costs
// does not depend on how many tasks wait.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "task/future.h"

// To be changed by executor.c only.
struct task {
    const char *name;
    struct waker waker;    // names it; the id is never 0
    uint64_t polls;        // how often it had its turn
    bool ready;            // woken since the last turn began
    struct task *next;     // behind it in the ready queue
    // The future, with what comes after its struct future.
    _Alignas(16) unsigned char future[];
};

// Makes the first table of tasks, and panics if there is no memory for
// it.  To be called once, after heap_init().
void executor_init(void);

// Begins a task, which has its first turn after all that are ready now.
// `future`, of `size` bytes, has not begun; it is copied, and the copy
// is given back when it is done.  `name` must stay.  False if there is
// no memory, and then nothing has changed.  For tasks to call, too, and
// not for interrupt handlers.
NODISCARD bool executor_spawn(const char *name,
                              const struct future *future, size_t size);

// Gives the first task that is ready its turn; false if none is.  Not
// for tasks to call.
bool executor_step(void);

// Sleeps until the next interrupt, unless a task is ready.  Returns
// with interrupts on.
void executor_sleep(void);

// Runs tasks from now on.
NORETURN void executor_run(void);

// The task with the smallest id above `id`; NULL if there is none.
// Looks at all of them.  It may be looked at until a task ends, so not
// after another turn.  Not for interrupt handlers.
const struct task *executor_find_above(uint32_t id);

// What there is, and what has been.  A task that comes into the ready
// queue is polled once for it: when no task is ready `wakes` and
// `polls` are equal.
struct executor_counts {
    size_t tasks;
    uint64_t wakes; // beginnings, too: a new task is ready
    uint64_t polls;
    uint64_t sleeps;
};
struct executor_counts executor_counts(void);
