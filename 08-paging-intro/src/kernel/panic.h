// A panic, seen from the code that has a say in it.  To give up,
// lib/panic.h is enough.
#pragma once

#include <stdint.h>

#include "lib/panic.h"

// For a report that needs more than a message: it consists of what you
// print between the two.  panic_begin() prints the words "kernel
// panic", without a newline.  panic_end() adds which functions called
// each other, starting at the stack frame that `frame` (a value of rbp)
// points to, and stops the machine.
void panic_begin(void);
NORETURN void panic_end(uintptr_t frame);

// Called after the message, before the machine stops.  A test's handler
// reports the result instead of returning.
typedef void panic_handler(void);
void panic_set_handler(panic_handler *handler);
