#include "kernel/demo.h"

#include <stdint.h>

enum { COLUMNS = 80, ROWS = 25 };
enum { LIGHT_CYAN_ON_BLACK = 0x0b };

// A cell holds a character in its low byte and colours in the high one.
// volatile: the video adapter reads these cells behind the compiler's
// back.
static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;

static void put(unsigned position, char c)
{
    screen[position] = (uint16_t)(LIGHT_CYAN_ON_BLACK << 8 | c);
}

void demo(void)
{
    for (unsigned i = 0; i < ROWS * COLUMNS; i++) {
        put(i, ' ');
    }

    const char *text = "Hello World!";
    for (unsigned i = 0; text[i] != '\0'; i++) {
        put(i, text[i]);
    }
}
