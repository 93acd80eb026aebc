"""What boot.asm promises about the processor and the memory, seen from
outside when the kernel has begun: it stands where its demo is called, and
where C begins if the kernel makes page tables of its own later.

needs: src/boot/boot.asm linker.ld src/kernel/demo.c
"""

import os
import re
import struct
import time

from support.boot import check_loop, elf, rest
from support.start import Start

PRESENT_WRITABLE = 0x3
HUGE = 0x80
# The processor notes down here what it has used.
ACCESSED_DIRTY = 0x60
PAGE = 4096
HUGE_PAGE = 2 << 20

AT_MAIN, AT_DEMO, AT_REST = range(3)

_starts = {}
_places = {}


def start_at(kernel, place):
    """The machine at its beginning, or further on."""
    if kernel.image not in _starts:
        _starts[kernel.image] = Start(kernel.image,
                                      elf(kernel).address("kernel_main"))
    start = _starts[kernel.image]
    if _places.get(kernel.image, AT_MAIN) > place:
        start.again()
        _places[kernel.image] = AT_MAIN
    if place >= AT_DEMO and _places.get(kernel.image, AT_MAIN) < AT_DEMO:
        start.gdb.run_to(elf(kernel).address("demo"))
    _places[kernel.image] = place
    return start


def at_main(kernel):
    """The machine at the first instruction of C."""
    return start_at(kernel, AT_MAIN).machine


def at_demo(kernel):
    """The machine where the kernel has set up everything; the same one
    for all tests."""
    return start_at(kernel, AT_DEMO).machine


def with_boot_tables(kernel):
    """The machine as late as boot.asm's page tables are in use."""
    if has(kernel, "src/mm/memory.h"):
        return at_main(kernel)
    return at_demo(kernel)


def at_rest(kernel):
    """The machine when the demo has run; it is stopped while the
    processor sleeps, which a timer's interrupt may end."""
    machine = at_demo(kernel)
    start_at(kernel, AT_REST).gdb.go()
    rest(machine)
    for _ in range(100):
        machine.qmp("stop")
        if machine.registers().get("hlt") == 1:
            return machine
        machine.qmp("cont")
        time.sleep(0.003)
    raise AssertionError("the processor never sleeps")


def has(kernel, path):
    """Whether the kernel's tree has this file."""
    return os.path.exists(os.path.join(kernel.tree, path))


def guarded(kernel):
    """Whether it has a TSS, and guard pages below its stacks."""
    return has(kernel, "src/arch/gdt.c")


def boot_stack(kernel):
    """The kernel's own stack: its lowest address, and the one after it.
    From chapter 6 on it is the first of several, above its guard."""
    if not guarded(kernel):
        return (elf(kernel).address("boot_stack"),
                elf(kernel).address("boot_stack_top"))
    stacks = elf(kernel).symbol("stacks")
    size = stacks.size // 4
    return stacks.address + PAGE, stacks.address + size


def test_control_registers_have_their_full_values(kernel):
    """CR0 = PE|MP|ET|NE|WP|PG, CR4 = PAE|MCE, EFER = LME|LMA|NXE."""
    registers = at_demo(kernel).registers()
    for name, value in (("cr0", 0x80010033), ("cr4", 0x60), ("efer", 0xD00)):
        assert registers[name] == value, "%s is %#x, expected %#x" % (
            name.upper(), registers[name], value)


def test_segments_are_those_of_64_bit_mode(kernel):
    """CS selects the GDT's second entry, all others are null."""
    machine = at_demo(kernel)
    registers = machine.registers()
    assert registers["cs"] == 8, "CS is %#x" % registers["cs"]
    for name in ("ds", "es", "fs", "gs", "ss"):
        assert registers[name] == 0, "%s is %#x, expected 0" % (
            name.upper(), registers[name])
    assert re.search(r"^CS =.* CS64 ", machine.monitor("info registers"),
                     re.M), "CS is not a segment of 64-bit code"


def test_the_code_segment_is_right(kernel):
    """The GDT begins with the null descriptor and one for 64-bit code of
    ring 0, marked as accessed: the processor never has to write there."""
    machine = at_demo(kernel)
    registers = machine.registers()
    limit = 31 if guarded(kernel) else 15
    assert registers["gdt_limit"] == limit, (
        "the GDT's limit is %d, expected %d" % (registers["gdt_limit"],
                                                limit))
    base = registers["gdt"]
    null, code = struct.unpack("<QQ", machine.memory(base, 16))
    assert null == 0, "the first descriptor is %#x" % null
    assert code == 0x00209B0000000000, "the second descriptor is %#x" % code
    assert base % 8 == 0, "the GDT is at %#x, not a multiple of 8" % base
    # Read-only, unless the TSS's descriptor, which the processor marks
    # as busy, is in it.
    section = elf(kernel).section(".bss" if guarded(kernel) else ".rodata")
    assert section.address <= base < section.address + section.size, (
        "the GDT is at %#x, outside %s" % (base, section.name))
    if not guarded(kernel):
        in_file = struct.unpack("<QQ", elf(kernel).at(base, 16))
        assert in_file == (0, code), "the file has %#x and %#x" % in_file


def test_interrupts_are_off_and_strings_count_upwards(kernel):
    """Bit 10 (direction) of RFLAGS is 0, and until there are interrupts
    (chapter 7) so is bit 9."""
    flags = at_demo(kernel).registers()["rflags"]
    mask = 0x400 if has(kernel, "src/drivers/pic.c") else 0x600
    assert flags & mask == 0, "RFLAGS is %#x" % flags


def test_stack_is_in_bss_and_aligned(kernel):
    """kernel_main runs on a stack of the kernel's own."""
    registers = at_demo(kernel).registers()
    bss = elf(kernel).section(".bss")
    start, end = boot_stack(kernel)
    assert bss.address <= start < end <= bss.address + bss.size, (
        "the stack is at %#x, outside .bss" % start)
    assert start < registers["rsp"] < end, (
        "RSP is %#x, outside %#x to %#x" % (registers["rsp"], start, end))
    # A call has just pushed 8 bytes on a stack that was aligned; rbp is
    # main's, and aligned if the stack was at main's call.
    assert registers["rsp"] % 16 == 8, "RSP is %#x" % registers["rsp"]
    assert registers["rbp"] % 16 == 0, "RBP is %#x" % registers["rbp"]


def test_the_chain_of_frames_ends(kernel):
    """From frame to frame there is an outermost one, marked by 0."""
    machine = at_demo(kernel)
    rbp = machine.registers()["rbp"]
    for _ in range(10):
        if rbp == 0:
            return
        rbp, = struct.unpack("<Q", machine.memory(rbp, 8))
    raise AssertionError("the chain of frames goes on to %#x" % rbp)


def test_the_stack_is_far_from_its_end(kernel):
    """Its lowest KiB is as GRUB cleared it: neither was the stack used
    so far down, nor did the tables below it grow into it.  (A demo of a
    later chapter fills its stack on purpose.)"""
    bottom, _ = boot_stack(kernel)
    machine = at_demo(kernel) if guarded(kernel) else at_rest(kernel)
    kept = machine.memory(bottom, 1024)
    assert kept == bytes(1024), "at %#x something was written" % (
        bottom + next(i for i, byte in enumerate(kept) if byte))


# --- The memory -------------------------------------------------------

def absent_pages(kernel):
    """The addresses of the pages that are not there: none at first; when
    there is a TSS (chapter 6), page 0 and one below each stack."""
    if not guarded(kernel):
        return set()
    bottom, top = boot_stack(kernel)
    size = top - bottom
    return {0, bottom - PAGE}.union(
        top - size - PAGE for top in exception_stacks(kernel))


def test_memory_is_mapped_onto_itself(kernel):
    """1 GiB in pages of 2 MiB, present and writable; nothing else.  With
    pages that are absent, the first of these is 512 pages of 4 KiB."""
    absent = absent_pages(kernel)
    found = {}
    for virtual, physical, bits in re.findall(
            r"^([0-9a-f]+): ([0-9a-f]+) (\S+)$",
            with_boot_tables(kernel).monitor("info tlb"), re.M):
        address = int(virtual, 16)
        assert int(physical, 16) == address, (
            "%#x is mapped to 0x%s" % (address, physical))
        kind = re.sub("[DA]", "-", bits)
        assert kind in ("--P-----W", "--------W"), (
            "%#x is mapped as %s" % (address, bits))
        found[address] = HUGE_PAGE if "P" in kind else PAGE
    wanted = {number * HUGE_PAGE: HUGE_PAGE for number in range(512)}
    if absent:
        wanted.update((number * PAGE, PAGE) for number in range(512))
    for address in absent:
        del wanted[address]
    wrong = sorted(address for address in set(found) | set(wanted)
                   if found.get(address) != wanted.get(address))
    assert not wrong, "at %#x is a page of %s bytes, expected %s" % (
        wrong[0], found.get(wrong[0], "no"), wanted.get(wrong[0], "none"))


def test_page_tables_are_exact(kernel):
    """One entry in the PML4 and in the PDPT, 512 in the PD; no bit is
    set beyond present, writable and the size."""
    absent = absent_pages(kernel)
    machine = with_boot_tables(kernel)
    bss = elf(kernel).section(".bss")

    def table(address):
        assert bss.address <= address < bss.address + bss.size, (
            "a table is at %#x, outside .bss" % address)
        assert address % PAGE == 0, "a table at %#x" % address
        return struct.unpack("<512Q", machine.memory(address, PAGE))

    def target(name, entry):
        flags = entry & 0xFFF & ~ACCESSED_DIRTY
        assert flags == PRESENT_WRITABLE, "the %s's entry is %#x" % (
            name, entry)
        return entry & ~0xFFF

    def single(name, entries):
        assert not any(entries[1:]), "the %s has more than one entry" % name
        return target(name, entries[0])

    cr3 = machine.registers()["cr3"]
    entries = table(single("PDPT", table(single("PML4", table(cr3)))))
    for number, entry in enumerate(entries):
        wanted = number << 21 | PRESENT_WRITABLE | HUGE
        if number > 0 or not absent:
            assert entry & ~ACCESSED_DIRTY == wanted, (
                "entry %d of the PD is %#x, expected %#x" % (
                    number, entry, wanted))
    for number, entry in enumerate(table(target("PD", entries[0]))
                                   if absent else ()):
        wanted = number << 12 | PRESENT_WRITABLE
        if number << 12 in absent:
            wanted = 0
        assert entry & ~ACCESSED_DIRTY == wanted, (
            "entry %d of the PT is %#x, expected %#x" % (
                number, entry, wanted))


# --- The TSS ----------------------------------------------------------

def task_state(kernel):
    """The bytes of the TSS that the task register knows."""
    machine = at_demo(kernel)
    found = re.search(r"^TR =([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)",
                      machine.monitor("info registers"), re.M)
    selector, base, limit = (int(text, 16) for text in found.groups())
    assert selector == 0x10, "TR is %#x, expected 0x10" % selector
    assert limit == 103, "the TSS's limit is %d, expected 103" % limit
    return machine.memory(base, 104)


def exception_stacks(kernel):
    """The tops of the stacks that the TSS names."""
    stacks = struct.unpack_from("<7Q", task_state(kernel), 36)
    return [top for top in stacks if top]


def test_the_task_state_segment_is_right(kernel):
    """Three stacks for exceptions, aligned, each in .bss and clear of the
    others; no stack for ring 3's calls, and no I/O map."""
    if not guarded(kernel):
        return
    data = task_state(kernel)
    tops = exception_stacks(kernel)
    assert len(tops) == 3, "the TSS has %d stacks" % len(tops)
    assert not any(data[:36]) and not any(data[60:102]), (
        "something is set where nothing should be: %s" % data.hex())
    io_map, = struct.unpack_from("<H", data, 102)
    assert io_map >= 104, "the I/O map is at %d" % io_map
    bss = elf(kernel).section(".bss")
    bottom, boot_top = boot_stack(kernel)
    size = boot_top - bottom
    ranges = sorted([boot_top] + tops)
    for lower, upper in zip(ranges, ranges[1:]):
        assert upper - lower >= size + PAGE, (
            "the stacks that end at %#x and %#x are too near" % (lower,
                                                                 upper))
    for top in tops:
        assert top % 16 == 0, "a stack ends at %#x" % top
        assert bss.address <= top - size < top <= bss.address + bss.size, (
            "the stack that ends at %#x is outside .bss" % top)


# --- The kernel -------------------------------------------------------

def test_the_kernel_rests_in_a_loop(kernel):
    """kernel_main must not end, even if something wakes the processor."""
    check_loop(at_rest(kernel))


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
