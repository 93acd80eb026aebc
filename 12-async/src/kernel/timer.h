// The kernel's pulse.
#pragma once

#include <stdint.h>

enum { TIMER_HERTZ = 100 };

// Called in the interrupt, with interrupts off, for every tick.
typedef void tick_handler(uint64_t ticks);

// Starts the pulse.  After pic_init().
void timer_init(void);

// How many timer interrupts there have been.  None comes while
// interrupts are off, and of several that should have come only one is
// made up for: this is a count, not a clock.  To be called from
// anywhere.
uint64_t timer_ticks(void);

// The real rate, in thousandths of a hertz.
unsigned timer_rate(void);

// NULL for none.
void timer_set_handler(tick_handler *handler);

// Lets `handler` be called once, as soon as the count is not below
// `when`; at the next tick if it is that already.  There is one alarm:
// this replaces the last one.  UINT64_MAX is none.
void timer_set_alarm(uint64_t when, tick_handler *handler);
