"""The serial line of the booted kernel.

needs: src/drivers/serial.c src/kernel/console.c linker.ld
until: src/arch/interrupts.c
"""

import os
import tempfile

from support.boot import booted, rest


def rendered(data):
    """What a terminal of 80 columns shows for these bytes."""
    rows, column = [[]], 0
    for byte in data:
        if byte == 0x0A:
            rows.append([" "] * column)
        elif byte == 0x0D:
            column = 0
        elif byte == 0x08:
            column = max(0, column - 1)
            rows[-1][column:] = [" "]
        elif byte == 0x09:
            blanks = 8 - column % 8
            rows[-1][column:] = [" "] * blanks
            column += blanks
        else:
            shown = chr(byte) if 0x20 <= byte <= 0x7E else "■"
            rows[-1][column:] = [shown]
            column += 1
    return "\n".join("".join(row).rstrip() for row in rows).rstrip("\n")


def test_the_serial_line_says_what_the_screen_shows(kernel):
    """Byte for byte what was printed, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="serial-") as directory:
        path = os.path.join(directory, "line")
        machine = kernel.machine(serial=path)
        rest(machine)
        shown = machine.screen().text
        machine.close()
        with open(path, "rb") as file:
            said = file.read()
    assert said, "the serial line says nothing"
    assert rendered(said) == shown, "the serial line says\n%s" % (
        said.decode("latin-1"))


def test_colors_do_not_reach_the_line(kernel):
    """No escape sequences: the text is for files and other programs."""
    assert "\x1b" not in booted(kernel).serial()
