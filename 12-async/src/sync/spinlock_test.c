#include "sync/spinlock.h"

#include "test/test.h"

static bool interrupts_are_on(void)
{
    return (cpu_flags() & FLAGS_INTERRUPTS) != 0;
}

TEST(irq_sections_nest)
{
    CHECK(interrupts_are_on());
    irq_state_t outer = irq_save();
    CHECK(!interrupts_are_on());
    irq_state_t inner = irq_save();
    irq_restore(inner);
    CHECK(!interrupts_are_on());
    irq_restore(outer);
    CHECK(interrupts_are_on());
}

TEST(spinlock_keeps_interrupts_out)
{
    static spinlock_t lock = SPINLOCK_INIT;
    irq_state_t irq = spinlock_acquire(&lock);
    CHECK(!interrupts_are_on());
    spinlock_release(&lock, irq);
    CHECK(interrupts_are_on());

    irq = spinlock_acquire(&lock); // it is free again
    spinlock_release(&lock, irq);
}
