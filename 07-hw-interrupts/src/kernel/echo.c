#include "kernel/echo.h"

#include <stddef.h>

#include "kernel/console.h"
#include "lib/scancode.h"

static struct decoder decoder = {.layout = &layout_us};

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
    decoder_set_layout(&decoder, layout);
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

void echo_byte(uint8_t byte)
{
    struct key key;
    if (decoder_feed(&decoder, byte, &key)) {
        show_key(key);
    }
}
