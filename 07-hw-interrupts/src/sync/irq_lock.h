// A lock for things that interrupt handlers use, too.  It keeps
// interrupts out while it is held: a handler that waited for a lock of
// the code that it interrupted would wait for ever.
//
// So nobody ever waits for it.  With one CPU, the lock can only be held
// already if its holder asks again, and that is a bug.
#pragma once

#include <stdbool.h>

#include "lib/attributes.h"
#include "lib/panic.h"
#include "sync/irq.h"

// All zeros is a lock that is free.
struct irq_lock {
    bool held;
};

// Hand what it returns to irq_lock_release().
NODISCARD static inline irq_state_t irq_lock_acquire(
    struct irq_lock *lock)
{
    irq_state_t irq = irq_save();
    if (lock->held) {
        panic("deadlock: lock %p is held already", (void *)lock);
    }
    lock->held = true;
    return irq;
}

// Frees a lock even if it is held: for a panic, when the things that it
// protects no longer matter.
static inline void irq_lock_break(struct irq_lock *lock)
{
    lock->held = false;
}

static inline void irq_lock_release(struct irq_lock *lock,
                                    irq_state_t irq)
{
    lock->held = false;
    irq_restore(irq);
}
