"""The demo of chapter 6 fills its stack: what the reader sees.

needs: src/arch/gdt.c src/kernel/exceptions.c src/kernel/demo.c
until: src/drivers/pic.c
"""

from support.boot import booted, elf
from support.report import Report, check_colors

YELLOW = 0x0E
WHITE_ON_RED = 0x4F


def test_the_overflow_is_named(kernel):
    """The greeting, then the report; the screen and the serial line say
    the same, and the machine rests."""
    machine = booted(kernel)
    screen = machine.screen()
    report = Report(screen)
    assert screen.lines[0] == "Hello World!", screen.text
    assert screen.cells[0][0] == ("H", YELLOW), "the greeting has changed"
    check_colors(screen, report.first, WHITE_ON_RED)
    assert report.message == "kernel panic: double fault (exception 8)", (
        report.message)
    told = [line for line in report.lines if "overflow" in line]
    assert len(told) == 1 and told[0].startswith(
        "overflow of the boot stack, at 0x"), "it tells %r" % told
    names = report.functions(elf(kernel))
    assert len(names) >= 10 and len(set(names)) == 1, (
        "called by " + ", ".join(names))
    assert machine.serial() == screen.text + "\n", machine.serial()
    assert machine.halted_for_ever(), "it does not rest"
