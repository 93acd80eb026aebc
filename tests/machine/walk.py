"""What the kernel says of its page tables, compared with the machine's
memory; and page faults of every kind, each with a report that says how the
page was touched and what the tables hold for it.

needs: src/kernel/walk.h src/mm/paging.h src/kernel/exceptions.c
needs: src/kernel/demo.h src/drivers/serial.c linker.ld
"""

import os
import random
import struct

from support.boot import rest
from support.moment import STAND, moment
from support.report import (Report, check_callers, check_colors,
                            function_at)
from support.tables import (ADDRESS, PAGE, PRESENT, WRITABLE, Step, Tables,
                            canonical, line, size)

YELLOW = 0x0E
WHITE_ON_RED = 0x4F
NOWHERE = 0xDEADBEEF
COUNT = 150

DEMO = r"""
#include "kernel/demo.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "kernel/console.h"
#include "kernel/walk.h"
#include "mm/paging.h"
""" + STAND + r"""
enum { COUNT = %d };
uintptr_t wanted[COUNT];

// The first round leaves its marks in the tables: what was looked at is
// "accessed".
void walks(void);
void walks(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (paging_is_canonical(wanted[i])) {
            paging_walk(paging_root(), wanted[i]);
        }
    }
    kprintf("\nthe PML4 is at 0x%%lx\n", paging_root().value);
    for (size_t i = 0; i < COUNT; i++) {
        kprintf("%%016lx\n", wanted[i]);
        walk_print(wanted[i]);
    }
    kprintf("done\n");
    cpu_disable_interrupts();
    for (;;) {
        cpu_halt();
    }
}

// Each touches the address in rcx.
#define TOUCH(name, instruction)                \
    __asm__(".text\n"                           \
            ".type " #name ", @function\n"      \
            #name ":\n"                         \
            "push %%rbp\n"                      \
            "mov %%rsp, %%rbp\n"                \
            #name ".at:\n"                      \
            instruction "\n"                    \
            "hlt\n")
TOUCH(touch_read, "movb (%%rcx), %%al");
TOUCH(touch_write, "movb %%al, (%%rcx)");
TOUCH(touch_fetch, "call *%%rcx");

const uint8_t constant[] = {0xc3}; // ret
uint8_t data[] = {0xc3};

void demo(void)
{
    kprintf("before");
    stand();
}
""" % COUNT

# For kernels that can map a page and take it away.
DEMO_MAPPING = r"""
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/memory.h"

#define PAGE UINT64_C(0xdeadbeaf000)
const uintptr_t window = MEMORY_WINDOW;

void take_away(void);
void take_away(void)
{
    phys_addr_t frame, target;
    volatile uint8_t *bytes = (volatile uint8_t *)PAGE;
    kassert(frame_allocate(&frame));
    kassert(paging_map(paging_root(), PAGE, frame, PAGE_4_KIB,
                       PTE_WRITABLE | PTE_NO_EXECUTE) == MAP_OK);
    *bytes = 42;
    kassert(*bytes == 42);
    kassert(paging_unmap(paging_root(), PAGE, &target));
    (void)*bytes;
}
"""
TAKEN_AWAY = 0xDEADBEAF000


def has_memory(kernel):
    """Whether the kernel makes page tables of its own."""
    return os.path.exists(os.path.join(kernel.tree, "src/mm/memory.h"))


def stand(kernel):
    """The kernel, about to do what a test wants of it."""
    demo = DEMO + (DEMO_MAPPING if has_memory(kernel) else "")
    return moment(kernel, "walk", demo)


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
               for name in ("demo", "stacks", "boot_stack", "wanted")]
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

def check_report(now, codes, words, address, walk, callers):
    """The whole report of a page fault, below what was there, white on
    red, and on the serial line."""
    rest(now.machine)
    assert now.machine.halted_for_ever(), "it halts with interrupts on"
    screen = now.machine.screen()
    report = Report(screen)
    assert screen.lines[0] == "before" and report.first == 1, screen.text
    assert {color for _, color in screen.cells[0]} == {YELLOW}, (
        "what was there before has another colour")
    check_colors(screen, report.first, WHITE_ON_RED)
    assert now.serial() == "\n%s\n" % "\n".join(report.lines), (
        "the serial line says\n" + now.serial())
    assert report.message == "kernel panic: page fault (exception 14)", (
        report.message)
    wanted = ["address 0x%016x (cr2)" % address] + walk
    first = ["error code %#x: %s" % (code, words) for code in codes]
    assert report.cause[:1] and report.cause[0] in first, (
        "it says %r, expected %r" % (report.cause[:1], first))
    assert report.cause[1:] == wanted, "it says\n%s\nexpected\n%s" % (
        "\n".join(report.cause[1:]), "\n".join(wanted))
    check_callers(report, now.elf, callers)
    registers = 7
    assert len(report.lines) == (1 + len(report.cause) + registers
                                 + len(report.callers)), (
        "it says more:\n" + "\n".join(report.lines))
    return report


def touched(now, how, address, codes, words, walk=None):
    """Touches an address; the report says so.  `walk` are the lines that
    it has of the tables, if not what is found there."""
    name = "touch_" + how
    now.gdb.set(rip=now.elf.address(name), rcx=address)
    now.gdb.run_to(now.elf.address(name + ".at"))
    rip = address if how == "fetch" else now.elf.address(name + ".at")
    now.gdb.go()
    rest(now.machine)
    if walk is None:
        walk = Tables(now.machine).lines(address)
    callers = ["demo", "kernel_main"]
    if how == "fetch":
        callers.insert(0, name)
    report = check_report(now, codes, words, address, walk, callers)
    for register, value in (("rip", rip), ("rcx", address)):
        assert report.registers[register] == value, (
            "%s is %#x, expected %#x" % (
                register, report.registers[register], value))


# The error code of each, if the page is absent.
ABSENT = {"read": 0, "write": 2, "fetch": 0x10}
FORBIDDEN = {"write": 3, "fetch": 0x11}


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


def test_a_table_that_cannot_be(kernel):
    """An entry that leads to where no memory is: the report ends with it,
    and with the processor's complaint of the bits that are too high."""
    if not has_memory(kernel):
        return
    now = stand(kernel)
    tables = Tables(now.machine)
    entry = 1 << 45 | PRESENT | WRITABLE
    address = 100 << 39 | 0x1234
    now.gdb.write_physical(tables.root + 8 * 100, struct.pack("<Q", entry))
    touched(now, "read", address, [0x8, 0x9],
            "read, reserved bit set in a table",
            [line(Step(4, 100, entry))])


# --- Rights, from chapter 9 on ----------------------------------------

def forbidden(kernel, how, name):
    """A page that is there, touched in a way that its rights forbid:
    where it is, and through the window."""
    if not has_memory(kernel):
        return
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
    if has_memory(kernel):
        now = stand(kernel)
        window, = struct.unpack(
            "<Q", now.gdb.memory(now.elf.address("window"), 8))
        physical = Tables(now.machine).physical(now.elf.address("demo"))
        touched(now, "fetch", window + physical, [0x11],
                "fetch, page forbids it")


def test_a_page_that_was_taken_away(kernel):
    """Written and read, then unmapped: the next read faults, and the walk
    ends at an entry that is empty."""
    if not has_memory(kernel):
        return
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
