// A waker names a slot of a table, and the task that has it.  The table
// grows, and never gets smaller.  The ready queue is a list of the
// tasks themselves: a wake needs no memory, and the queue has room for
// all there are.
//
// What interrupt handlers use, by waker_wake(), is only changed with
// interrupts off: the table and its size, which task a slot has, the
// queue, and a task's `ready`.  The rest is for tasks, which do not
// interrupt each other: the list of free slots, and to look.
#include "task/executor.h"

#include "arch/cpu.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sync/irq.h"

struct slot {
    struct task *task; // NULL if it is free
    uint32_t next;     // then the next one that is
};

enum { FIRST_SLOTS = 16 };

static struct slot *slots;
static uint32_t slot_count;
static uint32_t free_slot; // == slot_count: all are in use

// The ready queue: `next` leads from the first to the last.
static struct task *first_ready;
static struct task *last_ready;

// Who has the turn.  It goes into the queue again only after that: a
// task that ends is then in no queue.
static struct task *running;

static uint32_t last_id;
static struct executor_counts counts;

// Doubles the table: so all that was ever copied is less than what it
// then has room for.
static bool add_slots(void)
{
    uint32_t count = slot_count == 0 ? FIRST_SLOTS : 2 * slot_count;
    struct slot *more = kcalloc(count, sizeof(*more));
    if (more == NULL) {
        return false;
    }
    if (slots != NULL) {
        memcpy(more, slots, slot_count * sizeof(*more));
    }
    for (uint32_t i = slot_count; i < count; i++) {
        more[i].next = i + 1;
    }
    struct slot *old = slots;
    irq_state_t irq = irq_save();
    slots = more;
    slot_count = count;
    irq_restore(irq);
    kfree(old);
    return true;
}

// Now, and not with the first task: whoever counts the blocks before a
// task and after it finds as many.
void executor_init(void)
{
    if (!add_slots()) {
        panic("no memory for the table of tasks");
    }
}

// An id comes again after 4 billion tasks; who still has the waker of
// its first owner then wakes the second one for nothing, no more.
static struct waker new_waker(void)
{
    last_id++;
    if (last_id == WAKER_NONE.id) {
        last_id++;
    }
    return (struct waker){.slot = free_slot, .id = last_id};
}

// With interrupts off.
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
    if (free_slot == slot_count && !add_slots()) {
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
    free_slot = slots[free_slot].next;
    counts.tasks++;
    irq_state_t irq = irq_save();
    slots[task->waker.slot].task = task;
    append(task);
    irq_restore(irq);
    return true;
}

// It is in no slot and in no queue any more.
static void end(struct task *task)
{
    uint32_t slot = task->waker.slot;
    slots[slot].next = free_slot;
    free_slot = slot;
    counts.tasks--;
    kfree(task);
}

void waker_wake(struct waker waker)
{
    irq_state_t irq = irq_save();
    if (waker.slot < slot_count) {
        struct task *task = slots[waker.slot].task;
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

// Who has the turn now; NULL if no task is ready.  It is not ready any
// more *before* it is polled: what happens from here on, it may not see
// in this turn.
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

// A task that has ended leaves its slot before a wake could find that
// it has no turn, and put it into the queue.
static void end_turn(struct task *task, enum poll result)
{
    irq_state_t irq = irq_save();
    running = NULL;
    if (result == POLL_READY) {
        slots[task->waker.slot].task = NULL;
    } else if (task->ready) {
        append(task);
    }
    irq_restore(irq);
    if (result == POLL_READY) {
        end(task);
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
    // From here on no interrupt comes that could make a task ready
    // after the look, and then be slept through.
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

const struct task *executor_find_above(uint32_t id)
{
    const struct task *found = NULL;
    for (uint32_t i = 0; i < slot_count; i++) {
        const struct task *task = slots[i].task;
        if (task != NULL && task->waker.id > id &&
            (found == NULL || task->waker.id < found->waker.id)) {
            found = task;
        }
    }
    return found;
}

struct executor_counts executor_counts(void)
{
    irq_state_t irq = irq_save();
    struct executor_counts result = counts;
    irq_restore(irq);
    return result;
}
