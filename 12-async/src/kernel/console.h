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

// For a panic: takes the console away from whoever is printing.
void console_seize(void);

// Prints text as it stands, with as little code as possible: for when
// nothing else is left to trust.
void console_write(const char *text);

// Prints as format() does.  To be called from anywhere, interrupt
// handlers too: what one call prints is never torn by another.
void kprintf(const char *fmt, ...) PRINTF(1, 2);
void kvprintf(const char *fmt, va_list args) PRINTF(1, 0);

// Shows the cursor `count` characters before the end of what was
// printed, until more is.
void console_show_cursor_before(unsigned count);
