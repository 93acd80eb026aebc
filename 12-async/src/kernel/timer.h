// The kernel's pulse.
#pragma once

#include <stdint.h>

#include "drivers/pit.h"

// The PIT can only divide its own rate, so we get nearly what we ask
// for.  TIMER_MILLIHERTZ is what we get, in thousandths of a hertz.
enum {
    TIMER_HERTZ = 100,
    TIMER_DIVISOR = (PIT_HERTZ + TIMER_HERTZ / 2) / TIMER_HERTZ,
    TIMER_MILLIHERTZ = PIT_HERTZ * UINT64_C(1000) / TIMER_DIVISOR,
};

// Called in the interrupt, with interrupts off, for every tick.
typedef void tick_handler(uint64_t ticks);

// Starts the pulse.  After pic_init().
void timer_init(void);

// With interrupts on: waits for the next tick, but not for ever, and
// prints a line if none comes.
void timer_check(void);

// How many timer interrupts there have been.  None comes while
// interrupts are off, and only one of those that were due comes
// afterwards: this is a count, not a clock.  You may call it from
// anywhere.
uint64_t timer_ticks(void);

// NULL for none.
void timer_set_handler(tick_handler *handler);
