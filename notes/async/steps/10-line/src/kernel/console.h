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

// For a panic: takes the console away from the code that is printing.
void console_seize(void);

// Prints text as it is, with as little code as possible: for when we
// can trust nothing else.
void console_write(const char *text);

// How many lines were begun after the first.  The screen shows the last
// VGA_ROWS lines.
unsigned console_lines(void);

// Prints as format() does.  You may call it from anywhere, interrupt
// handlers too: what one call prints is never torn by another.  With
// interrupts on it returns when the serial port has taken all of it,
// and keeps no interrupt waiting meanwhile.
void kprintf(const char *fmt, ...) PRINTF(1, 2);
void kvprintf(const char *fmt, va_list args) PRINTF(1, 0);

// Shows the cursor `count` characters before the end of what was
// printed, until more is.
void console_show_cursor_before(unsigned count);
