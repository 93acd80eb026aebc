// Where the kernel's messages go: the screen and the serial port.
#pragma once

#include <stdarg.h>

#include "lib/attributes.h"
#include "lib/terminal.h"

// Sets up the screen and the serial port; to be called before anything
// is printed.
void console_init(void);

// For what is printed from now on; the same colours as the terminal's.
void console_set_color(enum color foreground, enum color background);

// How many lines were begun after the first.  The screen shows the last
// VGA_ROWS lines.
unsigned console_lines(void);

// Prints as format() does.
void kprintf(const char *fmt, ...) PRINTF(1, 2);
void kvprintf(const char *fmt, va_list args) PRINTF(1, 0);
