"""What the kernel says of its page tables, compared with the machine's
memory; and page faults of pages that are not there, each with a report that
says how the page was touched and what the tables hold for it.

needs: src/kernel/walk.h src/mm/paging.h src/kernel/exceptions.c
needs: src/kernel/demo.h src/drivers/serial.c linker.ld
once: src/kernel/walk.* src/mm/paging.* src/mm/address.h
once: src/kernel/exceptions.* src/kernel/panic.* src/lib/exception.*
once: src/lib/backtrace.* src/arch/interrupts.* src/arch/gdt.*
once: src/arch/stacks.*
"""

import random
import struct

from support.boot import rest
from support.page_fault import COUNT, NOWHERE, stand, touched
from support.report import Report
from support.tables import (ADDRESS, PAGE, Tables, canonical, size)


# --- Walks ------------------------------------------------------------

def addresses(now):
    """Addresses of all kinds: in the kernel, at the edges of what tables
    stand for, in what is mapped, and anywhere."""
    chosen = random.Random(8)    # the same in every run
    result = [0, PAGE - 1, PAGE, 0xB8000, NOWHERE, 0x803FE7F5CE,
              (1 << 47) - 1, 1 << 47, (1 << 64) - (1 << 47) - 1,
              (1 << 64) - (1 << 47), (1 << 64) - 1, 1 << 63]
    for level in (1, 2, 3, 4):
        result += [size(level) - 1, size(level), 511 * size(level)]
    result += [now.elf.address(name) + chosen.randrange(64)
               for name in ("demo", "stacks", "wanted")]
    pages = list(Tables(now.machine).pages())
    while len(result) < COUNT:
        page = chosen.choice(pages)
        kind = chosen.randrange(4)
        if kind == 0:
            address = chosen.getrandbits(64)
        elif kind == 1:
            address = page.address ^ 1 << chosen.randrange(64)
        else:
            address = page.address + chosen.randrange(page.size)
        result.append(address)
    return result


def test_walks_say_what_the_tables_hold(kernel):
    """Addresses of all kinds, and where the PML4 is: line by line what
    the machine's registers and memory say."""
    now = stand(kernel)
    wanted = addresses(now)
    now.gdb.write(now.elf.address("wanted"), struct.pack("<%dQ" % COUNT,
                                                         *wanted))
    now.call("walks")
    now.machine.wait_serial(lambda _: now.serial().endswith("done\n"), 20)
    tables = Tables(now.machine)
    lines = ["", "the PML4 is at %#x" % tables.root]
    for address in wanted:
        lines += ["%016x" % address] + tables.lines(address)
    lines += ["done", ""]
    said = now.serial().split("\n")
    for told, right in zip(said, lines):
        assert told == right, "it says %r, expected %r" % (told, right)
    assert len(said) == len(lines), "it says %d lines, expected %d" % (
        len(said), len(lines))
    kinds = {canonical(address) and len(tables.walk(address))
             for address in wanted}
    assert kinds >= {False, 1, 2, 3, 4}, "walks of %r only" % kinds


# --- Page faults ------------------------------------------------------

# The error code of each, if the page is absent.
ABSENT = {"read": 0, "write": 2, "fetch": 0x10}


def absent(kernel, address):
    """A page that is not there, touched in each way."""
    for how, code in ABSENT.items():
        touched(stand(kernel), how, address, [code],
                how + ", page not present")


def test_a_page_that_is_absent(kernel):
    """Above all that is mapped."""
    absent(kernel, NOWHERE)


def test_null(kernel):
    """Page 0, by its first byte and by its last."""
    absent(kernel, 0)
    absent(kernel, PAGE - 1)


def test_a_page_that_an_upper_table_lacks(kernel):
    """The walk ends at the PML4, or in the upper half."""
    touched(stand(kernel), "read", 0x803FE7F5CE, [0],
            "read, page not present")
    touched(stand(kernel), "write", (1 << 64) - 8, [2],
            "write, page not present")


def test_an_address_that_is_not_canonical(kernel):
    """No page fault: exception 13, which knows no address."""
    now = stand(kernel)
    now.gdb.set(rip=now.elf.address("touch_read"), rcx=1 << 47)
    now.gdb.go()
    rest(now.machine)
    report = Report(now.machine.screen())
    assert report.message == (
        "kernel panic: general protection fault (exception 13)"), (
            report.message)
    assert report.cause == ["error code 0x0"], "\n".join(report.cause)


def test_a_reserved_bit(kernel):
    """In the entry of a page: told as such, and the entry with it.  (A
    processor adds that the page is present, 0x9; QEMU 7.2 does not.)"""
    now = stand(kernel)
    tables = Tables(now.machine)
    # Somewhere in RAM, in the half that the kernel's code is not in.
    page = [page for page in tables.pages()
            if page.size == size(2) and page.physical][-1]
    walk = tables.walk(page.address)
    table, entry = walk[-2].entry & ADDRESS, walk[-1].entry | 1 << 13
    now.gdb.write_physical(table + 8 * walk[-1].index,
                           struct.pack("<Q", entry))
    # The processor must not know the page from before.
    now.gdb.ask("P1d=%s" % struct.pack("<Q", tables.root).hex())
    touched(now, "read", page.address + 5, [0x8, 0x9],
            "read, reserved bit set in a table")
    told = Report(now.machine.screen()).cause[-1]
    assert told.startswith("  PD  [%3d] %016x" % (walk[-1].index, entry)), (
        told)
