#include "kernel/timer.h"

#include "arch/cpu.h"
#include "test/test.h"

// Sleeps until the count has reached `ticks`.  No interrupt may come
// between the look at the count and the sleep: it might be the last.
static void sleep_until(uint64_t ticks)
{
    cpu_disable_interrupts();
    while (timer_ticks() < ticks) {
        cpu_wait_for_interrupt();
        cpu_disable_interrupts();
    }
    cpu_enable_interrupts();
}

TEST(timer_goes_on)
{
    uint64_t before = timer_ticks();
    sleep_until(before + 3);
    CHECK(timer_ticks() >= before + 3);
}
