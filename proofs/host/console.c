// The console, over a screen of our own: what it prints, in which
// colours, and where it leaves the cursor.
// needs: src/kernel/console.h src/kernel/console.c src/drivers/vga.h
#include "kernel/console.h"

#include <string.h>

#include "drivers/vga.h"
#include "host.h"
#include "test/test.h"
#include "uart.h"

// In place of drivers/vga.c, whose cells the host does not have.
static cell_t screen[VGA_ROWS * VGA_COLUMNS];
static unsigned cursor_row;
static unsigned cursor_column;
static unsigned cursor_moves;

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
    CHECK(row < VGA_ROWS && column < VGA_COLUMNS);
    cursor_row = row;
    cursor_column = column;
    cursor_moves++;
}

static void start(void)
{
    // From chapter 4 on the console has a serial port, too.
    uart_attach();
    memset(screen, 0x55, sizeof(screen));
    cursor_row = 99;
    console_init();
}

static const char *row(unsigned number, unsigned length)
{
    static char text[VGA_COLUMNS + 1];
    for (unsigned i = 0; i < length; i++) {
        text[i] = (char)screen[number * VGA_COLUMNS + i];
    }
    text[length] = '\0';
    return text;
}

static void check_cursor(unsigned at_row, unsigned at_column)
{
    CHECK_EQUAL(cursor_row, at_row);
    CHECK_EQUAL(cursor_column, at_column);
}

TEST(console_begins_with_a_blank_screen)
{
    start();
    for (unsigned i = 0; i < VGA_ROWS * VGA_COLUMNS; i++) {
        CHECK_EQUAL(screen[i], 0x0e00 | ' ');
    }
    check_cursor(0, 0);
}

TEST(console_formats_and_shows_the_cursor_behind)
{
    start();
    kprintf("%d and %s", 42, "text");
    CHECK_TEXT(row(0, 12), "42 and text ");
    check_cursor(0, 11);
    kprintf("\nnext\n");
    CHECK_TEXT(row(1, 5), "next ");
    check_cursor(2, 0);
}

TEST(console_shows_the_cursor_of_a_full_row_on_it)
{
    start();
    kprintf("%79s", "x");
    check_cursor(0, 79);
    kprintf("y");
    check_cursor(0, 79);
    CHECK_TEXT(row(0, 80) + 78, "xy");
    kprintf("z");
    check_cursor(1, 1);
}

TEST(console_scrolls_at_the_last_row)
{
    start();
    for (unsigned i = 0; i < 30; i++) {
        kprintf("line %u\n", i);
    }
    CHECK_TEXT(row(0, 8), "line 6  ");
    CHECK_TEXT(row(23, 8), "line 29 ");
    CHECK_TEXT(row(24, 8), "        ");
    check_cursor(24, 0);
}

TEST(console_prints_in_the_colors_asked_for)
{
    start();
    kprintf("a");
    console_set_color(COLOR_WHITE, COLOR_RED);
    kprintf("b");
    console_set_color(COLOR_LIGHT_GREEN, COLOR_BLUE);
    kprintf("c");
    CHECK_EQUAL(screen[0], 0x0e00 | 'a');
    CHECK_EQUAL(screen[1], 0x4f00 | 'b');
    CHECK_EQUAL(screen[2], 0x1a00 | 'c');
    CHECK_EQUAL(screen[3], 0x0e00 | ' ');
}

TEST(console_begins_anew)
{
    start();
    console_set_color(COLOR_WHITE, COLOR_RED);
    kprintf("one\ntwo");
    start();
    kprintf("three");
    CHECK_TEXT(row(0, 6), "three ");
    CHECK_EQUAL(screen[0], 0x0e00 | 't');
    check_cursor(0, 5);
}

static void through_va_list(const char *fmt, ...) PRINTF(1, 2);
static void through_va_list(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    kvprintf(fmt, args);
    va_end(args);
}

TEST(console_prints_a_va_list)
{
    start();
    through_va_list("%s %x", "value", 0xcafeu);
    CHECK_TEXT(row(0, 11), "value cafe ");
    check_cursor(0, 10);
}

TEST(console_moves_the_cursor_once_a_call)
{
    start();
    unsigned before = cursor_moves;
    kprintf("a text of %d characters and more", 100);
    CHECK_EQUAL(cursor_moves - before, 1);
}
