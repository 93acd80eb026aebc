#include "drivers/vga.h"

#include "arch/io.h"
#include "arch/repeat.h"
#include "lib/panic.h"

// The CRT controller has more registers than ports: the number of a
// register goes to the first port, its value to the second (IBM VGA
// Technical Reference, "CRT Controller Registers").
enum { CRTC_INDEX = 0x3d4, CRTC_DATA = 0x3d5 };

enum crtc_register {
    CRTC_CURSOR_START = 0x0a, // first scan line; bit 5 hides the cursor
    CRTC_CURSOR_END = 0x0b,   // last scan line
    CRTC_CURSOR_HIGH = 0x0e,  // number of the cell, bits 8-15
    CRTC_CURSOR_LOW = 0x0f,   // bits 0-7
};

// A character is 16 scan lines high; the cursor is its lowest two.
enum { FIRST_SCAN_LINE = 14, LAST_SCAN_LINE = 15 };

enum { CELL_COUNT = VGA_ROWS * VGA_COLUMNS };

// As many cells are in a quadword, the unit of repeat_copy().
enum { QUADWORD = 8 / sizeof(cell_t) };

static void crtc_write(enum crtc_register number, unsigned value)
{
    io_write8(CRTC_INDEX, (uint8_t)number);
    io_write8(CRTC_DATA, (uint8_t)value);
}

void vga_init(void)
{
    crtc_write(CRTC_CURSOR_START, FIRST_SCAN_LINE);
    crtc_write(CRTC_CURSOR_END, LAST_SCAN_LINE);
}

// The instruction in repeat_copy() is volatile, like the cells.
void vga_show(const cell_t *cells, unsigned from, unsigned count)
{
    kassert(from <= CELL_COUNT && count <= CELL_COUNT - from);
    unsigned first = from / QUADWORD * QUADWORD;
    unsigned rounded_up = from + count - first + QUADWORD - 1;
    repeat_copy((cell_t *)VGA_MEMORY + first, cells + first,
                rounded_up / QUADWORD);
}

void vga_set_cursor(unsigned row, unsigned column)
{
    kassert(row < VGA_ROWS && column < VGA_COLUMNS);
    unsigned position = row * VGA_COLUMNS + column;
    crtc_write(CRTC_CURSOR_HIGH, position >> 8);
    crtc_write(CRTC_CURSOR_LOW, position);
}
