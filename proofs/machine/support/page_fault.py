"""A kernel that stands ready to touch any address, and the report that it
makes of a page fault: shared by the proofs about page tables."""

import os

from support.boot import rest
from support.moment import STAND, moment
from support.report import Report, check_callers, check_colors
from support.tables import Tables

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

// The report reads constants, and may be the first who does: their page
// is "accessed" from here on.
void demo(void)
{
    (void)*(const volatile uint8_t *)constant;
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
    return moment(kernel, "page_fault", demo)


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
