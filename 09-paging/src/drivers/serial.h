// The first serial port (COM1), a 16550 UART: text for the person who
// runs the machine, even without a screen.
#pragma once

#include <stdbool.h>

// Sets the port up and tests it.  False if there is no port that works;
// then everything written to it is lost.
bool serial_init(void);

// Waits until the port can take a character, but not for ever.
void serial_wait(void);

// Waits while the port is busy, but not for ever.  A newline is sent as
// a carriage return and a line feed.
void serial_put(char c);

// Waits until the last character has left the port.
void serial_drain(void);
