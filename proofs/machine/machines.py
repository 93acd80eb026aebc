"""The same kernel on other machines: memory sizes, chipsets, CPUs.  Each
shows the same screen, but for what the kernel says of the machine's
memory.

needs: src/boot/boot.asm linker.ld grub.cfg
once: src/boot/* src/arch/* src/drivers/* src/mm/memory* src/mm/frame*
once: src/mm/paging* linker.ld grub.cfg
"""

import os
import re

from support.boot import booted, rest, sleeping_registers
from support.screen import cursor, without_clock

# The memory map, line by line; memory.py proves what it says.
AREA = re.compile(r"[0-9a-f]{16} to [0-9a-f]{16}: [A-Za-z ]+")
FREE = re.compile(r"\d+ of \d+ frames are free")
# Where a page table lies: behind others that the memory needs.
TABLE = re.compile(r"(P(?:ML4|DPT|D  )\[ *\d+\]) [0-9a-f]{13}")
# What a function that was called may leave in the registers that it need
# not keep: in a report these hold numbers of frames.
SCRATCH = re.compile(r"\b(r(?:[acd]x|[sd]i|[89] |1[01])) [0-9a-f]{16}")


def text_of(row):
    """What a row of cells says."""
    return "".join(glyph for glyph, _ in row).rstrip()


def shown(kernel, machine):
    """The rows of cells of a kernel that knows nothing of the memory.
    Else the rows above the cursor's without the memory map, each as its
    text and its colours; and with their numbers those below, the places
    of which do not depend on what stands above."""
    rows = without_clock(machine.screen())
    if not os.path.exists(os.path.join(kernel.tree, "src/mm/frame.c")):
        return rows
    end, _ = cursor(machine)
    lines = []
    for row in rows[:end]:
        text = text_of(row)
        if not AREA.fullmatch(text):
            text = FREE.sub("# of # frames are free", text)
            text = TABLE.sub(r"\1 #", text)
            text = SCRATCH.sub(r"\1 #", text)
            lines.append((text, [color for _, color in row]))
    below = [(number, row) for number, row in enumerate(rows)
             if number >= end and text_of(row)]
    return lines, below


def same(kernel, **options):
    """A machine with these options ends as the usual one does."""
    machine = kernel.machine(**options)
    rest(machine)
    usual = booted(kernel)
    assert shown(kernel, machine) == shown(kernel, usual), (
        "the screen differs from the usual machine's, which shows\n"
        + usual.screen().text)
    here, there = sleeping_registers(machine), sleeping_registers(usual)
    for name in ("cr0", "cr4", "efer", "rsp", "cs"):
        assert here[name] == there[name], (
            "%s is %#x, on the usual machine %#x" % (
                name.upper(), here[name], there[name]))


def test_a_later_pc(kernel):
    """`-machine q35 -m 8G -cpu max`: another chipset, more memory than is
    mapped, every feature.  The host lends memory only as it is used."""
    same(kernel, memory="8G", cpu="max", machine="q35,memory-backend=ram",
         flags=["-object", "memory-backend-ram,id=ram,size=8G,reserve=off"])


def test_an_early_64_bit_pc(kernel):
    """`-cpu kvm64 -m 32M`: less memory than the page tables map."""
    same(kernel, cpu="kvm64", memory="32M")
