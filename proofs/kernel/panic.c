// A panic prints its message, in its colours, before it calls the
// handler; one kernel for what happens once in a kernel's life.
// needs: src/kernel/panic.c src/test/test.c src/kernel/init.c
// needs: src/drivers/vga.c
// once: src/kernel/panic.* src/kernel/console.* src/drivers/vga.*
// once: src/drivers/serial.* src/lib/terminal.* src/lib/format.*
// once: src/test/test.* src/drivers/qemu.* src/sync/*
#include "kernel/panic.h"

#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/kernel.h"
#include "lib/format.h"
#include "lib/string.h"
#include "test/test.h"

static char expected[VGA_COLUMNS];
static size_t length;

static void expect(const char *text, size_t count, void *context)
{
    (void)context;
    memcpy(expected + length, text, count);
    length += count;
}

PRINTF(1, 2) static void expect_message(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    format(expect, NULL, fmt, args);
    va_end(args);
}

static cell_t at(unsigned row, unsigned column)
{
    return vga_cells()[row * VGA_COLUMNS + column];
}

// Runs when the message is complete.
static void on_panic(void)
{
    if (at(0, 0) != (0x0e00 | 'X')) {
        test_fail("what was on the screen has changed");
    }
    for (unsigned i = 0; i < length; i++) {
        if (at(1, i) != (cell_t)(0x4f00 | expected[i])) {
            test_fail("the message on the screen is another one");
        }
    }
    test_pass();
}

static void never(void)
{
    test_fail("the first handler was called, not the second");
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("panic");
    console_init();
    kprintf("X");
    panic_set_handler(never);
    panic_set_handler(on_panic);
    kassert(2 * 2 == 4);
    expect_message("kernel panic at %s:%d: assertion failed: %s", __FILE__,
                   __LINE__ + 1, "2 * 2 == 5");
    kassert(2 * 2 == 5);
    test_fail("a false assertion did not panic");
}
