"""Exceptions that nobody handles, seen from outside: each ends in a
report that says what the processor and the memory say, and in a halt.

A kernel whose demo stands still is stopped there, and returned to for
each exception.  Then the instruction that raises it is what comes next.

needs: src/arch/interrupts.c src/kernel/exceptions.c src/kernel/demo.h
needs: src/kernel/panic.c src/drivers/serial.c linker.ld
once: src/arch/interrupts.* src/arch/gdt.* src/arch/stacks.*
once: src/kernel/exceptions.* src/kernel/panic.* src/lib/exception.*
once: src/lib/backtrace.* src/kernel/console.* src/drivers/vga.*
once: src/drivers/serial.* src/lib/terminal.* src/lib/format.*
once: src/sync/*
"""

import os
import struct

from support import scratch
from support.boot import rest
from support.elf import Elf
from support.gdb import FLAG_INTERRUPT
from support.report import (Report, check_callers, check_colors,
                            function_at, page_fault)
from support.start import Start

YELLOW = 0x0E
WHITE_ON_RED = 0x4F
NOWHERE = 0xDEADBEEF

# What the registers hold when the exception comes.
VALUES = {name: 0x1111111111111111 * (number + 1)
          for number, name in enumerate(
              ["rax", "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
               "r12", "r13", "r14", "r15"])}
SHOWN = list(VALUES) + ["rcx", "rbp", "rsp", "rip", "cs", "ss", "rflags"]

# The function's name: its instruction, and what rcx holds then.
INSTRUCTIONS = {
    "divide": ("divq %rcx", 0),
    "undefined": ("ud2", 1),
    "read_nowhere": ("movb (%rcx), %al", NOWHERE),
    "write_nowhere": ("movb %al, (%rcx)", NOWHERE),
    "fetch": ("call *%rcx", NOWHERE),
    "fetch_null": ("call *%rcx", 0),
    "not_canonical": ("movb (%rcx), %al", 0x8000000000000000),
    "beyond_the_gdt": ("movl %ecx, %fs", 0x180),
    "interrupt": ("int $200", 2),
    "for_ever": ("jmp for_ever.at", 3),
}

FUNCTION = """
__asm__(".text\\n"
        ".type {name}, @function\\n"
        ".global {name}, {name}.at\\n"
        "{name}:\\n"
        "push %rbp\\n"
        "mov %rsp, %rbp\\n"
{loads}
        "{name}.at:\\n"
        "{instruction}\\n");
"""

DEMO = """
#include "kernel/demo.h"

#include "kernel/console.h"

void stand(void);
__asm__(".text\\n"
        ".type stand, @function\\n"
        "stand: ret\\n");

void demo(void)
{
    kprintf("before");
    stand();
}
"""

_moments = {}


def source():
    """The demo, with a function for each instruction.  Nothing follows
    the instruction: none goes on."""
    text = DEMO
    for name, (instruction, rcx) in INSTRUCTIONS.items():
        values = dict(VALUES, rcx=rcx)
        loads = "\n".join('        "movabs $%#x, %%%s\\n"' % (value, register)
                          for register, value in values.items())
        text += FUNCTION.format(name=name, loads=loads,
                                instruction=instruction)
    return text


class Moment:
    """The kernel where its demo stands still, as often as needed."""

    def __init__(self, kernel):
        image = scratch.variant(kernel, "exceptions",
                                {"src/kernel/demo.c": source()})
        self.elf = Elf(os.path.splitext(image)[0] + ".elf")
        self._start = Start(image, self.elf.address("stand"))
        self._said = len(self.machine.serial())

    @property
    def machine(self):
        """The machine."""
        return self._start.machine

    @property
    def gdb(self):
        """Its GDB server."""
        return self._start.gdb

    def again(self):
        """Goes back to the moment."""
        self._start.again()
        self._said = len(self.machine.serial())

    def serial(self):
        """What came over the serial line since the moment."""
        return self.machine.serial()[self._said:]


def moment(kernel):
    """The moment of this kernel, come again."""
    now = _moments.get(kernel.tree)
    if now is not None and now.machine.alive():
        now.again()
    else:   # the first, or one that was reset is gone
        now = _moments[kernel.tree] = Moment(kernel)
    return now


def at_instruction(kernel, name):
    """The moment with the instruction as the next one."""
    now = moment(kernel)
    now.gdb.set(rip=now.elf.address(name))
    now.gdb.run_to(now.elf.address(name + ".at"))
    return now


def go_on(now):
    """Lets the instruction raise what it raises; the report, once the
    machine is at rest."""
    now.gdb.go()
    return at_rest(now)


def at_rest(now):
    """The report of a machine that comes to rest: white on red, below
    what was there, and the same on the serial line."""
    rest(now.machine)
    registers = now.machine.registers()
    assert not registers["rflags"] & 0x200, "it halts with interrupts on"
    where = function_at(now.elf, registers["rip"])
    assert where not in ("demo", "kernel_main"), "it halts in " + where
    screen = now.machine.screen()
    report = Report(screen)
    assert screen.lines[0] == "before" and report.first == 1, (
        "the screen shows\n" + screen.text)
    assert {color for _, color in screen.cells[0]} == {YELLOW}, (
        "what was there before has another colour")
    check_colors(screen, report.first, WHITE_ON_RED)
    said = now.serial()
    assert said == "\n%s\n" % "\n".join(report.lines), (
        "the screen shows\n%s\nthe serial line says\n%s" % (
            screen.text, said))
    return report


def check_registers(report, wanted):
    """The report has them all, as they were; RF (bit 16 of the flags)
    is set by some processors."""
    missing = set(SHOWN) - set(report.registers)
    assert not missing, "the report lacks " + ", ".join(sorted(missing))
    for name in SHOWN:
        shown = report.registers[name]
        if name == "rflags":
            shown &= ~0x10000
        assert shown == wanted[name], "%s is %#x, expected %#x" % (
            name, shown, wanted[name])


def check_report(report, message, lines):
    """Its first line, and those behind it up to the registers."""
    assert report.message == "kernel panic: " + message, (
        "it begins with %r" % report.message)
    assert report.cause == lines, "it says\n%s\nexpected\n%s" % (
        "\n".join(report.cause), "\n".join(lines))


def raised(kernel, name, message, *lines, rip=None, length=0, pushed=0,
           inner=(), address=None):
    """An instruction's exception is reported, and all that the machine
    held then; `address` is a page fault's."""
    now = at_instruction(kernel, name)
    wanted = now.gdb.registers()
    wanted["rflags"] = wanted["flags"]
    for register, value in dict(VALUES, rcx=INSTRUCTIONS[name][1]).items():
        assert wanted[register] == value, "%s was not loaded" % register
    wanted["rsp"] -= pushed
    wanted["rip"] = wanted["rip"] + length if rip is None else rip
    report = go_on(now)
    lines = list(lines)
    if address is not None:
        lines += page_fault(kernel, now.machine, address)
    check_report(report, message, lines)
    check_registers(report, wanted)
    check_callers(report, now.elf, list(inner) + ["demo", "kernel_main"])
    # The return address that the memory holds above the saved rbp.
    caller, = struct.unpack("<Q", now.machine.memory(wanted["rbp"] + 8, 8))
    assert caller == report.callers[len(inner)], (
        "memory says that %#x called it" % caller)


def test_a_division_by_zero(kernel):
    """Exception 0, which has no error code."""
    raised(kernel, "divide", "divide error (exception 0)")


def test_an_undefined_instruction(kernel):
    """Exception 6, at the instruction."""
    raised(kernel, "undefined", "invalid opcode (exception 6)")


def test_a_read_from_nowhere(kernel):
    """Exception 14, with its error code in words, and its address."""
    raised(kernel, "read_nowhere", "page fault (exception 14)",
           "error code 0x0: read, page not present", address=NOWHERE)


def test_a_write_to_nowhere(kernel):
    """The error code tells it from a read."""
    raised(kernel, "write_nowhere", "page fault (exception 14)",
           "error code 0x2: write, page not present", address=NOWHERE)


def test_a_call_to_nowhere(kernel):
    """The caller is not left out, though no frame tells of it."""
    raised(kernel, "fetch", "page fault (exception 14)",
           "error code 0x10: fetch, page not present", address=NOWHERE,
           rip=NOWHERE, pushed=8, inner=["fetch"])


def test_a_call_through_null(kernel):
    """Like a call to nowhere, once page 0 is absent (chapter 6)."""
    if os.path.exists(os.path.join(kernel.tree, "src/arch/gdt.c")):
        raised(kernel, "fetch_null", "page fault (exception 14)",
               "error code 0x10: fetch, page not present", address=0,
               rip=0, pushed=8, inner=["fetch_null"])


def test_an_address_that_is_not_canonical(kernel):
    """Exception 13, whose error code 0 has no words."""
    raised(kernel, "not_canonical", "general protection fault (exception 13)",
           "error code 0x0")


def test_a_selector_beyond_the_gdt(kernel):
    """Exception 13, whose error code is the selector."""
    raised(kernel, "beyond_the_gdt",
           "general protection fault (exception 13)",
           "error code 0x180: GDT entry 48")


def test_an_interrupt_without_a_handler(kernel):
    """A vector that is not the CPU's own, behind the instruction."""
    raised(kernel, "interrupt", "interrupt 200 has no handler",
           length=2)


def interrupted(kernel, how, message):
    """What comes from outside finds a kernel in a loop."""
    now = at_instruction(kernel, "for_ever")
    wanted = now.gdb.registers()
    # Without interrupts: a timer's handler is not to be where it finds us.
    wanted["rflags"] = wanted["flags"] & ~FLAG_INTERRUPT
    now.gdb.set(flags=wanted["rflags"])
    now.gdb.go()
    how(now.machine)
    report = at_rest(now)
    check_report(report, message, [])
    check_registers(report, wanted)
    check_callers(report, now.elf, ["demo", "kernel_main"])


def test_a_non_maskable_interrupt(kernel):
    """Exception 2, as a button on old servers raises it."""
    interrupted(kernel, lambda machine: machine.qmp("inject-nmi"),
                "non-maskable interrupt (exception 2)")


def test_a_machine_check(kernel):
    """Exception 18: an uncorrected error of the hardware."""
    interrupted(kernel, lambda machine: machine.monitor(
        "mce 0 9 0xbd00000000000000 0x5 0x1000 0"),
        "machine check (exception 18)")


# --- The interrupt descriptor table -----------------------------------

def test_the_idt_has_a_gate_for_each_vector(kernel):
    """256 present interrupt gates of ring 0 into the kernel's code
    segment, each to an entry of its own in .text."""
    now = moment(kernel)
    elf, machine = now.elf, now.machine
    registers = machine.registers()
    assert registers["idt_limit"] == 0xFFF, (
        "the IDT's limit is %#x" % registers["idt_limit"])
    start, end = elf.address("__kernel_start"), elf.address("__kernel_end")
    assert start <= registers["idt"] <= end - 4096, (
        "the IDT is at %#x" % registers["idt"])
    assert registers["idt"] % 8 == 0, "it is at %#x" % registers["idt"]
    table = machine.memory(registers["idt"], 4096)
    text = elf.section(".text")
    seen = {}
    for vector in range(256):
        low, selector, stack, kind, middle, high, reserved = (
            struct.unpack_from("<HHBBHII", table, 16 * vector))
        target = low | middle << 16 | high << 32
        assert (selector, kind, reserved) == (8, 0x8E, 0), (
            "gate %d has selector %#x, kind %#x, reserved bits %#x" % (
                vector, selector, kind, reserved))
        assert stack <= 7, "gate %d has the stack %#x" % (vector, stack)
        assert text.address <= target < text.address + text.size, (
            "gate %d leads to %#x, outside .text" % (vector, target))
        assert target not in seen, "gates %d and %d lead to %#x" % (
            seen[target], vector, target)
        seen[target] = vector


def test_which_gates_have_stacks_of_their_own(kernel):
    """None without a TSS; with one, those of the exceptions that may
    come when no stack is to be trusted: 2, 8 and 18."""
    machine = moment(kernel).machine
    table = machine.memory(machine.registers()["idt"], 4096)
    stacks = {vector: table[16 * vector + 4] for vector in range(256)
              if table[16 * vector + 4]}
    wanted = []
    if os.path.exists(os.path.join(kernel.tree, "src/arch/gdt.c")):
        wanted = [2, 8, 18]
    assert sorted(stacks) == wanted, "these have: %r" % stacks
    assert len(set(stacks.values())) == len(stacks), (
        "some share one: %r" % stacks)
