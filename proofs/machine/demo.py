"""The screen of chapters 3 and 4, cell by cell, with its cursor.

needs: src/kernel/demo.c src/drivers/vga.c src/kernel/console.c
until: src/arch/interrupts.c
"""

import os

from support import screen
from support.boot import Unplugged, booted, rest

YELLOW = 0x0E
LINES = [
    "Hello World!",
    "42 is 0x2a, 753664 is 0x000b8000",
    "the screen is at 0x00000000000b8000",
    "not ASCII: ■■",
    [("%x" % color, color) for color in range(16)],
]


def lines(kernel):
    """What the kernel shows; chapter 4's tells of the serial port."""
    if os.path.exists(os.path.join(kernel.tree, "src/drivers/serial.c")):
        return LINES + ["The serial port gets these lines, too."]
    return LINES


def test_the_screen_line_by_line(kernel):
    """Yellow on black, but for the sixteen colours."""
    screen.expect(booted(kernel), lines(kernel), YELLOW)


def test_the_cursor_is_below_the_last_line(kernel):
    """It is shown as two scan lines in the first column."""
    machine = booted(kernel)
    wanted = (len(lines(kernel)), 0)
    where = screen.cursor(machine)
    assert where == wanted, "the cursor is at %s, expected %s" % (where,
                                                                  wanted)
    shape = screen.crtc(machine, 0x0A), screen.crtc(machine, 0x0B)
    assert shape == (14, 15), "its scan lines are %d to %d" % shape


def test_the_screen_without_a_serial_port(kernel):
    """`-serial none`: nothing hangs."""
    with Unplugged(kernel.image, without="serial") as machine:
        rest(machine)
        screen.expect(machine, lines(kernel), YELLOW)
