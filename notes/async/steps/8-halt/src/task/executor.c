// A waker names a slot of a table, and the task that is in it.  The
// ready queue is a list of the tasks themselves: a wake needs no
// memory, and the queue has room for all tasks.
//
// Interrupt handlers use some of this, through waker_wake(): the table,
// the queue, and a task's `ready`.  These change with interrupts off
// only.  The rest belongs to tasks, which don't interrupt each other.
#include "task/executor.h"

#include "arch/cpu.h"
#include "containers/vector.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sync/irq.h"

struct slot {
    struct task *task; // NULL if the slot is free
    uint32_t next;     // then: the next one that is
};

static struct vector slots = VECTOR_OF(struct slot);
static uint32_t free_slot; // == slots.count: all are in use

// The ready queue: `next` leads from the first to the last.
static struct task *first_ready;
static struct task *last_ready;

// The task that has its turn.  It joins the queue again only after
// that, so a task that ends is in no queue.
static struct task *running;

static uint32_t last_id;
static struct executor_counts counts;

static struct slot *slot_at(uint32_t index)
{
    return vector_at(&slots, index);
}

// The items of the vector may move: no handler may look meanwhile.
static bool add_slot(void)
{
    const struct slot slot = {.next = (uint32_t)slots.count + 1};
    irq_state_t irq = irq_save();
    bool added = vector_push(&slots, &slot);
    irq_restore(irq);
    return added;
}

// An id is used again after 4 billion tasks.  A waker that is older
// than that can wake the wrong task, which does no harm.
static struct waker new_waker(void)
{
    last_id++;
    if (last_id == WAKER_NONE.id) {
        last_id++;
    }
    return (struct waker){.slot = free_slot, .id = last_id};
}

// Call this with interrupts off.
static void append(struct task *task)
{
    task->next = NULL;
    if (first_ready == NULL) {
        first_ready = task;
    } else {
        last_ready->next = task;
    }
    last_ready = task;
    counts.wakes++;
}

bool executor_spawn(const char *name, const struct future *future,
                    size_t size)
{
    kassert(size >= sizeof(*future) && future->started_at == NULL);
    if (free_slot == slots.count && !add_slot()) {
        return false;
    }
    struct task *task = kmalloc(sizeof(*task) + size);
    if (task == NULL) {
        return false;
    }
    *task = (struct task){
        .name = name,
        .waker = new_waker(),
        .ready = true,
    };
    memcpy(task->future, future, size);
    counts.tasks++;
    struct slot *slot = slot_at(free_slot);
    free_slot = slot->next;
    irq_state_t irq = irq_save();
    slot->task = task;
    append(task);
    irq_restore(irq);
    return true;
}

void waker_wake(struct waker waker)
{
    irq_state_t irq = irq_save();
    if (waker.slot < slots.count) {
        struct task *task = slot_at(waker.slot)->task;
        if (task != NULL && task->waker.id == waker.id &&
            !task->ready) {
            task->ready = true;
            if (task != running) {
                append(task);
            }
        }
    }
    irq_restore(irq);
}

// The task whose turn it is; NULL if none is ready.  It stops being
// ready *before* its poll: the poll may not see what happens from now
// on, so a wake from now on must count.
static struct task *begin_turn(void)
{
    irq_state_t irq = irq_save();
    struct task *task = first_ready;
    if (task != NULL) {
        first_ready = task->next;
        task->ready = false;
        running = task;
        counts.polls++;
    }
    irq_restore(irq);
    return task;
}

// A task that has ended leaves its slot in the same moment in which it
// stops running: no wake can put it into the queue any more.
static void end_turn(struct task *task, enum poll result)
{
    struct slot *slot = slot_at(task->waker.slot);
    irq_state_t irq = irq_save();
    running = NULL;
    if (result == POLL_READY) {
        slot->task = NULL;
    } else if (task->ready) {
        append(task);
    }
    irq_restore(irq);
    if (result == POLL_READY) {
        slot->next = free_slot;
        free_slot = task->waker.slot;
        counts.tasks--;
        kfree(task);
    }
}

bool executor_step(void)
{
    kassert(running == NULL);
    struct task *task = begin_turn();
    if (task == NULL) {
        return false;
    }
    task->polls++;
    end_turn(task,
             future_poll((struct future *)task->future, task->waker));
    return true;
}

void executor_sleep(void)
{
    // From here on no interrupt can make a task ready after we have
    // looked, so that we would sleep through it.
    cpu_disable_interrupts();
    if (first_ready != NULL) {
        cpu_enable_interrupts();
        return;
    }
    counts.sleeps++;
    cpu_wait_for_interrupt();
}

void executor_run(void)
{
    for (;;) {
        while (executor_step()) {
        }
        executor_sleep();
    }
}

struct executor_counts executor_counts(void)
{
    irq_state_t irq = irq_save();
    struct executor_counts result = counts;
    irq_restore(irq);
    return result;
}
