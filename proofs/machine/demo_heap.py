"""The demo of chapter 10: a vector, and a pointer to an item that has moved,
which the heap names.

needs: src/mm/page_heap.c src/containers/vector.h src/kernel/demo.c
until: src/mm/allocator.h
"""

import re

from support.boot import booted, elf
from support.report import Report, check_colors, function_at

YELLOW = 0x0E
WHITE_ON_RED = 0x4F
NUMBERS = 500
CAPACITY = 512      # the next power of two
FIRST = 4           # items, before a vector grows
ITEM = 4            # bytes
PAGE = 4096


def test_what_is_shown(kernel):
    """The vector's place and sum; the numbers end where their page does."""
    screen = booted(kernel).screen()
    assert screen.lines[0] == "Hello World!", screen.text
    assert screen.cells[0][0] == ("H", YELLOW), "the greeting has changed"
    told = re.fullmatch(r"500 numbers at 0x([0-9a-f]{16}), "
                        r"their sum is (\d+)", screen.lines[1])
    assert told, "the second line is %r" % screen.lines[1]
    address, total = int(told[1], 16), int(told[2])
    assert total == sum(range(NUMBERS)), "the sum is %d" % total
    assert (address + CAPACITY * ITEM) % PAGE == 0, "%#x" % address


def test_the_item_that_has_moved(kernel):
    """A write to where it was: the report names the vector's first block,
    who allocated it and who freed it, and the demo as the writer."""
    machine = booted(kernel)
    screen = machine.screen()
    report = Report(screen)
    check_colors(screen, report.first, WHITE_ON_RED)
    assert report.message == "kernel panic: page fault (exception 14)", (
        report.message)
    assert report.cause[0] == "error code 0x2: write, page not present", (
        report.cause[0])
    address = report.cause[1].split()[1]
    assert int(address, 16) % PAGE == PAGE - FIRST * ITEM, address
    heap = [line for line in report.cause if line.startswith("heap: ")]
    told = re.fullmatch(
        r"heap: %d bytes at %s, allocated by 0x([0-9a-f]+)\n"
        r"heap: freed by 0x([0-9a-f]+)" % (FIRST * ITEM, address),
        "\n".join(heap))
    assert told, "it tells %r" % heap
    # Both times it was the vector that grew: krealloc's caller.
    names = [function_at(elf(kernel), int(place, 16) - 1)
             for place in told.groups()]
    assert names[0] == names[1], names
    writer = function_at(elf(kernel), report.registers["rip"])
    assert writer in ("misuse", "demo"), "written by " + writer
    assert machine.serial().startswith("Hello World!\n"), machine.serial()
    assert machine.halted_for_ever(), "it does not rest"
