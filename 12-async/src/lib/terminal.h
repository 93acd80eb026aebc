// A terminal: characters written one after the other onto a grid of
// cells, which may be a screen's memory or an array in a test.
#pragma once

#include <stdint.h>

// The colours of VGA text, by their numbers.
enum color {
    COLOR_BLACK,
    COLOR_BLUE,
    COLOR_GREEN,
    COLOR_CYAN,
    COLOR_RED,
    COLOR_MAGENTA,
    COLOR_BROWN,
    COLOR_LIGHT_GRAY,
    COLOR_DARK_GRAY,
    COLOR_LIGHT_BLUE,
    COLOR_LIGHT_GREEN,
    COLOR_LIGHT_CYAN,
    COLOR_LIGHT_RED,
    COLOR_PINK,
    COLOR_YELLOW,
    COLOR_WHITE,
};

// A character in bits 0-7, its colour in 8-11, the background in 12-14;
// bit 15 makes it blink.
typedef uint16_t cell_t;

// The fields are the terminal's own.
struct terminal {
    volatile cell_t *cells; // row by row, from the top
    unsigned rows;
    unsigned columns;
    unsigned row;    // where the next character goes
    unsigned column; // == columns when a row is full
    uint8_t attribute; // the high byte of the cells written
};

// Begins with an empty grid and yellow on black.  `cells` holds rows *
// columns cells and must outlive the terminal; neither may be 0.
void terminal_init(struct terminal *terminal, volatile cell_t *cells,
                   unsigned rows, unsigned columns);

// Blanks the grid and goes to its top left corner.
void terminal_clear(struct terminal *terminal);

// For the characters written from now on.  The background is one of the
// first eight colours.
void terminal_set_color(struct terminal *terminal,
                        enum color foreground, enum color background);

// Writes a character: '\n' begins a line, '\t' goes on at the next
// multiple of 8 columns, '\b' goes back one cell and blanks it.  What
// is not printable ASCII appears as a block.  A full row continues in
// the next one, and the grid scrolls up at its end.
void terminal_put(struct terminal *terminal, char c);
