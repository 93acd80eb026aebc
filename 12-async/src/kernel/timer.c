#include "kernel/timer.h"

#include <stdatomic.h>
#include <stddef.h>

#include "arch/interrupts.h"
#include "arch/io.h"
#include "drivers/pic.h"
#include "kernel/console.h"

// How many microseconds to wait for a tick, at least: a hundred times
// longer than it takes.
enum { PATIENCE = 1000000 };

// Atomic, so that the compiler reads and writes each in one piece and
// really every time.  "Relaxed" promises no more than that, and costs
// nothing on x86.
static _Atomic uint64_t ticks;
static tick_handler *_Atomic on_tick;

static void timer_interrupt(struct trap_frame *frame)
{
    (void)frame;
    // Only this handler writes to it, so this need not be one
    // instruction.
    uint64_t now =
        atomic_load_explicit(&ticks, memory_order_relaxed) + 1;
    atomic_store_explicit(&ticks, now, memory_order_relaxed);

    tick_handler *handler =
        atomic_load_explicit(&on_tick, memory_order_relaxed);
    if (handler != NULL) {
        handler(now);
    }
}

void timer_init(void)
{
    pit_start(TIMER_DIVISOR);
    pic_handle(IRQ_TIMER, timer_interrupt);
}

void timer_check(void)
{
    uint64_t before = timer_ticks();
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (timer_ticks() != before) {
            return;
        }
        io_delay();
    }
    kprintf("No timer tick has come.  This machine has no 8254 timer, "
            "or its firmware has switched it off.\n");
}

uint64_t timer_ticks(void)
{
    return atomic_load_explicit(&ticks, memory_order_relaxed);
}

void timer_set_handler(tick_handler *handler)
{
    atomic_store_explicit(&on_tick, handler, memory_order_relaxed);
}
