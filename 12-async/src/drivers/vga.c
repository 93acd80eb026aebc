#include "drivers/vga.h"

#include "arch/io.h"
#include "kernel/panic.h"

// volatile: the video adapter reads these cells behind the compiler's
// back.
static volatile cell_t *const cells = (volatile cell_t *)0xb8000;

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

static void write(enum crtc_register number, unsigned value)
{
    io_write8(CRTC_INDEX, (uint8_t)number);
    io_write8(CRTC_DATA, (uint8_t)value);
}

volatile cell_t *vga_cells(void)
{
    return cells;
}

void vga_set_cursor(unsigned row, unsigned column)
{
    kassert(row < VGA_ROWS && column < VGA_COLUMNS);
    unsigned position = row * VGA_COLUMNS + column;
    write(CRTC_CURSOR_START, FIRST_SCAN_LINE);
    write(CRTC_CURSOR_END, LAST_SCAN_LINE);
    write(CRTC_CURSOR_HIGH, position >> 8);
    write(CRTC_CURSOR_LOW, position);
}
