// The executor: runs tasks, which take turns on one stack.
//
// A task is a future that no other future awaits.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"
#include "task/future.h"

// The fields are private to executor.c, but anyone may read `name`.
struct task {
    const char *name;
    struct task *next; // the one after it in the queue
    // The future, with what comes after its struct future.
    _Alignas(16) unsigned char future[];
};

// Begins a task, which has its first turn after all others.  `future`,
// of `size` bytes, has not begun; the task gets a copy, which is freed
// when it is done.  `name` must outlive the task.  False if there is no
// memory; then nothing has changed.  Tasks may call it, interrupt
// handlers must not.
NODISCARD bool executor_spawn(const char *name,
                              const struct future *future, size_t size);

// Gives the first task its turn; false if there is none.  Not for tasks
// to call.
bool executor_step(void);

// Runs tasks from now on.
NORETURN void executor_run(void);
