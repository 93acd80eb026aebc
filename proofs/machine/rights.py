"""The kernel's own page tables, all of them, walked from outside: what
may be written to cannot be executed, by whatever address; the window
shows RAM and nothing else.

needs: src/mm/memory.h src/kernel/demo.h linker.ld
once: src/kernel/init.c src/mm/heap.h src/mm/memory* src/mm/frame.*
once: src/mm/paging.* src/mm/address.h
once: src/boot/multiboot2.* linker.ld src/boot/boot.asm
once: src/boot/header.asm
"""

import os
import re
import struct

from support.boot import elf, rest
from support.multiboot2 import AVAILABLE, MEMORY_MAP, Information
from support.start import Start
from support.tables import (ADDRESS, CACHE_DISABLE, GLOBAL, HUGE, NO_EXECUTE,
                            PAGE, PRESENT, USER, WRITABLE, WRITE_THROUGH,
                            Tables)

WINDOW = 0xFFFF800000000000
WINDOW_END = WINDOW + (64 << 40)
HALF = 1 << 47              # where the lower half ends
SCREEN = range(0xB8000, 0xC0000, PAGE)
WRITE_PROTECT = 1 << 16     # in CR0
NO_EXECUTE_ENABLE = 1 << 11  # in EFER
STACK_STRIDE = 5 * PAGE

_moments = {}


class Moment:
    """What a kernel's tables are when its demo is about to begin, and when
    it has come to rest.

    start       the machine where kernel_main begins, after start.again()
    way_back    the number of the PML4's entry that leads to the PML4, when
                the kernel rests; None without one
    """

    def __init__(self, kernel):
        start = Start(kernel.image, elf(kernel).address("kernel_main"))
        machine = start.machine
        self.start = start
        self.information = Information(machine, start.gdb.registers()["rdi"])
        start.gdb.run_to(elf(kernel).address("demo"))
        self.registers = machine.registers()
        self.tables = Tables(machine)
        self.pages = list(self.tables.pages())
        self.listing = machine.monitor("info mem")
        start.gdb.go()
        rest(machine)
        self.way_back = recursive(machine)
        self.at_rest = list(Tables(machine).pages(self.way_back))

    def lower(self):
        """The pages of the lower half, by address."""
        return {page.address: page for page in self.pages
                if page.address < HALF}

    def window(self):
        """Those of the window."""
        return [page for page in self.pages
                if WINDOW <= page.address < WINDOW_END]


def moment(kernel):
    """What was seen of a kernel, or what went wrong."""
    if kernel.image not in _moments:
        try:
            _moments[kernel.image] = Moment(kernel)
        except AssertionError as error:
            _moments[kernel.image] = error
    if isinstance(_moments[kernel.image], AssertionError):
        raise _moments[kernel.image]
    return _moments[kernel.image]


def recursive(machine):
    """The number of the PML4's entry that leads to the PML4; None if none
    does."""
    tables = Tables(machine)
    for number, entry in enumerate(tables.table(tables.root)):
        if entry & PRESENT and entry & ADDRESS == tables.root:
            return number
    return None


def marks(kernel, *names):
    """Addresses that the linker script gives names to."""
    return [elf(kernel).address(name) for name in names]


def code(kernel):
    """The kernel's pages of code."""
    return range(*marks(kernel, "__text_start", "__rodata_start"), PAGE)


def constants(kernel):
    """Its pages that are only to be read, code apart."""
    start, text, rodata, data = marks(
        kernel, "__kernel_start", "__text_start", "__rodata_start",
        "__data_start")
    return list(range(start, text, PAGE)) + list(range(rodata, data, PAGE))


def guards(kernel):
    """The page below each stack."""
    bottom = elf(kernel).address("stacks")
    return [bottom + number * STACK_STRIDE for number in range(4)]


def data(kernel):
    """Its pages that are to be written to."""
    start, end = marks(kernel, "__data_start", "__kernel_end")
    absent = guards(kernel)
    return [page for page in range(start, end, PAGE) if page not in absent]


def told(page):
    """A page in words, for a complaint."""
    return "%#x, at %#x, %s%s%s" % (
        page.address, page.physical,
        "writable" if page.writable else "read-only",
        " executable" if page.executable else "",
        " user" if page.user else "")


def none(pages, what):
    """Complains of the first of these pages."""
    pages = list(pages)
    assert not pages, "%d pages %s; the first is %s" % (
        len(pages), what, told(pages[0]))


def everywhere(kernel):
    """All pages, before the demo and after it."""
    now = moment(kernel)
    return now.pages + now.at_rest


def test_the_processor_heeds_the_rights(kernel):
    """CR0.WP: the kernel cannot write to what is read-only; EFER.NXE."""
    registers = moment(kernel).registers
    assert registers["cr0"] & WRITE_PROTECT, "CR0 is %#x" % registers["cr0"]
    assert registers["efer"] & NO_EXECUTE_ENABLE, (
        "EFER is %#x" % registers["efer"])


def test_nothing_is_writable_and_executable(kernel):
    """Of all pages in use."""
    none((page for page in everywhere(kernel)
          if page.writable and page.executable),
         "are writable and executable")
    tables = Tables(moment(kernel).start.machine)
    number = moment(kernel).way_back
    if number is not None:
        entry = tables.table(tables.root)[number]
        assert entry & NO_EXECUTE, "tables are executable, by %#x" % entry


def test_only_the_code_can_be_executed(kernel):
    """Where it is, and only to be read; not by another address."""
    executable = {page.address: page for page in moment(kernel).pages
                  if page.executable}
    wrong = set(executable) ^ set(code(kernel))
    assert not wrong, "%#x is executable, or is code and is not" % min(wrong)
    none((page for page in executable.values()
          if page.writable or page.physical != page.address),
         "of code are not as they should be")
    none((page for page in moment(kernel).at_rest
          if page.executable and page.address not in executable),
         "have become executable")


def test_what_is_to_be_read_cannot_be_written_to(kernel):
    """No page of code or constants is writable by any address: the window
    shows them, too."""
    kept = set(code(kernel)) | set(constants(kernel))
    for pages in (moment(kernel).pages, moment(kernel).at_rest):
        seen = {}
        for page in pages:
            for frame in range(page.physical, page.physical + page.size,
                               PAGE):
                if frame in kept:
                    seen.setdefault(frame, []).append(page)
        for frame in sorted(kept):
            assert len(seen[frame]) == 2, (
                "%#x appears %d times, expected 2" % (frame,
                                                      len(seen[frame])))
            none((page for page in seen[frame] if page.writable),
                 "make %#x writable" % frame)


def check_pages(kernel, wanted, what, writable, bits=0):
    """These pages of the lower half are where they are in memory, with
    these rights, not executable."""
    lower = moment(kernel).lower()
    for address in wanted:
        page = lower.get(address)
        assert page is not None, "%s at %#x is absent" % (what, address)
        assert (page.physical, page.size, page.writable,
                page.executable) == (address, PAGE, writable, False), (
                    "%s is at %s" % (what, told(page)))
        found = page.entries[-1] & (WRITE_THROUGH | CACHE_DISABLE)
        assert found == bits, "%s at %#x has the entry %#x" % (
            what, address, page.entries[-1])


def test_constants_are_only_to_be_read(kernel):
    """And the header for GRUB with them."""
    check_pages(kernel, constants(kernel), "a constant", False)


def test_data_is_writable(kernel):
    """The stacks, too."""
    check_pages(kernel, data(kernel), "data", True)


def test_the_screen_is_not_cached(kernel):
    """Its memory is a device's."""
    check_pages(kernel, SCREEN, "the screen", True, CACHE_DISABLE)


def test_nothing_else_is_in_the_lower_half(kernel):
    """Not page 0, and no guard page; no memory where it is."""
    wanted = (set(code(kernel)) | set(constants(kernel)) | set(data(kernel))
              | set(SCREEN))
    wrong = sorted(set(moment(kernel).lower()) - wanted)
    assert not wrong, "a page at %#x is there" % wrong[0]
    lower = {page.address for page in moment(kernel).at_rest
             if page.address < HALF}
    for address in [0] + guards(kernel):
        assert address not in lower, "the page at %#x is there" % address


def test_nothing_else_is_in_the_upper_half(kernel):
    """But the window; a heap (chapter 10) has addresses of its own."""
    if not os.path.exists(os.path.join(kernel.tree, "src/mm/heap.h")):
        none((page for page in moment(kernel).pages
              if page.address >= WINDOW_END), "are behind the window")


def test_the_window_shows_ram_and_nothing_else(kernel):
    """Every whole page of RAM of GRUB's map, at its address plus that of
    the window, and none can be executed."""
    shown = []
    for page in moment(kernel).window():
        assert page.address == WINDOW + page.physical, told(page)
        start, end = page.physical, page.physical + page.size
        if shown and shown[-1][1] == start:
            start = shown.pop()[0]
        shown.append((start, end))
    wanted = moment(kernel).information.ram()
    assert shown == wanted, "the window shows\n%s\nRAM is\n%s" % (
        ranges_text(shown), ranges_text(wanted))
    none((page for page in moment(kernel).window() if page.executable),
         "of the window are executable")


def test_the_window_can_be_written_to(kernel):
    """But for the kernel's code and constants: each page of the kernel
    has the rights there that it has where it is."""
    kept = set(code(kernel)) | set(constants(kernel))
    for page in moment(kernel).window():
        assert page.writable == (page.physical not in kept), told(page)


def ranges_text(ranges):
    """Ranges, a line each."""
    return "\n".join("    %#x to %#x" % pair for pair in ranges)


def test_no_entry_has_a_bit_too_many(kernel):
    """No page is the user's, none is global; entries that lead to tables
    leave all rights to what is below."""
    bits = (PRESENT | WRITABLE | USER | NO_EXECUTE | CACHE_DISABLE | HUGE
            | 0x60 | ADDRESS)
    for page in everywhere(kernel):
        for entry in page.entries:
            assert not entry & ~bits, (
                "the entry %#x leads to %s" % (entry, told(page)))
            assert not entry & GLOBAL, told(page)
        assert not page.entries[-1] & USER, told(page)
        for entry in page.entries[:-1]:
            assert (entry & WRITABLE and entry & USER
                    and not entry & NO_EXECUTE), (
                        "the entry %#x leads to %s" % (entry, told(page)))


def test_the_tables_lie_in_memory_that_was_free(kernel):
    """Not in the kernel's image, where boot.asm's are."""
    now = moment(kernel)
    free = now.information.free(tuple(marks(kernel, "__kernel_start",
                                            "__kernel_end")))
    for table in now.tables.tables():
        assert any(start <= table < end for start, end in free), (
            "a table is at %#x" % table)


def test_qemu_sees_the_same(kernel):
    """Its own listing of what is mapped, with the rights."""
    found = []
    for start, end, length, rights in re.findall(
            r"^([0-9a-f]+)-([0-9a-f]+) ([0-9a-f]+) (\S+)$",
            moment(kernel).listing, re.M):
        start, end = int(start, 16), int(end, 16)
        assert end - start == int(length, 16), "it lists %#x" % start
        found.append((start, end, rights))
    wanted = []
    for page in moment(kernel).pages:
        rights = "%sr%s" % ("u" if page.user else "-",
                            "w" if page.writable else "-")
        start, end = page.address, page.address + page.size
        if wanted and wanted[-1][1:] == (start, rights):
            start = wanted.pop()[0]
        wanted.append((start, end, rights))
    assert found == wanted, "QEMU lists\n%s\nexpected\n%s" % (
        moment(kernel).listing, "\n".join("%x-%x %s" % line
                                          for line in wanted))


class OtherMap:
    """The machine where kernel_main begins, to be given another memory
    map.

    end    where the area ends that the kernel is in
    """

    def __init__(self, kernel):
        self.kernel = kernel
        self.start = moment(kernel).start
        self.start.again()
        information = moment(kernel).information
        tag = information.tag(MEMORY_MAP)
        self.areas = information.areas()
        self._size, = struct.unpack_from("<I", tag.data, 8)
        self._place = information.address + tag.offset + 16
        kernel_start, = marks(kernel, "__kernel_start")
        self.end = [area.end for area in self.areas
                    if area.kind == AVAILABLE
                    and area.start <= kernel_start < area.end][0]

    def set(self, number, start, end, kind=AVAILABLE):
        """Changes an area of the map."""
        self.start.gdb.write(
            self._place + number * self._size,
            struct.pack("<QQI", start, end - start, kind))

    def pages(self):
        """The pages that the kernel makes of it."""
        self.start.gdb.run_to(elf(self.kernel).address("demo"))
        return list(Tables(self.start.machine).pages())


def test_an_area_of_parts_of_pages(kernel):
    """Only its whole pages are in the window.  This test and those below
    are the last, for they go other ways."""
    other = OtherMap(kernel)
    other.set(0, 0x3001, 0x9EFFF)
    other.set(1, 0x9F000, 0x9F000)
    low = [page.physical for page in other.pages()
           if WINDOW <= page.address < WINDOW + (1 << 20)]
    assert low == list(range(0x4000, 0x9E000, PAGE)), (
        "the window shows %#x to %#x" % (low[0], low[-1] + PAGE))


def test_a_memory_without_a_hole(kernel):
    """Where RAM goes on through the first MiB, so that the kernel lies in
    2 MiB of it: its code and constants cannot be written to."""
    other = OtherMap(kernel)
    for number, area in enumerate(other.areas):
        if area.start < other.end:
            other.set(number, 0, other.end if number == 0 else 0)
    writable = {frame for page in other.pages() if page.writable
                for frame in range(page.physical,
                                   page.physical + page.size, PAGE)}
    assert 0x50000 in writable and 0xC0000 in writable, (
        "the memory has a hole")
    for frame in list(code(kernel)) + constants(kernel):
        assert frame not in writable, "%#x can be written to" % frame


def test_memory_that_is_not_to_be_touched(kernel):
    """ACPI's tables are in the window; what the firmware keeps for itself,
    broken memory, and what lies behind the window's end are not."""
    other = OtherMap(kernel)
    low = [0x10000 * number for number in range(7)]
    for number, kind in enumerate((AVAILABLE, 3, 4, 5, 0x1234)):
        if number < len(other.areas) and other.areas[number].end < other.end:
            other.set(number, low[number], low[number + 1], kind)
    last = len(other.areas) - 1
    other.set(last, WINDOW_END - WINDOW - PAGE, WINDOW_END - WINDOW + PAGE)
    shown = {page.physical for page in other.pages()
             if page.address >= WINDOW}
    assert shown >= set(range(low[0], low[2], PAGE)), "not all is shown"
    assert not shown & set(range(low[2], 1 << 20, PAGE)), "too much is shown"
    assert WINDOW_END - WINDOW - PAGE in shown, "the last page is missing"
    assert WINDOW_END - WINDOW not in shown, "there is one page too many"
