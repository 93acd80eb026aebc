#include "kernel/console.h"

#include <stdbool.h>
#include <stddef.h>

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "lib/format.h"
#include "lib/string.h"
#include "sync/irq_lock.h"

// What the screen should show.  The terminal works here, because the
// adapter's own memory is slow to read.
static cell_t cells[VGA_ROWS * VGA_COLUMNS];
static struct terminal terminal;

// What the serial port has yet to send.  A byte takes it 87
// microseconds, so the bytes wait here, and interrupts do not have to.
enum { UNSENT_MAX = 1024 };
static char unsent[UNSENT_MAX];
static size_t queued; // how many bytes were ever put here,
static size_t sent;   // and how many have left
static bool sending;

// For all of these: what one call prints stays in one piece.
static struct irq_lock lock;

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

static void send_byte(void)
{
    serial_put(unsent[sent % UNSENT_MAX]);
    sent++;
}

// Sends what is queued.  If the caller has interrupts on, they stay on
// while the port is busy.  A handler that prints meanwhile only queues:
// the code it interrupted is here, and will send that, too.
static void send(void)
{
    irq_state_t irq = irq_save();
    if (!sending) {
        sending = true;
        while (sent != queued) {
            irq_restore(irq);
            serial_wait();
            irq = irq_save();
            send_byte();
        }
        sending = false;
    }
    irq_restore(irq);
}

static void console_sink(const char *text, size_t length, void *context)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        terminal_put(&terminal, text[i]);
        if (queued - sent == UNSENT_MAX) {
            send_byte(); // no room: this one we wait for
        }
        unsent[queued % UNSENT_MAX] = text[i];
        queued++;
    }
}

void console_init(void)
{
    serial_init();
    vga_init();
    terminal_init(&terminal, cells, VGA_ROWS, VGA_COLUMNS);
    show();
}

void console_set_color(enum color foreground, enum color background)
{
    terminal_set_color(&terminal, foreground, background);
}

void console_seize(void)
{
    irq_lock_break(&lock);
    sending = false;
}

void console_write(const char *text)
{
    console_sink(text, strlen(text), NULL);
    show();
    send();
}

unsigned console_lines(void)
{
    return terminal.lines;
}

void kvprintf(const char *fmt, va_list args)
{
    irq_state_t irq = irq_lock_acquire(&lock);
    format(console_sink, NULL, fmt, args);
    show();
    irq_lock_release(&lock, irq);
    send();
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
    irq_state_t irq = irq_lock_acquire(&lock);
    unsigned end = terminal.row * VGA_COLUMNS + terminal.column;
    if (count > 0 && count <= end) {
        vga_set_cursor((end - count) / VGA_COLUMNS,
                       (end - count) % VGA_COLUMNS);
    } else {
        show();
    }
    irq_lock_release(&lock, irq);
}
