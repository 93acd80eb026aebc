"""The demo of chapter 9: the memory, a page that is mapped, and what is
written through it; each line is what the machine says.

needs: src/mm/memory.h src/kernel/walk.h
needs: src/kernel/demo.c linker.ld
until: src/mm/heap.h src/mm/recursive.h src/boot/sections.h
"""

import struct

from support import screen
from support.boot import elf, rest
from support.frames import KINDS
from support.multiboot2 import AVAILABLE, MEMORY_MAP, Information, pages
from support.start import Start, at_start
from support.tables import (ACCESSED, DIRTY, NO_EXECUTE, WRITABLE, Tables,
                            line)

YELLOW = 0x0E
BLACK_ON_WHITE = 0xF0
SOMEWHERE = 0xDEADBEAF000
SCREEN = 0xB8000
ROW = 20


class Demo:
    """The machine when the demo has run.

    information    what GRUB has told it
    before         the tables that were in use before the demo
    """

    def __init__(self, kernel):
        start = Start(kernel.image, elf(kernel).address("kernel_main"))
        self.machine = start.machine
        self.information = Information(self.machine,
                                       start.gdb.registers()["rdi"])
        start.gdb.run_to(elf(kernel).address("demo"))
        self.before = Tables(self.machine).tables()
        start.gdb.go()
        rest(self.machine)


_demos = {}


def demo(kernel):
    """The demo of a kernel; the same one for all tests."""
    if kernel.image not in _demos:
        _demos[kernel.image] = Demo(kernel)
    return _demos[kernel.image]


def test_the_screen_line_by_line(kernel):
    """The map, the frames, the page and its walk, and `New!` below."""
    now = demo(kernel)
    machine, information = now.machine, now.information
    free = pages(information.free((elf(kernel).address("__kernel_start"),
                                   elf(kernel).address("__kernel_end"))))
    tables = Tables(machine)
    # The page was not touched yet when its walk was printed.
    steps = [step._replace(entry=step.entry & ~(ACCESSED | DIRTY))
             for step in tables.walk(SOMEWHERE)]
    assert len(steps) == 4, steps
    lines = ["Hello World!"]
    lines += ["%016x to %016x: %s" % (area.start, area.end,
                                      KINDS.get(area.kind, "reserved"))
              for area in information.areas()]
    lines += ["%d of %d frames are free." % (free - len(now.before), free),
              "0x%016x -> %#x" % (SOMEWHERE, SCREEN)]
    lines += [line(step) for step in steps]
    assert len(lines) <= ROW, "too many lines to look at"
    said = lines[:]
    lines += [""] * (ROW - len(lines)) + [[("New!", BLACK_ON_WHITE)]]
    screen.expect(machine, lines, YELLOW)
    assert machine.serial() == "\n".join(said) + "\n", machine.serial()

    last = steps[-1].entry
    assert tables.physical(SOMEWHERE) == SCREEN, "%#x" % last
    assert last & WRITABLE and last & NO_EXECUTE, "%#x" % last


def test_kinds_of_memory_that_nobody_knows(kernel):
    """The areas that are not available get other kinds: those that have a
    name are called by it, and the others are reserved."""
    kinds = [0, 3, 4, 5, 6, 0xFFFFFFFF]
    machine, gdb = at_start(kernel)
    information = Information(machine, gdb.registers()["rbx"])
    tag = information.tag(MEMORY_MAP)
    size, = struct.unpack_from("<I", tag.data, 8)
    wanted = ["Hello World!"]
    for number, area in enumerate(information.areas()):
        kind = area.kind
        if kind != AVAILABLE and kinds:
            kind = kinds.pop()
            gdb.write(information.address + tag.offset + 16
                      + number * size + 16, struct.pack("<I", kind))
        wanted.append("%016x to %016x: %s" % (
            area.start, area.end, KINDS.get(kind, "reserved")))
    assert len(kinds) <= 1, "too few areas to try %r" % kinds
    gdb.go()
    rest(machine)
    said = machine.screen().lines[:len(wanted)]
    assert said == wanted, "the screen shows\n%s\nexpected\n%s" % (
        "\n".join(said), "\n".join(wanted))
