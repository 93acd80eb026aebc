#include "kernel/demo.h"

#include <stddef.h>

#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/timer.h"
#include "lib/format.h"

// In the top right corner, and past the console: this does not disturb
// what other code is printing.
static void show_ticks(uint64_t ticks)
{
    char text[11];
    format_to_buffer(text, sizeof(text), "%10lu", ticks);
    volatile cell_t *cell = vga_cells() + VGA_COLUMNS - 10;
    for (size_t i = 0; text[i] != '\0'; i++) {
        cell[i] = (cell_t)(COLOR_LIGHT_GRAY << 8 | text[i]);
    }
}

void demo(void)
{
    kprintf("Hello World!\n");
    kprintf("The timer ticks at %u.%03u Hz.\n",
            TIMER_MILLIHERTZ / 1000, TIMER_MILLIHERTZ % 1000);
    kprintf("Type something.  F1: US layout, F2: German layout.\n");
    timer_set_handler(show_ticks);
}
