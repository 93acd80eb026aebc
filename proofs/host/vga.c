// The VGA screen's cursor, against a model of the CRT controller, and
// where its cells are.
// needs: src/drivers/vga.h src/drivers/vga.c src/arch/io.h
#include "drivers/vga.h"

#include "host.h"
#include "test/test.h"

_Static_assert(_Generic(vga_cells(), volatile cell_t *: 1, default: 0),
               "the screen's cells are volatile");

enum { CRTC_REGISTERS = 0x19, HIDDEN = 1 << 5 };

static uint8_t selected;
static uint8_t crtc[CRTC_REGISTERS];
static unsigned strays; // writes that no register takes

static void write(uint16_t port, uint8_t value)
{
    if (port == 0x3d4) {
        selected = value;
    } else if (port == 0x3d5 && selected < CRTC_REGISTERS) {
        crtc[selected] = value;
    } else {
        strays++;
    }
}

static void start(void)
{
    for (unsigned i = 0; i < CRTC_REGISTERS; i++) {
        crtc[i] = 0x77;
    }
    selected = 0;
    strays = 0;
    host_device(NULL, write);
}

TEST(vga_cells_are_where_the_adapter_looks)
{
    CHECK_EQUAL((uintptr_t)vga_cells(), 0xb8000);
    CHECK_EQUAL(VGA_ROWS, 25);
    CHECK_EQUAL(VGA_COLUMNS, 80);
}

TEST(vga_cursor_goes_to_every_cell)
{
    for (unsigned row = 0; row < VGA_ROWS; row++) {
        for (unsigned column = 0; column < VGA_COLUMNS; column++) {
            start();
            vga_set_cursor(row, column);
            CHECK_EQUAL(host_access_count, 4);
            host_forget();
            CHECK_EQUAL(crtc[0x0e] << 8 | crtc[0x0f], row * 80 + column);
        }
    }
}

TEST(vga_cursor_is_shown_as_two_lines)
{
    start();
    vga_init();
    CHECK_EQUAL(crtc[0x0a], 14);
    CHECK_EQUAL(crtc[0x0b], 15);
    CHECK((crtc[0x0a] & HIDDEN) == 0);
}

TEST(vga_cursor_touches_nothing_else)
{
    start();
    vga_init();
    vga_set_cursor(24, 79);
    CHECK_EQUAL(strays, 0);
    for (unsigned i = 0; i < CRTC_REGISTERS; i++) {
        bool ours = i == 0x0a || i == 0x0b || i == 0x0e || i == 0x0f;
        CHECK(ours || crtc[i] == 0x77);
    }
}

TEST(vga_cells_off_the_screen_are_a_bug)
{
    static cell_t cells[VGA_ROWS * VGA_COLUMNS];
    EXPECT_PANIC(vga_show(cells, 0, 2001));
    EXPECT_PANIC(vga_show(cells, 2000, 1));
    EXPECT_PANIC(vga_show(cells, 2001, 0));
    EXPECT_PANIC(vga_show(cells, 1, ~0u));
}

TEST(vga_cursor_off_the_screen_is_a_bug)
{
    start();
    EXPECT_PANIC(vga_set_cursor(25, 0));
    EXPECT_PANIC(vga_set_cursor(0, 80));
    EXPECT_PANIC(vga_set_cursor(25, 80));
    EXPECT_PANIC(vga_set_cursor(~0u, 0));
    EXPECT_PANIC(vga_set_cursor(0, ~0u));
    CHECK_EQUAL(host_access_count, 0);
}
