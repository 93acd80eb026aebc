"""The demo of chapter 7: what the reader sees before a key is pressed.

needs: src/kernel/timer.c src/drivers/keyboard.c src/kernel/demo.c
until: src/mm/paging.c
"""

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
