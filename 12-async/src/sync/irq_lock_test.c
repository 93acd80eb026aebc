#include "sync/irq_lock.h"

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

TEST(irq_lock_keeps_interrupts_out)
{
    static struct irq_lock lock;
    irq_state_t irq = irq_lock_acquire(&lock);
    CHECK(!interrupts_are_on());
    irq_lock_release(&lock, irq);
    CHECK(interrupts_are_on());

    irq = irq_lock_acquire(&lock); // it is free again
    irq_lock_release(&lock, irq);
}
