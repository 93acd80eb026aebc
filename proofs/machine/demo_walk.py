"""The demo of chapter 8 prints walks, and writes to its own code: each
line of its screen is what the machine's tables say.

needs: src/kernel/walk.c src/kernel/demo.c src/boot/boot.asm
until: src/mm/memory.h
"""

import re

from support import screen
from support.boot import booted, elf
from support.report import function_at
from support.tables import ACCESSED, DIRTY, Tables, line

YELLOW = 0x0E
RET = 0xC3


def walk(machine, what, address, clear=0):
    """What the demo shows of an address, without these bits of the last
    entry."""
    tables = Tables(machine)
    physical = tables.physical(address)
    *above, last = tables.walk(address)
    steps = above + [last._replace(entry=last.entry & ~clear)]
    return ["%s: 0x%016x -> %s" % (
        what, address,
        "nowhere" if physical is None else "%#x" % physical)] + [
            line(step) for step in steps]


def test_the_screen_line_by_line(kernel):
    """Where the tables are, three walks, and one of them again when the
    page has been written to: "dirty" is all that has changed."""
    machine = booted(kernel)
    found = re.search(r"speak\(\): 0x([0-9a-f]{16})", machine.screen().text)
    assert found, machine.screen().text
    speak = int(found[1], 16)
    assert function_at(elf(kernel), speak) == "speak", (
        "%#x is in %s" % (speak, function_at(elf(kernel), speak)))
    root = machine.registers()["cr3"]
    last = Tables(machine).walk(speak)[-1].entry
    assert last & DIRTY and last & ACCESSED, "the entry is %#x" % last
    screen.expect(
        machine,
        ["Hello World!", "The PML4 is at %#x." % root]
        + walk(machine, "The screen", 0xB8000)
        + walk(machine, "A far page", 0x803FE7F5CE)
        + walk(machine, "speak()", speak, clear=DIRTY)
        + ["speak() speaks.", "The second time, speak() was silent."]
        + walk(machine, "speak()", speak), YELLOW)
    assert machine.serial() == machine.screen().text + "\n", (
        machine.serial())


def test_the_code_has_changed(kernel):
    """speak() begins with the instruction `ret`, and not so in the file;
    nothing else of the code has changed."""
    machine = booted(kernel)
    text = elf(kernel).section(".text")
    in_file = elf(kernel).at(text.address, text.size)
    in_memory = machine.memory(text.address, text.size)
    changed = [number for number, (one, other)
               in enumerate(zip(in_file, in_memory)) if one != other]
    assert len(changed) == 1, "%d bytes have changed" % len(changed)
    at = changed[0]
    where = function_at(elf(kernel), text.address + at)
    assert where == "speak", "%s has changed" % where
    assert in_memory[at] == RET, "it begins with %#x" % in_memory[at]
