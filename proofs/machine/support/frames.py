"""A kernel that tells of its memory and then takes the frames, on any
machine: what it must say and get is computed from outside."""

import collections
import os
import re
import struct

from support import scratch
from support.elf import Elf
from support.gdb import Gdb
from support.moment import STAND
from support.multiboot2 import Information, pages
from support.tables import Tables

PAGE = 4096
MIB = 1 << 20
NOBODY = 0x1234     # a kind of tag that nobody knows
WINDOW = 0xFFFF800000000000
WINDOW_END = WINDOW + (64 << 40)
KINDS = {1: "available", 2: "reserved", 3: "ACPI tables", 4: "ACPI NVS",
         5: "defective"}

DEMO = r"""
#include "kernel/demo.h"

#include "arch/cpu.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory.h"
""" + STAND + r"""
enum { RUNS = 200 };

// Frames in a row, by their numbers.
struct run {
    uint64_t first;
    uint64_t count;
} runs[RUNS];
uint64_t run_count, taken_count, left_count, all_count;
uint64_t limit;

void take(void);
void take(void)
{
    phys_addr_t frame;
    all_count = frame_count();
    while (taken_count < limit && frame_allocate(&frame)) {
        uint64_t number = frame.value / PAGE_SIZE;
        kassert(frame.value % PAGE_SIZE == 0);
        taken_count++;
        if (run_count > 0 && number == runs[run_count - 1].first +
                                           runs[run_count - 1].count) {
            runs[run_count - 1].count++;
        } else {
            kassert(run_count < RUNS);
            runs[run_count++] = (struct run){number, 1};
        }
    }
    left_count = frame_free_count();
    stand();
    for (;;) {
        cpu_halt();
    }
}

void demo(void)
{
    memory_print();
    kprintf("that is all\n");
    stand();
}
"""

# A second image of the same kernel: with its symbols, and with modules.
MAKEFILE = r"""include ../common.mk

$(BUILD)/modules.iso: $(BUILD)/kernel.elf modules.cfg
	@rm -rf $(BUILD)/modules.cd $@
	@mkdir -p $(BUILD)/modules.cd/boot/grub
	$(QUIET)cp $< $(BUILD)/modules.cd/boot/kernel.elf
	$(QUIET)cp modules.cfg $(BUILD)/modules.cd/boot/grub/grub.cfg
	$(QUIET)printf small > $(BUILD)/modules.cd/boot/small
	$(QUIET)cp $(BUILD)/src/mm/memory.c.o $(BUILD)/modules.cd/boot/large
	$(QUIET)$(GRUB_MKRESCUE) -d $(GRUB_MODULES) $(GRUB_FLAGS) -o $@ \
	    $(BUILD)/modules.cd $(IMAGE_DATES) > $@.log 2>&1
"""
MODULES = """timeout=0
menuentry kernel {
    multiboot2 /boot/kernel.elf
    module2 /boot/small first
    module2 /boot/large second
    module2 /boot/small
}
"""

Taken = collections.namedtuple("Taken", "ranges count all left")


def image(kernel, target="kernel.iso"):
    """The image of the kernel that takes the frames."""
    return scratch.variant(kernel, "frames", {
        "src/kernel/demo.c": DEMO, "Makefile": MAKEFILE,
        "modules.cfg": MODULES}, target)


class Boot:
    """A machine with this kernel, where it has told of its memory.
    `place` is another place for GRUB's information, and tags of the kind
    `without` are hidden in it.

    information       what GRUB has told it
    said              the lines that it has printed
    keeps_sections    whether it reads where GRUB has put the sections
    """

    def __init__(self, kernel, target="kernel.iso", place=None,
                 without=None, **options):
        path = image(kernel, target)
        self.keeps_sections = os.path.exists(
            os.path.join(kernel.tree, "src/boot/sections.h"))
        self.elf = Elf(os.path.join(os.path.dirname(path), "kernel.elf"))
        self.machine = kernel.machine(image=path, gdb=True, paused=True,
                                      **options)
        self.gdb = Gdb(self.machine)
        self.gdb.run_to(self.elf.address("kernel_main"))
        self.information = Information(self.machine,
                                       self.gdb.registers()["rdi"])
        if place is not None:
            self.gdb.write(place, self.information.bytes)
            self.gdb.set(rdi=place)
            self.information = Information(self.machine, place)
        for tag in self.information.tags:
            if tag.kind == without:
                self.gdb.write(self.information.address + tag.offset,
                               struct.pack("<I", NOBODY))
        self.information = Information(self.machine,
                                       self.information.address)
        self.gdb.run_to(self.elf.address("stand"))
        # The serial line's file may be a moment behind.
        self.machine.wait_serial("that is all\n")
        self.said = self.machine.serial().split("\n")

    def frees(self):
        """The frames that are free for the kernel's own memory to be made
        of: sorted pairs of addresses (start, end)."""
        used = [(self.elf.address("__kernel_start"),
                 self.elf.address("__kernel_end"))]
        if self.keeps_sections:
            used += [section[:2] for section in self.information.sections()]
        return self.information.free(*used)

    def take(self, limit=None):
        """The frames that the kernel gets, all or so many: ranges, their
        number, how many it has at all, and how many it says are left."""
        self.gdb.write(self.elf.address("limit"),
                       struct.pack("<Q", limit or (1 << 64) - 1))
        self.gdb.set(rip=self.elf.address("take"))
        self.gdb.run_to(self.elf.address("stand"))

        def numbers(name, count=1):
            data = self.gdb.memory(self.elf.address(name), 8 * count)
            return struct.unpack("<%dQ" % count, data)

        count, = numbers("run_count")
        runs = numbers("runs", 2 * count)
        ranges = [(first * PAGE, (first + length) * PAGE)
                  for first, length in zip(runs[0::2], runs[1::2])]
        return Taken(ranges, numbers("taken_count")[0],
                     numbers("all_count")[0], numbers("left_count")[0])


def machine_ram(machine):
    """Where QEMU has put the machine's RAM above the first MiB, as sorted
    pairs (start, end)."""
    result = []
    for start, end, name in re.findall(
            r"^ +([0-9a-f]{16})-([0-9a-f]{16}) \(prio \d+, ram\): (\S+)",
            machine.monitor("info mtree -f"), re.M):
        start, end = int(start, 16), int(end, 16) + 1
        if end > MIB and "vga" not in name and (start, end) not in result:
            result.append((start, end))
    return sorted(result)


def in_bytes(text):
    """A size as QEMU's flag -m has it."""
    return int(text[:-1]) << {"M": 20, "G": 30}[text[-1]]


def check_map(boot):
    """The kernel prints GRUB's map, line by line; and that is what the
    machine has: all RAM that is said to be available is there, and all
    that is there above the first MiB is available, but for some that the
    firmware keeps at the end of it below 4 GiB."""
    areas = boot.information.areas()
    wanted = ["%016x to %016x: %s" % (area.start, area.end,
                                      KINDS.get(area.kind, "reserved"))
              for area in areas]
    assert boot.said[:len(wanted)] == wanted, (
        "it says\n%s\nexpected\n%s" % ("\n".join(boot.said),
                                       "\n".join(wanted)))
    ram = machine_ram(boot.machine)
    total = sum(end - start for start, end in ram) + MIB
    size = in_bytes(boot.machine.memory_size)
    assert total == size, "QEMU has %#x bytes, expected %#x" % (total, size)
    available = [area for area in areas
                 if area.kind == 1 and area.start >= MIB]
    for area in available:
        assert any(start <= area.start and area.end <= end
                   for start, end in ram), "no memory at %#x" % area.start
    kept = total - MIB - sum(area.end - area.start for area in available)
    assert 0 <= kept <= 256 << 10, "%#x bytes are missing" % kept


def used_frames(machine):
    """The frames that the kernel has taken for itself: its tables, and
    what it has mapped behind the window (a heap's)."""
    tables = Tables(machine)
    return tables.tables() | {page.physical for page in tables.pages()
                              if page.address >= WINDOW_END}


def check_frames(boot, limit=None):
    """The frames that the kernel hands out are all that are free, each
    once, but for those that it uses itself; and it counts them so.  With
    a limit, only the first are looked at."""
    free = boot.frees()
    used = used_frames(boot.machine)
    wanted = "%d of %d frames are free." % (
        pages(free) - len(used), pages(free))
    said = boot.said[len(boot.information.areas())]
    assert said == wanted, "it says %r, expected %r" % (said, wanted)
    taken = boot.take(limit)
    assert taken.all == pages(free), (
        "it has %d frames, expected %d" % (taken.all, pages(free)))
    assert taken.count == limit or not taken.left, (
        "%d frames are handed out, and %d left" % (taken.count, taken.left))
    assert taken.count + taken.left == taken.all - len(used), (
        "%d frames are handed out and %d are left of %d" % (
            taken.count, taken.left, taken.all - len(used)))
    # Ascending, so that no frame comes twice.
    edges = [edge for pair in taken.ranges for edge in pair]
    assert edges == sorted(set(edges)), "they come twice, or in disorder"
    for start, end in taken.ranges:
        assert any(low <= start and end <= high for low, high in free), (
            "%#x to %#x is handed out, and not free" % (start, end))
        for frame in used:
            assert not start <= frame < end, (
                "%#x is in use, and handed out" % frame)


def check_tables(boot):
    """One PML4 and what the pages need: pages of 2 MiB, where they can
    be."""
    tables = Tables(boot.machine)
    needed = set()
    for page in tables.pages():
        for level, start in ((3, page.address >> 39), (2, page.address >> 30),
                             (1, page.address >> 21)):
            if page.size == PAGE or level > 1:
                needed.add((level, start))
    assert len(tables.tables()) == 1 + len(needed), "%d tables" % len(
        tables.tables())
    # The kernel's end is below 2 MiB: one more at each edge of the map.
    edges = 2 * len(boot.information.ram())
    small = {page.address >> 21 for page in tables.pages()
             if page.size == PAGE
             and WINDOW <= page.address < WINDOW_END}
    assert len(small) <= edges, "%d tables of small pages" % len(small)
