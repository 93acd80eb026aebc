#include "task/executor.h"

#include "arch/cpu.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

// The queue: `next` leads from the first to the last.
static struct task *first;
static struct task *last;

static void append(struct task *task)
{
    task->next = NULL;
    if (first == NULL) {
        first = task;
    } else {
        last->next = task;
    }
    last = task;
}

bool executor_spawn(const char *name, const struct future *future,
                    size_t size)
{
    kassert(size >= sizeof(*future) && future->started_at == NULL);
    struct task *task = kmalloc(sizeof(*task) + size);
    if (task == NULL) {
        return false;
    }
    *task = (struct task){.name = name};
    memcpy(task->future, future, size);
    append(task);
    return true;
}

bool executor_step(void)
{
    struct task *task = first;
    if (task == NULL) {
        return false;
    }
    first = task->next;
    if (future_poll((struct future *)task->future, WAKER_NONE) ==
        POLL_READY) {
        kfree(task);
    } else {
        append(task);
    }
    return true;
}

void executor_run(void)
{
    for (;;) {
        while (executor_step()) {
        }
        cpu_wait_for_interrupt();
    }
}
