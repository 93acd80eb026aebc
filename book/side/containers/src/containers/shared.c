#include "containers/shared.h"

#include "kernel/panic.h"

void shared_init(struct shared *shared,
                 void (*release)(struct shared *self))
{
    shared->owners = 1;
    shared->release = release;
}

void shared_take(struct shared *shared)
{
    kassert(shared->owners > 0);
    shared->owners++;
}

void shared_give_up(struct shared *shared)
{
    kassert(shared->owners > 0);
    shared->owners--;
    if (shared->owners == 0) {
        shared->release(shared);
    }
}
