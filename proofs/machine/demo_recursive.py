"""The demo with recursive page tables: the same entry by two ways, and
where the tables appear.

needs: src/mm/recursive.h src/kernel/demo.c linker.ld
"""

from support.boot import booted
from support.tables import (ACCESSED, ADDRESS, DIRTY, NO_EXECUTE, PRESENT,
                            WRITABLE, Tables)

SOMEWHERE = 0xDEADBEAF000
WINDOW = 0xFFFF800000000000
LAST_ENTRY = 0xFFFFFF8000000000 | SOMEWHERE >> 9


def test_the_entry_is_found_by_both_ways(kernel):
    """The demo prints where it appears, and what it is."""
    machine = booted(kernel)
    last = Tables(machine).walk(SOMEWHERE)[-1].entry
    wanted = "The last entry is at %#x, too: %016x" % (
        LAST_ENTRY, last & ~(ACCESSED | DIRTY))
    assert wanted in machine.screen().lines, machine.screen().text


def test_the_tables_appear_in_the_last_addresses(kernel):
    """The PML4's last entry leads to the PML4: present, writable, not to
    be executed."""
    tables = Tables(booted(kernel))
    entry = tables.table(tables.root)[511]
    assert entry & ~(ACCESSED | DIRTY) == (
        tables.root | PRESENT | WRITABLE | NO_EXECUTE), "%#x" % entry
    table = tables.walk(SOMEWHERE)[-2].entry & ADDRESS
    physical = tables.physical(LAST_ENTRY)
    assert physical == table + 8 * (SOMEWHERE >> 12 & 511), (
        "%#x leads to %s" % (LAST_ENTRY, physical))
    assert tables.physical(WINDOW + table) == table, "not in the window"
