"""Page faults of pages that are there, and forbid what was done to them:
each with a report that says how the page was touched and what the tables
hold for it.

needs: src/mm/memory.h src/kernel/walk.h src/mm/paging.h
needs: src/kernel/exceptions.c src/kernel/demo.h src/drivers/serial.c
needs: linker.ld
once: src/kernel/walk.* src/kernel/init.c src/mm/memory* src/mm/frame.*
once: src/mm/paging.* src/mm/address.h
once: src/boot/multiboot2.* src/kernel/exceptions.* src/kernel/panic.*
once: src/lib/exception.* src/lib/backtrace.* linker.ld
"""

import struct

from support.boot import rest
from support.page_fault import TAKEN_AWAY, check_report, stand, touched
from support.report import function_at
from support.tables import PRESENT, WRITABLE, Step, Tables, line


def test_a_table_that_cannot_be(kernel):
    """An entry that leads to where no memory is: the report ends with it,
    and with the processor's complaint of the bits that are too high."""
    now = stand(kernel)
    tables = Tables(now.machine)
    entry = 1 << 45 | PRESENT | WRITABLE
    address = 100 << 39 | 0x1234
    now.gdb.write_physical(tables.root + 8 * 100, struct.pack("<Q", entry))
    touched(now, "read", address, [0x8, 0x9],
            "read, reserved bit set in a table",
            [line(Step(4, 100, entry))])


# The error code of each, if the page is there.
FORBIDDEN = {"write": 3, "fetch": 0x11}


def forbidden(kernel, how, name):
    """A page that is there, touched in a way that its rights forbid:
    where it is, and through the window."""
    now = stand(kernel)
    address = now.elf.address(name)
    window, = struct.unpack("<Q", now.gdb.memory(now.elf.address("window"),
                                                 8))
    physical = Tables(now.machine).physical(address)
    for place in (address, window + physical):
        touched(stand(kernel), how, place, [FORBIDDEN[how]],
                how + ", page forbids it")
        kept = now.machine.memory(physical, 1)
        in_file = now.elf.at(address, 1)
        assert kept == in_file, "%s holds %s, in the file is %s" % (
            name, kept.hex(), in_file.hex())


def test_code_cannot_be_written_to(kernel):
    """Nor can it through the window."""
    forbidden(kernel, "write", "demo")


def test_constants_cannot_be_written_to(kernel):
    """Nor can they through the window."""
    forbidden(kernel, "write", "constant")


def test_data_cannot_be_executed(kernel):
    """Nor can constants, wherever they are seen."""
    forbidden(kernel, "fetch", "data")
    forbidden(kernel, "fetch", "constant")


def test_code_is_executed_in_one_place(kernel):
    """The window shows it, and no more."""
    now = stand(kernel)
    window, = struct.unpack("<Q", now.gdb.memory(now.elf.address("window"),
                                                 8))
    physical = Tables(now.machine).physical(now.elf.address("demo"))
    touched(now, "fetch", window + physical, [0x11],
            "fetch, page forbids it")


def test_a_page_that_was_taken_away(kernel):
    """Written and read, then unmapped: the next read faults, and the walk
    ends at an entry that is empty."""
    now = stand(kernel)
    now.call("take_away")
    rest(now.machine)
    walk = Tables(now.machine).walk(TAKEN_AWAY)
    assert [step.level for step in walk] == [4, 3, 2, 1], walk
    assert walk[-1].entry == 0, "its entry is %#x" % walk[-1].entry
    report = check_report(now, [0], "read, page not present", TAKEN_AWAY,
                          [line(step) for step in walk],
                          ["demo", "kernel_main"])
    where = function_at(now.elf, report.registers["rip"])
    assert where == "take_away", "it faulted in " + where
