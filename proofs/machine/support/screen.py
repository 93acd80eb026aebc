"""Compares the text screen with what it must show."""

import re

from machine import qemu

COLUMNS = qemu.COLUMNS
ROWS = qemu.ROWS
SIZE = 2 * COLUMNS * ROWS


def cells(machine):
    """The screen's memory: rows of pairs (byte, attribute)."""
    memory = machine.memory(qemu.SCREEN_ADDRESS, SIZE)
    pairs = list(zip(memory[0::2], memory[1::2]))
    return [pairs[row * COLUMNS:(row + 1) * COLUMNS] for row in range(ROWS)]


def expect(machine, rows, attribute):
    """The screen shows these rows from the top and is blank below; the
    adapter's memory behind it is as the BIOS left it.

    A row is a text, in the attribute given, or a list of pairs (text,
    attribute); what is not written is blanks in `attribute`.  ■ stands
    for the byte that shows as a block.
    """
    rows = list(rows) + [""] * (ROWS - len(rows))
    shown = cells(machine)
    behind = machine.memory(qemu.SCREEN_ADDRESS + SIZE, 8 * COLUMNS)
    far_behind = machine.memory(qemu.SCREEN_ADDRESS + 7 * SIZE, 2)
    assert behind == far_behind * (4 * COLUMNS), (
        "something was written behind the screen's last cell")
    for number, row in enumerate(rows):
        pieces = row if isinstance(row, list) else [(row, attribute)]
        wanted = [(byte, color) for text, color in pieces
                  for byte in text.encode("cp437")]
        wanted += [(0x20, attribute)] * (COLUMNS - len(wanted))
        for column, (cell, right) in enumerate(zip(shown[number], wanted)):
            assert cell == right, (
                "line %d, column %d is %s, expected %s\n"
                "the line shows: %r\n"
                "expected:       %r" % (
                    number + 1, column, cell_text(cell), cell_text(right),
                    text_of(shown[number]), text_of(wanted)))


def cell_text(cell):
    """`'H' in 0x0b`."""
    return "%r in %#04x" % (qemu.glyph(cell[0]), cell[1])


def text_of(row):
    """What a row of cells says."""
    return "".join(qemu.glyph(byte) for byte, _ in row).rstrip()


def without_clock(screen):
    """The rows of cells of a qemu.Screen; a number that ends in a row's
    last column, or before the word "ticks" there, goes on counting, and
    is left out with the blanks before it."""
    rows = []
    for row in screen.cells:
        text = "".join(glyph for glyph, _ in row)
        rows.append(row[:re.search(r" *(\d+( ticks)?)?$", text).start()]
                    if re.search(r"\d( ticks)?$", text) else row)
    return rows


def crtc(machine, number):
    """A register of the CRT controller, read by its two ports."""
    machine.monitor("o /b 0x3d4 %#x" % number)
    answer = machine.monitor("i /b 0x3d5")
    return int(answer.split("=")[1], 16)


def cursor(machine):
    """Row and column of the hardware's cursor; None if it is hidden."""
    if crtc(machine, 0x0A) & 0x20:
        return None
    return divmod(crtc(machine, 0x0E) << 8 | crtc(machine, 0x0F), COLUMNS)
