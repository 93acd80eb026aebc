// The VGA text screen: a grid of character cells at physical address
// 0xb8000, and a blinking cursor.
#pragma once

#include "lib/terminal.h"

enum { VGA_ROWS = 25, VGA_COLUMNS = 80 };
enum { VGA_MEMORY = 0xb8000 };

// Gives the cursor its shape.
void vga_init(void);

// The cells, row by row from the top; whatever is written there shows.
// Reading them is slow: they are the adapter's memory.  volatile: the
// adapter looks at them at any time, and the compiler knows nothing
// about that.
static inline volatile cell_t *vga_cells(void)
{
    return (volatile cell_t *)VGA_MEMORY;
}

// Copies `count` cells to the screen, from cell `from` on, and perhaps
// a few beside them.  `cells` is the whole grid, beginning with cell 0.
void vga_show(const cell_t *cells, unsigned from, unsigned count);

// Shows the cursor at a position on the screen; both count from 0.
void vga_set_cursor(unsigned row, unsigned column);
