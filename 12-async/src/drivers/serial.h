// The first serial port (COM1), a 16550 UART: text for whoever runs the
// machine, even without a screen.
#pragma once

#include <stdbool.h>

#include "lib/attributes.h"

// Sets the port up and tests it; without one, what is written is lost.
void serial_init(void);

// Whether serial_init() found a port that works.
bool serial_is_present(void);

// Both wait while the port is busy, but not for ever.
void serial_put(char c);
void serial_printf(const char *fmt, ...) PRINTF(1, 2);

// Waits until the last character has left the port.
void serial_drain(void);
