// The VGA text screen: a grid of character cells at physical address
// 0xb8000, and a blinking cursor.
#pragma once

#include "lib/terminal.h"

enum { VGA_ROWS = 25, VGA_COLUMNS = 80 };

// The cells, row by row from the top; whatever is written there shows.
volatile cell_t *vga_cells(void);

// Shows the cursor at a position on the screen; both count from 0.
void vga_set_cursor(unsigned row, unsigned column);
