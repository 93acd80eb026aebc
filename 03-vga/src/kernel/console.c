#include "kernel/console.h"

#include <stddef.h>

#include "drivers/vga.h"
#include "lib/format.h"

// What the screen should show.  The terminal works here, because the
// adapter's own memory is slow to read.
static cell_t cells[VGA_ROWS * VGA_COLUMNS];
static struct terminal terminal;

// Brings the screen up to date.  After a full row the terminal's
// position is past the row's last cell, where no cursor can be.
static void show(void)
{
    unsigned from;
    unsigned count = terminal_take_changes(&terminal, &from);
    vga_show(cells, from, count);

    unsigned column = terminal.column;
    vga_set_cursor(terminal.row,
                   column < VGA_COLUMNS ? column : VGA_COLUMNS - 1);
}

static void console_sink(const char *text, size_t length, void *context)
{
    (void)context;
    terminal_write(&terminal, text, length);
}

void console_init(void)
{
    vga_init();
    terminal_init(&terminal, cells, VGA_ROWS, VGA_COLUMNS);
    show();
}

void console_set_color(enum color foreground, enum color background)
{
    terminal_set_color(&terminal, foreground, background);
}

void kvprintf(const char *fmt, va_list args)
{
    format(console_sink, NULL, fmt, args);
    show();
}

void kprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
}
