"""The demo of chapter 7: what the reader sees, and what keys do in it.

needs: src/kernel/timer.c src/drivers/keyboard.c src/kernel/demo.c
until: src/mm/paging.c
"""

# In a run over all chapters interrupts.py runs in a later one, with a demo
# of its own: what this chapter's demo does with keys is proven here.
# pylint: disable=unused-import
from interrupts import (test_keys_that_print_nothing,
                        test_only_the_ticks_move,
                        test_the_german_layout,
                        test_typing_with_shift_and_caps_lock)
from support.boot import booted

LIGHT_GRAY = 0x07
YELLOW = 0x0E
CORNER = 10


def test_the_ticks_stand_in_the_corner(kernel):
    """Three lines in yellow; the count at the right end of the first, in
    light grey, with blanks before it."""
    screen = booted(kernel).screen()
    assert screen.lines[0].startswith("Hello World!"), screen.text
    assert screen.lines[1] == "The timer ticks at 99.998 Hz.", screen.text
    assert screen.lines[2].startswith("Type something."), screen.text
    assert screen.cells[0][0] == ("H", YELLOW), "the greeting has changed"
    corner = screen.cells[0][-CORNER:]
    text = "".join(glyph for glyph, _ in corner)
    assert text.strip().isdigit() and text[-1] != " ", "it says %r" % text
    assert {colour for _, colour in corner} == {LIGHT_GRAY}, corner
