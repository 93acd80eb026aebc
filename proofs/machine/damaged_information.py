"""GRUB's information, damaged before the kernel reads it: a panic says
what is wrong, and nothing resets the machine.

needs: src/mm/memory.h src/boot/multiboot2.h src/boot/boot.asm
needs: src/kernel/panic.c linker.ld
once: src/mm/memory* src/mm/frame.* src/mm/paging.* src/mm/address.h
once: src/boot/multiboot2.* src/kernel/panic.*
once: src/boot/boot.asm src/boot/header.asm
"""

import re
import struct

from support.boot import elf, rest
from support.multiboot2 import AVAILABLE, END, MEMORY_MAP, Information
from support.report import Report
from support.start import at_start

GIB = 1 << 30
NOBODY = 0x1234     # a kind of tag that nobody knows
DAMAGED = "GRUB's information at %#x is damaged: "
NO_MEMORY = "GRUB's memory map has no memory at %#x, which is in use"


class Damage:
    """The machine where GRUB hands over, and what it has told."""

    def __init__(self, kernel):
        self._kernel = kernel
        self.machine, self.gdb = at_start(kernel)
        self.at = self.gdb.registers()["rbx"]
        self.information = Information(self.machine, self.at)
        self._said = len(self.machine.serial())

    def write(self, offset, form, *values):
        """Changes the information."""
        self.gdb.write(self.at + offset, struct.pack("<" + form, *values))

    def move(self, place):
        """Puts it somewhere else."""
        self.gdb.write(place, self.information.bytes)
        self.gdb.set(rbx=place)
        self.at = place

    def tag(self, kind):
        """Where a tag is."""
        return self.information.tag(kind).offset

    def map_entry(self, number):
        """Where an entry of the memory map is."""
        size, = struct.unpack_from(
            "<I", self.information.tag(MEMORY_MAP).data, 8)
        return self.tag(MEMORY_MAP) + 16 + number * size

    def entry_of(self, address):
        """The number of the available area that an address is in."""
        for number, area in enumerate(self.information.areas()):
            if area.kind == AVAILABLE and area.start <= address < area.end:
                return number
        raise AssertionError("%#x is not available" % address)

    def panic(self):
        """Lets the kernel go on to a panic in its layer of memory; its
        message.  On the screen it may be broken, in two lines."""
        self.gdb.go()
        rest(self.machine)
        assert self.machine.halted_for_ever(), (
            "it goes on; the screen shows\n" + self.machine.screen().text)
        names = Report(self.machine.screen()).functions(elf(self._kernel))
        assert names[-3:-1] == ["kernel_init", "kernel_main"], (
            "it was called by " + ", ".join(names))
        said = self.machine.serial()[self._said:]
        found = re.match(r"\nkernel panic at mm/\w+\.c:\d+: (.*)\n", said)
        assert found, "it says\n" + said
        return found[1]

    def is_damaged(self, problem):
        """The kernel ends in a panic that says what is wrong with it."""
        self.panics(DAMAGED % self.at + problem)

    def panics(self, message):
        """The kernel ends in this panic."""
        said = self.panic()
        assert said == message, "it says %r, expected %r" % (said, message)


def test_no_memory_map(kernel):
    """The tag of that kind is missing."""
    damage = Damage(kernel)
    damage.write(damage.tag(MEMORY_MAP), "I", NOBODY)
    damage.is_damaged("it has no memory map")


def test_entries_of_the_map_that_make_no_sense(kernel):
    """Without a size, too short, or not on a multiple of 8."""
    for size in (0, 8, 23, 25, 28, 0xFFFFFFFF):
        damage = Damage(kernel)
        damage.write(damage.tag(MEMORY_MAP) + 8, "I", size)
        damage.is_damaged("the memory map's entries make no sense")


def test_a_map_without_entries(kernel):
    """Its tag ends too early for any, or they are larger than it."""
    damage = Damage(kernel)
    damage.write(damage.tag(MEMORY_MAP) + 8, "I", 0x10000)
    damage.panics(NO_MEMORY % elf(kernel).address("__kernel_start"))


def test_no_end(kernel):
    """The tags go on to where the information ends."""
    damage = Damage(kernel)
    damage.write(damage.tag(END), "I", NOBODY)
    damage.is_damaged("it has no end")


def test_a_size_of_nothing(kernel):
    """Too short for a tag."""
    for size in (0, 7, 8, 15):
        damage = Damage(kernel)
        damage.write(0, "I", size)
        damage.is_damaged("it has no end")


def test_a_size_that_is_huge(kernel):
    """Longer than the memory that can be read."""
    for size in (0xFFFFFFFF, GIB):
        damage = Damage(kernel)
        damage.write(0, "I", size)
        damage.is_damaged("it is longer than what can be read")


def test_a_size_that_is_too_short(kernel):
    """It ends within a tag."""
    damage = Damage(kernel)
    damage.write(0, "I", damage.tag(MEMORY_MAP) + 8)
    damage.is_damaged("a tag has an impossible size")


def test_a_tag_of_an_impossible_size(kernel):
    """Shorter than its beginning, which would go on for ever; or longer
    than all of the information."""
    for size in (0, 7, 0xFFFFFFFF, 0x10000):
        damage = Damage(kernel)
        damage.write(damage.tag(MEMORY_MAP) + 4, "I", size)
        damage.is_damaged("a tag has an impossible size")


def test_a_map_that_is_shorter_than_its_beginning(kernel):
    """Its size leaves no room for its fields."""
    damage = Damage(kernel)
    damage.write(damage.tag(MEMORY_MAP) + 4, "I", 8)
    damage.is_damaged("a tag has an impossible size")


def test_an_address_that_cannot_be(kernel):
    """Beyond what boot.asm has mapped, or not on a multiple of 8."""
    for address in (GIB, 0xFFFFFFF8, 0x10004):
        damage = Damage(kernel)
        damage.gdb.set(rbx=address)
        damage.at = address
        damage.is_damaged("it cannot be there")


def test_an_address_at_the_end_of_what_is_mapped(kernel):
    """The last 8 bytes: no memory is there on this machine, and so no
    size that could be right."""
    damage = Damage(kernel)
    damage.gdb.set(rbx=GIB - 8)
    said = damage.panic()
    assert said.startswith(DAMAGED % (GIB - 8)), "it says %r" % said


def test_no_memory_where_the_kernel_is(kernel):
    """Its area is reserved, or begins behind it."""
    kernel_start = elf(kernel).address("__kernel_start")
    damage = Damage(kernel)
    entry = damage.map_entry(damage.entry_of(kernel_start))
    damage.write(entry + 16, "I", 2)
    damage.panics(NO_MEMORY % kernel_start)
    # GRUB may have put it in a gap of the kernel, which is to stay.
    damage = Damage(kernel)
    damage.move(0x400000)
    damage.write(entry, "Q", kernel_start + 4096)
    damage.panics(NO_MEMORY % kernel_start)


def test_information_that_is_not_in_memory(kernel):
    """It lies where the BIOS keeps its own data."""
    damage = Damage(kernel)
    place = min(area.start for area in damage.information.areas()
                if area.kind != AVAILABLE)
    damage.move((place + 7) // 8 * 8)
    damage.panics(NO_MEMORY % (damage.at // 4096 * 4096))


def memory_ends(kernel, pages):
    """The area that the kernel is in has only so many whole pages behind
    all that is in use, and the first MiB is no memory."""
    damage = Damage(kernel)
    start = elf(kernel).address("__kernel_start")
    number = damage.entry_of(start)
    used = max([elf(kernel).address("__kernel_end"), damage.information.end])
    end = (used + 4095) // 4096 * 4096 + pages * 4096
    base = damage.information.areas()[number].start
    damage.write(damage.map_entry(number) + 8, "Q", end - base)
    return damage


def test_memory_that_is_too_small(kernel):
    """Not a frame for a table; none for those that the first page needs;
    none for the window."""
    for pages in range(6):
        said = memory_ends(kernel, pages).panic()
        assert re.fullmatch(r"no frame is left for page tables|"
                            r"cannot map 0x[0-9a-f]+: no frame is left",
                            said), "with %d frames it says %r" % (pages, said)


def test_memory_without_end(kernel):
    """An area that wraps around ends at the last address; it is not ours,
    and the kernel starts as if it were not there."""
    damage = Damage(kernel)
    last = len(damage.information.areas()) - 1
    damage.write(damage.map_entry(last) + 8, "Q", (1 << 64) - 1)
    damage.gdb.run_to(elf(kernel).address("demo"))
