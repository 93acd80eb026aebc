"""What boot.asm promises about the processor, seen from outside once
the kernel has come to rest.

needs: src/boot/boot.asm linker.ld
until: src/arch/interrupts.c
"""

import re
import struct

from support.boot import booted, check_loop, elf

PRESENT_WRITABLE = 0x3
HUGE = 0x80
# The processor notes down here what it has used.
ACCESSED_DIRTY = 0x60


def test_control_registers_have_their_full_values(kernel):
    """CR0 = PE|MP|ET|NE|WP|PG, CR4 = PAE|MCE, EFER = LME|LMA|NXE."""
    registers = booted(kernel).registers()
    for name, value in (("cr0", 0x80010033), ("cr4", 0x60), ("efer", 0xD00)):
        assert registers[name] == value, "%s is %#x, expected %#x" % (
            name.upper(), registers[name], value)


def test_segments_are_those_of_64_bit_mode(kernel):
    """CS selects the GDT's second entry, all others are null."""
    machine = booted(kernel)
    registers = machine.registers()
    assert registers["cs"] == 8, "CS is %#x" % registers["cs"]
    for name in ("ds", "es", "fs", "gs", "ss"):
        assert registers[name] == 0, "%s is %#x, expected 0" % (
            name.upper(), registers[name])
    assert re.search(r"^CS =.* CS64 ", machine.monitor("info registers"),
                     re.M), "CS is not a segment of 64-bit code"


def test_gdt_holds_two_descriptors(kernel):
    """The null descriptor and one for 64-bit code of ring 0; the
    limit is that of its last byte, and the table is read-only data."""
    machine = booted(kernel)
    registers = machine.registers()
    assert registers["gdt_limit"] == 15, (
        "the GDT's limit is %d, expected 15" % registers["gdt_limit"])
    base = registers["gdt"]
    null, code = struct.unpack("<QQ", machine.memory(base, 16))
    assert null == 0, "the first descriptor is %#x" % null
    assert code == 0x00209B0000000000, "the second descriptor is %#x" % code
    # A descriptor that is not marked as accessed would be written to by
    # the processor, which .rodata will not always allow.
    in_file = struct.unpack("<QQ", elf(kernel).at(base, 16))
    assert in_file == (0, code), "the file has %#x and %#x" % in_file
    assert base % 8 == 0, "the GDT is at %#x, not a multiple of 8" % base
    section = elf(kernel).section(".rodata")
    assert section.address <= base < section.address + section.size, (
        "the GDT is at %#x, outside .rodata" % base)


def test_interrupts_are_off_and_strings_count_upwards(kernel):
    """Bit 9 (interrupts) and bit 10 (direction) of RFLAGS are 0."""
    flags = booted(kernel).registers()["rflags"]
    assert flags & 0x600 == 0, "RFLAGS is %#x" % flags


def test_stack_is_in_bss_and_aligned(kernel):
    """kernel_main runs on a stack of the kernel's own."""
    registers = booted(kernel).registers()
    bss = elf(kernel).section(".bss")
    stack = elf(kernel).symbol("boot_stack")
    start = stack.address if stack else bss.address
    end = bss.address + bss.size
    assert start < registers["rsp"] < end, (
        "RSP is %#x, outside %#x to %#x" % (registers["rsp"], start, end))
    # main's frame: rbp is 8 bytes above a multiple of 16 if the stack
    # was aligned at its call; the saved rbp ends the chain.
    assert registers["rbp"] % 16 == 0, "RBP is %#x" % registers["rbp"]


def test_the_stack_is_far_from_its_end(kernel):
    """Its lowest KiB is as GRUB cleared it: neither was the stack used
    so far down, nor did the tables below it grow into it."""
    bottom = elf(kernel).address("boot_stack")
    kept = booted(kernel).memory(bottom, 1024)
    assert kept == bytes(1024), "at %#x something was written" % (
        bottom + next(i for i, byte in enumerate(kept) if byte))


def test_the_chain_of_frames_ends(kernel):
    """From frame to frame there is an outermost one, marked by 0."""
    machine = booted(kernel)
    rbp = machine.registers()["rbp"]
    for _ in range(10):
        if rbp == 0:
            return
        rbp, = struct.unpack("<Q", machine.memory(rbp, 8))
    raise AssertionError("the chain of frames goes on to %#x" % rbp)


def test_the_kernel_rests_in_a_loop(kernel):
    """kernel_main must not end, even if something wakes the processor."""
    check_loop(booted(kernel))


def test_memory_is_mapped_onto_itself(kernel):
    """1 GiB in pages of 2 MiB, present and writable; nothing else."""
    machine = booted(kernel)
    pages = re.findall(r"^([0-9a-f]+): ([0-9a-f]+) (\S+)$",
                       machine.monitor("info tlb"), re.M)
    assert len(pages) == 512, "%d pages are mapped, expected 512" % len(pages)
    for number, (virtual, physical, bits) in enumerate(pages):
        address = number << 21
        assert int(virtual, 16) == address, "page %d is at 0x%s" % (
            number, virtual)
        assert int(physical, 16) == address, (
            "%#x is mapped to 0x%s" % (address, physical))
        assert re.sub("[DA]", "-", bits) == "--P-----W", (
            "%#x is mapped as %s" % (address, bits))


def test_page_tables_are_exact(kernel):
    """One entry in the PML4 and in the PDPT, 512 in the PD; no bit is
    set beyond present, writable and the size."""
    machine = booted(kernel)

    def table(address):
        assert address % 4096 == 0, "a table at %#x" % address
        return struct.unpack("<512Q", machine.memory(address, 4096))

    def single(name, entries):
        assert not any(entries[1:]), "the %s has more than one entry" % name
        flags = entries[0] & 0xFFF & ~ACCESSED_DIRTY
        assert flags == PRESENT_WRITABLE, "the %s's entry is %#x" % (
            name, entries[0])
        return entries[0] & ~0xFFF

    cr3 = machine.registers()["cr3"]
    assert cr3 % 4096 == 0, "CR3 is %#x" % cr3
    pdpt = single("PML4", table(cr3))
    page_directory = single("PDPT", table(pdpt))
    for number, entry in enumerate(table(page_directory)):
        wanted = number << 21 | PRESENT_WRITABLE | HUGE
        assert entry & ~ACCESSED_DIRTY == wanted, (
            "entry %d of the PD is %#x, expected %#x" % (
                number, entry, wanted))
    bss = elf(kernel).section(".bss")
    for address in (cr3, pdpt, page_directory):
        assert bss.address <= address < bss.address + bss.size, (
            "a table is at %#x, outside .bss" % address)


def test_the_kernel_lies_in_one_piece_above_1_mib(kernel):
    """Everything loaded and cleared lies between the linker script's
    two marks."""
    start = elf(kernel).address("__kernel_start")
    end = elf(kernel).address("__kernel_end")
    assert start == 0x100000, "__kernel_start is %#x" % start
    assert end % 4096 == 0, "__kernel_end is %#x" % end
    for segment in elf(kernel).loaded():
        assert start <= segment.address, "a segment at %#x" % segment.address
        assert segment.address + segment.size <= end, (
            "a segment ends at %#x, behind __kernel_end"
            % (segment.address + segment.size))
