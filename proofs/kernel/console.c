// The console on the real screen, read back by the kernel itself.
// needs: src/kernel/console.c src/drivers/vga.c src/drivers/serial.c
// needs: src/test/test.c src/kernel/init.c
// once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
// once: src/lib/terminal.* src/lib/format.* src/sync/*
#include "kernel/console.h"

#include <stddef.h>

#include "arch/io.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "drivers/vga.h"
#include "kernel/kernel.h"
#include "test/test.h"

static cell_t at(unsigned row, unsigned column)
{
    return vga_cells()[row * VGA_COLUMNS + column];
}

// Where the CRT controller has the cursor.
static unsigned cursor(void)
{
    io_write8(0x3d4, 0x0e);
    unsigned high = io_read8(0x3d5);
    io_write8(0x3d4, 0x0f);
    return high << 8 | io_read8(0x3d5);
}

TEST(kernel_init_clears_the_screen)
{
    console_init();
    for (unsigned i = 0; i < VGA_ROWS * VGA_COLUMNS; i++) {
        CHECK_EQUAL(vga_cells()[i], 0x0e00 | ' ');
    }
    CHECK_EQUAL(cursor(), 0);
}

TEST(the_serial_port_is_there)
{
    serial_drain();
    CHECK(serial_init());
}

TEST(rows_scroll_with_their_colors)
{
    console_init();
    for (unsigned i = 0; i < VGA_ROWS; i++) {
        console_set_color((enum color)(i % 15 + 1), COLOR_BLUE);
        kprintf("%c\n", (int)('a' + i));
    }
    for (unsigned i = 0; i < VGA_ROWS - 1; i++) {
        unsigned color = 0x10 | ((i + 1) % 15 + 1);
        CHECK_EQUAL(at(i, 0), color << 8 | ('b' + i));
    }
    CHECK_EQUAL(at(24, 0), 0x1a00 | ' ');
    CHECK_EQUAL(cursor(), 24 * 80);
    console_set_color(COLOR_YELLOW, COLOR_BLACK);
}

TEST(format_is_right_in_the_kernel)
{
    console_init();
    kprintf("%ld|%lu|%zx|%p|%08x|%6s|%5d|%c%%", INT64_MIN, UINT64_MAX,
            (size_t)0xfedcba9876543210, (void *)0xffff800000000000,
            0xbeefu, "ab", -42, 'c');
    static const char expected[] =
        "-9223372036854775808|18446744073709551615|fedcba9876543210|"
        "0xffff800000000000|0000beef|    ab|  -42|c%";
    for (unsigned i = 0; i < sizeof(expected) - 1; i++) {
        CHECK_EQUAL(at(i / 80, i % 80), 0x0e00 | expected[i]);
    }
    CHECK_EQUAL(cursor(), sizeof(expected) - 1);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
