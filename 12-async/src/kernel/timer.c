#include "kernel/timer.h"

#include <stdatomic.h>
#include <stddef.h>

#include "arch/interrupts.h"
#include "drivers/pic.h"
#include "drivers/pit.h"

// Atomic, so that the compiler reads and writes each in one piece and
// really every time.  "Relaxed" promises no more than that, and costs
// nothing on x86.
static _Atomic uint64_t ticks;
static tick_handler *_Atomic on_tick;

static _Atomic uint64_t alarm = UINT64_MAX;
static tick_handler *_Atomic on_alarm;

static unsigned rate;

static void on_interrupt(struct trap_frame *frame)
{
    (void)frame;
    // Nobody else writes to it, so this need not be one instruction.
    uint64_t now =
        atomic_load_explicit(&ticks, memory_order_relaxed) + 1;
    atomic_store_explicit(&ticks, now, memory_order_relaxed);

    tick_handler *handler =
        atomic_load_explicit(&on_tick, memory_order_relaxed);
    if (handler != NULL) {
        handler(now);
    }
    if (now >= atomic_load_explicit(&alarm, memory_order_relaxed)) {
        atomic_store_explicit(&alarm, UINT64_MAX, memory_order_relaxed);
        handler = atomic_load_explicit(&on_alarm, memory_order_relaxed);
        handler(now);
    }
}

void timer_init(void)
{
    rate = pit_start(TIMER_HERTZ);
    pic_handle(IRQ_TIMER, on_interrupt);
}

uint64_t timer_ticks(void)
{
    return atomic_load_explicit(&ticks, memory_order_relaxed);
}

unsigned timer_rate(void)
{
    return rate;
}

void timer_set_handler(tick_handler *handler)
{
    atomic_store_explicit(&on_tick, handler, memory_order_relaxed);
}

void timer_set_alarm(uint64_t when, tick_handler *handler)
{
    // First what the interrupt does, and then when: the other way round
    // a tick in between would spend the new alarm on the old handler.
    atomic_store_explicit(&on_alarm, handler, memory_order_relaxed);
    atomic_store_explicit(&alarm, when, memory_order_release);
}
