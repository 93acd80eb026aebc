// A lock for what interrupt handlers use, too.  While it is held no
// interrupt comes: a handler that waited for a lock of the code that it
// interrupted would wait for ever.
#pragma once

#include <stdatomic.h>

#include "kernel/panic.h"
#include "lib/attributes.h"
#include "sync/irq.h"

typedef struct {
    atomic_flag held;
} spinlock_t;

// The first value of every lock.
#define SPINLOCK_INIT {ATOMIC_FLAG_INIT}

// What it returns is to be given to spinlock_release().
NODISCARD static inline irq_state_t spinlock_acquire(spinlock_t *lock)
{
    irq_state_t irq = irq_save();
    // With one CPU and interrupts off there is nobody who could release
    // a lock that is held: say so, instead of waiting for it.
    if (atomic_flag_test_and_set_explicit(&lock->held,
                                          memory_order_acquire)) {
        panic("deadlock: lock %p is held already", (void *)lock);
    }
    return irq;
}

// Frees a lock, whoever holds it: for a panic, which comes after all
// that the lock was to protect.
static inline void spinlock_break(spinlock_t *lock)
{
    atomic_flag_clear_explicit(&lock->held, memory_order_release);
}

static inline void spinlock_release(spinlock_t *lock, irq_state_t irq)
{
    atomic_flag_clear_explicit(&lock->held, memory_order_release);
    irq_restore(irq);
}
