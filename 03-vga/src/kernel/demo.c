#include "kernel/demo.h"

#include "kernel/console.h"
#include "lib/terminal.h"

static void show_colors(void)
{
    for (unsigned i = COLOR_BLACK; i <= COLOR_WHITE; i++) {
        console_set_color((enum color)i, COLOR_BLACK);
        kprintf("%x", i);
    }
    console_set_color(COLOR_YELLOW, COLOR_BLACK);
    kprintf("\n");
}

void demo(void)
{
    kprintf("Hello World!\n");
    kprintf("%d is 0x%x, %u is 0x%08x\n", 42, 42u, 753664u, 0xb8000u);
    kprintf("the screen is at %p\n", (void *)0xb8000);
    kprintf("not ASCII: \xc3\xa4\n");
    show_colors();
}
