#include "kernel/console.h"

#include "drivers/vga.h"
#include "test/test.h"

// The characters at the beginning of a row of the screen.
static const char *row(unsigned number, unsigned length)
{
    static char text[VGA_COLUMNS + 1];
    for (unsigned i = 0; i < length; i++) {
        text[i] = (char)vga_cells()[number * VGA_COLUMNS + i];
    }
    text[length] = '\0';
    return text;
}

TEST(console_survives_many_lines)
{
    for (int i = 0; i < 200; i++) {
        kprintf("line %d\n", i);
    }
}

TEST(console_prints_onto_the_screen)
{
    // One row above the cursor's, once the screen is full.
    for (int i = 0; i < VGA_ROWS; i++) {
        kprintf("\n");
    }
    kprintf("a line that fits\n");
    CHECK_TEXT(row(VGA_ROWS - 2, 16), "a line that fits");
}
