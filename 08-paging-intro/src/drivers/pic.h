// The interrupt controllers: two 8259A, the second of which reports to
// line 2 of the first.
#pragma once

#include "arch/interrupts.h"

// The lines by which devices ask for attention; PCs have kept to this
// since 1984.
enum irq {
    IRQ_TIMER = 0,
    IRQ_KEYBOARD = 1,
    IRQ_SECONDARY = 2,
    IRQ_SECONDARY_FIRST = 8, // the first line of the second controller
    IRQ_COUNT = 16,
};

// Line 0 arrives at this vector, and the others after it.
enum { IRQ_VECTOR = 32 };

// Moves the lines to their vectors, away from those of the exceptions,
// and masks them all.  After exceptions_init(), with interrupts off.
void pic_init(void);

// Lets a line interrupt the CPU from now on; `handler` is called for it
// with interrupts off.  Not for IRQ_SECONDARY, and not from a handler.
void pic_handle(enum irq line, interrupt_handler *handler);
