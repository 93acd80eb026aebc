// What the console shows goes over the serial line, too, byte for byte.
// needs: src/drivers/serial.c src/kernel/console.c src/drivers/vga.h
#include "kernel/console.h"

#include <string.h>

#include "drivers/serial.h"
#include "drivers/vga.h"
#include "host.h"
#include "test/test.h"
#include "uart.h"

static cell_t screen[VGA_ROWS * VGA_COLUMNS];

void vga_init(void)
{
}

void vga_show(const cell_t *cells, unsigned from, unsigned count)
{
    CHECK(from + count <= VGA_ROWS * VGA_COLUMNS);
    memcpy(screen + from, cells + from, count * sizeof(cell_t));
}

void vga_set_cursor(unsigned row, unsigned column)
{
    (void)row;
    (void)column;
}

TEST(console_sets_the_serial_port_up)
{
    uart_attach();
    console_init();
    CHECK_EQUAL(uart.line, 0x03);
    CHECK_TEXT(uart.text, "");
}

TEST(console_sends_what_it_shows)
{
    uart_attach();
    console_init();
    kprintf("one %d two\n", 1);
    console_set_color(COLOR_WHITE, COLOR_RED);
    kprintf("\xc3\xa4%5s|", "x");
    CHECK_TEXT(uart.text, "one 1 two\r\n\xc3\xa4    x|");
    CHECK_EQUAL(uart.overruns, 0);
}

TEST(console_sends_more_than_it_keeps)
{
    uart_attach();
    console_init();
    static char text[5001];
    for (unsigned i = 0; i < sizeof(text) - 1; i++) {
        text[i] = (char)('a' + i % 26);
    }
    kprintf("%s", text);
    CHECK_TEXT(uart.text, text);
    CHECK_EQUAL(uart.overruns, 0);
}

TEST(console_shows_everything_without_a_serial_port)
{
    host_device(NULL, NULL);
    console_init();
    kprintf("seen");
    CHECK_EQUAL(screen[0], 0x0e00 | 's');
    CHECK_EQUAL(screen[3], 0x0e00 | 'n');
}
