"""Reads what a kernel prints when it gives up."""

import os
import re

from machine import qemu

from support.tables import Tables

LABEL = 0
FUNCTION = 2


def function_at(elf, address):
    """The name of the function that an address lies in.  For a return
    address ask about the byte before it: the call may have been the
    caller's last instruction."""
    text = elf.section(".text")
    if not text.address <= address < text.address + text.size:
        return "nowhere"
    inside = elf.sections.index(text)
    # A label with a dot is local; a function with one is a variant that
    # the compiler made of it.
    found = [symbol for symbol in elf.symbols
             if symbol.section == inside and symbol.address <= address
             and (symbol.kind == FUNCTION
                  or symbol.kind == LABEL and "." not in symbol.name)]
    nearest = max(found, key=lambda symbol: symbol.address)
    return nearest.name.split(".")[0]


class Report:
    """The report on a machine's screen.

    message    the first line
    lines      all lines, from "kernel panic" on
    cause      those between the first and the registers
    registers  what it says of registers, by name
    callers    the addresses of "called from"
    """

    def __init__(self, screen):
        begins = [number for number, line in enumerate(screen.lines)
                  if line.startswith("kernel panic")]
        assert len(begins) == 1, (
            "there are %d reports on the screen" % len(begins))
        self.first = begins[0]
        self.lines = screen.text.split("\n")[self.first:]
        self.message = self.lines[0]
        registers = [number for number, line in enumerate(self.lines)
                     if line.startswith("rip ")]
        self.cause = self.lines[1:registers[0]] if registers else []
        text = "\n".join(self.lines[1:])
        self.registers = {
            name: int(value, 16) for name, value in re.findall(
                r"\b(r[a-z0-9]{1,5}|cs|ss) +([0-9a-f]{4,16})\b", text)}
        self.callers = [int(address, 16) for address in re.findall(
            r"^called from 0x([0-9a-f]+)$", text, re.M)]

    def functions(self, elf):
        """The names of the functions that called one another, the
        innermost first."""
        return [function_at(elf, address - 1) for address in self.callers]


def page_fault(kernel, machine, address):
    """What a report says of the address of a page fault: the address,
    and from chapter 8 on what the machine's page tables hold for it."""
    result = ["address 0x%016x (cr2)" % address]
    if os.path.exists(os.path.join(kernel.tree, "src/kernel/walk.h")):
        result += Tables(machine).lines(address)
    return result


def check_callers(report, elf, wanted):
    """The callers are those, and then none but the boot code that
    called kernel_main."""
    names = report.functions(elf)
    assert names[:len(wanted)] == wanted, "called by %s, expected %s" % (
        ", ".join(names) or "nobody", ", ".join(wanted))
    rest = report.callers[len(wanted):]
    assert len(rest) <= 1, "behind %s there are more: %s" % (
        wanted[-1], ", ".join(names[len(wanted):]))


def check_colors(screen, first, attribute):
    """Everything from a line on is in one colour."""
    for number in range(first, qemu.ROWS):
        for column, (glyph, color) in enumerate(screen.cells[number]):
            assert glyph == " " or color == attribute, (
                "line %d, column %d is %r in %#04x, expected %#04x" % (
                    number + 1, column, glyph, color, attribute))
