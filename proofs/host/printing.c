// A long line keeps no interrupt waiting: while the serial port is busy
// interrupts are on, handlers that print then are neither torn nor lost,
// and everything arrives in order.
// needs: src/kernel/console.c src/sync/irq_lock.h src/drivers/vga.h
#include "kernel/console.h"

#include <stdio.h>
#include <string.h>

#include "arch/cpu.h"
#include "drivers/vga.h"
#include "host.h"
#include "lib/panic.h"
#include "test/test.h"
#include "uart.h"

void vga_init(void)
{
}

void vga_show(const cell_t *cells, unsigned from, unsigned count)
{
    (void)cells;
    (void)from;
    (void)count;
}

void vga_set_cursor(unsigned row, unsigned column)
{
    (void)row;
    (void)column;
}

// --- A port that needs time, and a device that interrupts --------------

enum { COM1 = 0x3f8, POLLS = 50 };

static bool slow;
static unsigned waited;     // reads in a row with interrupts off
static unsigned waited_most;
static unsigned due;        // an interrupt comes after so many reads
static unsigned handled;
static bool in_handler;
static bool gives_up;       // the handler panics

static void handler(void)
{
    in_handler = true;
    cpu_disable_interrupts();
    handled++;
    if (gives_up) {
        panic("in the handler");
    }
    kprintf("[%u]", handled);
    cpu_enable_interrupts();
    in_handler = false;
    due = 500 + host_random_below(1500);
}

static uint8_t read(uint16_t port)
{
    if (port != COM1 + 5) {
        return uart_read(port);
    }
    bool on = (host_cpu_flags & FLAGS_INTERRUPTS) != 0;
    waited = on ? 0 : waited + 1;
    if (waited > waited_most && !in_handler) {
        waited_most = waited;
    }
    if (on && due > 0) {
        due--;
        if (due == 0) {
            handler();
        }
    }
    return uart_read(port);
}

static void write(uint16_t port, uint8_t value)
{
    uart_write(port, value);
    if (port == COM1 && slow) {
        uart.busy = POLLS;
    }
}

static void start(void)
{
    uart_attach();
    console_init();
    host_device(read, write);
    slow = true;
    waited = waited_most = due = handled = 0;
    cpu_enable_interrupts();
}

// Takes the handler's texts out of what arrived, in order.
static unsigned take_out(char *text)
{
    unsigned count = 0;
    for (char *at = strchr(text, '['); at != NULL; at = strchr(at, '[')) {
        char wanted[16];
        snprintf(wanted, sizeof(wanted), "[%u]", count + 1);
        size_t length = strlen(wanted);
        CHECK(strncmp(at, wanted, length) == 0);
        memmove(at, at + length, strlen(at + length) + 1);
        count++;
    }
    return count;
}

// --- The tests ---------------------------------------------------------

TEST(a_long_line_keeps_no_interrupt_waiting)
{
    start();
    kprintf("%900s\n", "end");
    CHECK_EQUAL(uart.sent, 902);
    CHECK_EQUAL(uart.overruns, 0);
    // The carriage return is sent with the newline.
    CHECK(waited_most <= POLLS + 4);
}

TEST(lines_stay_whole_when_handlers_print)
{
    static char text[UART_TEXT];
    static char wanted[4000];
    start();
    due = 10;
    for (unsigned i = 0; i < 100; i++) {
        kprintf("line %u of many\n", i);
        snprintf(wanted + strlen(wanted), 40, "line %u of many\r\n", i);
    }
    CHECK_EQUAL(uart.overruns, 0);
    CHECK(handled > 20);
    memcpy(text, uart.text, sizeof(text));
    // A line is never cut in two.
    for (char *at = strchr(text, '['); at != NULL;
         at = strchr(at + 1, '[')) {
        CHECK(at == text || at[-1] == '\n' || at[-1] == ']');
    }
    CHECK_EQUAL(take_out(text), handled);
    CHECK_TEXT(text, wanted);
}

TEST(with_interrupts_off_all_is_sent_at_once)
{
    start();
    cpu_disable_interrupts();
    kprintf("now");
    CHECK_TEXT(uart.text, "now");
}

TEST(a_seized_console_sends_again)
{
    start();
    due = 5;
    gives_up = true;
    EXPECT_PANIC(kprintf("%20s", "x"));
    gives_up = false;
    in_handler = false;
    console_seize();
    console_write("!");
    CHECK(uart.text[uart.sent - 1] == '!');
}
