#include "kernel/demo.h"

#include <stddef.h>

#include "drivers/keyboard.h"
#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/timer.h"
#include "lib/format.h"

// In the top right corner, and past the console: this does not disturb
// what is being printed elsewhere.
static void show_ticks(uint64_t ticks)
{
    char text[11];
    format_to_buffer(text, sizeof(text), "%10lu", ticks);
    volatile cell_t *cell = vga_cells() + VGA_COLUMNS - 10;
    for (size_t i = 0; text[i] != '\0'; i++) {
        cell[i] = (cell_t)(COLOR_LIGHT_GRAY << 8 | text[i]);
    }
}

static const char *name(uint8_t code)
{
    switch (code) {
    case KEY_UP:
        return "up";
    case KEY_DOWN:
        return "down";
    case KEY_LEFT:
        return "left";
    case KEY_RIGHT:
        return "right";
    default:
        return NULL;
    }
}

static void use_layout(const struct layout *layout)
{
    keyboard_set_layout(layout);
    kprintf("[%s layout]", layout->name);
}

static void show_key(struct key key)
{
    if (key.code == KEY_F1) {
        use_layout(&layout_us);
    } else if (key.code == KEY_F2) {
        use_layout(&layout_german);
    } else if (key.character != '\0') {
        kprintf("%c", key.character);
    } else if (name(key.code) != NULL) {
        kprintf("[%s]", name(key.code));
    } else {
        kprintf("[key 0x%02x]", key.code);
    }
}

void demo(void)
{
    kprintf("Hello World!\n");
    kprintf("The timer ticks at %u.%03u Hz.\n", timer_rate() / 1000,
            timer_rate() % 1000);
    kprintf("Type something.  F1: US layout, F2: German layout.\n");
    timer_set_handler(show_ticks);
    keyboard_set_handler(show_key);
}
