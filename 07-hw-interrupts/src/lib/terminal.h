// A terminal: characters written one after the other into a grid of
// cells.  The grid is an array in memory, so a test can look at it; a
// driver copies the cells that have changed to a screen.
#pragma once

#include <stddef.h>
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

// The fields are private to terminal.c, but for `row`, `column` and
// `lines`, which anyone may read.
struct terminal {
    cell_t *cells; // row by row, from the top
    unsigned rows;
    unsigned columns;
    unsigned row;    // where the next character goes
    unsigned column; // == columns when a row is full
    unsigned lines;  // how many were begun after the first
    // Cells have changed from the first of these up to the second, or
    // to where the next character goes, whichever is further.
    unsigned changed_from;
    unsigned changed_to;
    uint8_t attribute; // the high byte of the cells written
};

// Begins with an empty grid and yellow on black.  `cells` holds rows *
// columns cells and must outlive the terminal; neither may be 0.
void terminal_init(struct terminal *terminal, cell_t *cells,
                   unsigned rows, unsigned columns);

// Blanks the grid and goes to its top left corner.
void terminal_clear(struct terminal *terminal);

// For the characters written from now on.  The background is one of the
// first eight colours.
void terminal_set_color(struct terminal *terminal,
                        enum color foreground, enum color background);

// Writes characters: '\n' begins a line, '\t' goes on at the next
// multiple of 8 columns, '\b' goes back one cell and blanks it.
// Anything else that is not printable ASCII appears as a block.  A full
// row continues in the next one, and the grid scrolls up at its end.
void terminal_write(struct terminal *terminal, const char *text,
                    size_t length);

// How many cells may have changed since the last call, in one piece
// that begins with cell `*from`.
unsigned terminal_take_changes(struct terminal *terminal,
                               unsigned *from);
