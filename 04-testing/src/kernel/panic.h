// A panic, seen from the code that has a say in it.  To give up,
// lib/panic.h is enough.
#pragma once

#include "lib/panic.h"

// Called after the message, before the machine stops.  A test's handler
// reports the result instead of returning.
typedef void panic_handler(void);
void panic_set_handler(panic_handler *handler);
