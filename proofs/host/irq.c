// Sections without interrupts and the lock, on a CPU that keeps the
// flag: generated nests of them, and the lock that is held already.
// needs: src/sync/irq.h src/sync/irq_lock.h
#include "sync/irq_lock.h"

#include <string.h>

#include "arch/cpu.h"
#include "host.h"
#include "test/test.h"

static bool are_on(void)
{
    return (cpu_flags() & FLAGS_INTERRUPTS) != 0;
}

static void set(bool on)
{
    if (on) {
        cpu_enable_interrupts();
    } else {
        cpu_disable_interrupts();
    }
}

TEST(irq_restore_returns_to_what_was)
{
    for (unsigned on = 0; on < 2; on++) {
        set(on);
        irq_state_t state = irq_save();
        CHECK(!are_on());
        irq_restore(state);
        CHECK_EQUAL(are_on(), on);
    }
}

// Sections within sections; in some, interrupts are turned on again, as
// by code that waits.
static void nest(unsigned depth)
{
    bool before = are_on();
    irq_state_t state = irq_save();
    CHECK(!are_on());
    for (unsigned i = host_random_below(3); depth > 0 && i > 0; i--) {
        bool inside = host_random_below(4) == 0;
        set(inside);
        nest(depth - 1);
        CHECK_EQUAL(are_on(), inside);
        set(false);
    }
    irq_restore(state);
    CHECK_EQUAL(are_on(), before);
}

TEST(irq_sections_nest_to_any_depth)
{
    for (unsigned i = 0; i < 1000; i++) {
        set(host_random_below(2) == 0);
        nest(12);
    }
}

TEST(irq_leaves_the_other_flags)
{
    host_cpu_flags = ~UINT64_C(0);
    irq_state_t state = irq_save();
    CHECK_EQUAL(host_cpu_flags, ~(uint64_t)FLAGS_INTERRUPTS);
    irq_restore(state);
    CHECK_EQUAL(host_cpu_flags, ~UINT64_C(0));
}

TEST(irq_lock_holds_interrupts_off)
{
    for (unsigned on = 0; on < 2; on++) {
        struct irq_lock one = {0};
        struct irq_lock other = {0};
        for (unsigned i = 0; i < 3; i++) {
            set(on);
            irq_state_t first = irq_lock_acquire(&one);
            irq_state_t second = irq_lock_acquire(&other);
            CHECK(!are_on());
            irq_lock_release(&other, second);
            CHECK(!are_on());
            irq_lock_release(&one, first);
            CHECK_EQUAL(are_on(), on);
        }
    }
}

// volatile: kept over the jump out of the panic.
TEST(irq_lock_held_already_is_a_deadlock)
{
    static struct irq_lock lock;
    static volatile irq_state_t dropped;
    for (unsigned i = 0; i < 3; i++) {
        irq_state_t irq = irq_lock_acquire(&lock);
        EXPECT_PANIC(dropped = irq_lock_acquire(&lock));
        CHECK(strstr(host_panic_text(), "deadlock") != NULL);
        irq_lock_release(&lock, irq);
    }
    (void)dropped;
}

TEST(irq_lock_broken_can_be_taken)
{
    static struct irq_lock lock;
    irq_state_t irq = irq_lock_acquire(&lock);
    irq_lock_break(&lock);
    CHECK(!are_on());
    irq_state_t again = irq_lock_acquire(&lock);
    CHECK(!are_on());
    irq_lock_release(&lock, again);
    irq_lock_release(&lock, irq);
    // And one that nobody holds.
    irq_lock_break(&lock);
    irq = irq_lock_acquire(&lock);
    irq_lock_release(&lock, irq);
}
