#include "kernel/console.h"

#include <stddef.h>

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "lib/format.h"
#include "sync/spinlock.h"

static struct terminal terminal;
// For the terminal, and so that what is printed stays in one piece.
static spinlock_t lock = SPINLOCK_INIT;

// A full row leaves the terminal's position behind its last cell.
static void show_cursor(void)
{
    unsigned column = terminal.column;
    vga_set_cursor(terminal.row,
                   column < VGA_COLUMNS ? column : VGA_COLUMNS - 1);
}

static void sink(char c, void *context)
{
    (void)context;
    terminal_put(&terminal, c);
    serial_put(c);
}

void console_init(void)
{
    serial_init();
    terminal_init(&terminal, vga_cells(), VGA_ROWS, VGA_COLUMNS);
    show_cursor();
}

void console_set_color(enum color foreground, enum color background)
{
    terminal_set_color(&terminal, foreground, background);
}

void console_seize(void)
{
    spinlock_break(&lock);
}

void console_write(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        sink(text[i], NULL);
    }
}

void kvprintf(const char *fmt, va_list args)
{
    irq_state_t irq = spinlock_acquire(&lock);
    format(sink, NULL, fmt, args);
    show_cursor();
    spinlock_release(&lock, irq);
}

void kprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
}

void console_show_cursor_before(unsigned count)
{
    irq_state_t irq = spinlock_acquire(&lock);
    unsigned end = terminal.row * VGA_COLUMNS + terminal.column;
    if (count > 0 && count <= end) {
        vga_set_cursor((end - count) / VGA_COLUMNS,
                       (end - count) % VGA_COLUMNS);
    } else {
        show_cursor();
    }
    spinlock_release(&lock, irq);
}
