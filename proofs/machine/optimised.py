"""The kernel built in other ways: with -O3 and by Clang, where it is
installed.  It shows the same screen, but for where its code lies, what
that leaves of the memory, and what is in its registers.

needs: linker.ld grub.cfg src/kernel/demo.c
limit: 120
when: thorough
"""

import os
import re
import shutil

from support import scratch
from support.boot import booted, rest
from support.elf import Elf
from support.report import function_at
from support.screen import without_clock


LONG_NUMBER = re.compile(r"[0-9a-f]{8,}")
# An address in the kernel, and the last line of its walk: which entry
# of the PT that is depends on the address.
SHORT_NUMBER = re.compile(r"0x([0-9a-f]+)\b")
PT_ENTRY = re.compile(r"PT  \[ *\d+\] ([0-9a-f]{16})")
FREE_FRAMES = re.compile(r"(\d+) of (\d+) frames are free")


def comparable(text, elf):
    """A line without numbers of eight hexadecimal digits and more, and
    without those that say where in the kernel something is."""
    start, end = elf.address("__kernel_start"), elf.address("__kernel_end")

    def unless_inside(found):
        address = int(found[1], 16) & 0x000FFFFFFFFFF000
        return "#" if start <= address < end else found[0]

    text = PT_ENTRY.sub(unless_inside, text)
    text = LONG_NUMBER.sub("#", text)
    text = SHORT_NUMBER.sub(unless_inside, text)
    return FREE_FRAMES.sub(
        lambda found: "all frames but %d are free"
        % (int(found[2]) - int(found[1])), text)


def shown(machine, elf):
    """The colours and the text of the screen, and the serial text, as
    far as they are to be the same."""
    rows = without_clock(machine.screen())
    # The colours of the blanks behind a text are looked at as well, and
    # a number's digits may be more or fewer.
    colours = [[colour for _, colour in row] for row in rows]
    texts = [comparable("".join(glyph for glyph, _ in row).rstrip(), elf)
             for row in rows]
    said = [comparable(line, elf) for line in machine.serial().split("\n")]
    # Those who called are named by callers(), and may be fewer.
    kept = [row for row, text in enumerate(texts) if not is_call(text)]
    kept += [len(rows) - 1] * (len(rows) - len(kept))
    return ([colours[row] for row in kept], [texts[row] for row in kept],
            [line for line in said if not is_call(line)])


def is_call(line):
    """Whether a line is part of a backtrace."""
    return line.startswith("called from ")


def callers(machine, elf):
    """The names of the functions of which a backtrace tells, and before
    them that of the instruction at which an exception came."""
    text = machine.serial()
    names = [function_at(elf, int(address, 16)) for address in
             re.findall(r"^rip ([0-9a-f]{16}) ", text, re.M)]
    return names + [function_at(elf, int(address, 16) - 1) for address in
                    re.findall(r"^called from 0x([0-9a-f]+)$", text, re.M)]


def known(names, elf):
    """Those of the names that a kernel has functions of: others may have
    become a part of who called them."""
    return [name for name in names if elf.symbol(name) is not None]


def shows_the_same(kernel, *variables):
    """The kernel, made with these variables of make, ends as ever."""
    build = scratch.build_directory(kernel.tree, *variables)
    image = os.path.join(build, "kernel.iso")
    scratch.make(kernel.tree, os.path.relpath(image, kernel.tree),
                 *variables)
    machine = kernel.machine(image=image)
    rest(machine)
    usual = booted(kernel)
    elf = Elf(os.path.splitext(image)[0] + ".elf")
    usual_elf = Elf(kernel.elf)
    colours, screen, serial = shown(machine, elf)
    usual_colours, usual_screen, usual_serial = shown(usual, usual_elf)
    assert screen == usual_screen and colours == usual_colours, (
        "the screen differs from the usual kernel's, which shows\n"
        + usual.screen().text)
    assert serial == usual_serial, (
        "the serial text differs from the usual kernel's")
    names, usual_names = callers(machine, elf), callers(usual, usual_elf)
    assert known(names, usual_elf) == known(usual_names, elf), (
        "called by %s, in the usual kernel by %s" % (
            ", ".join(names), ", ".join(usual_names)))


def test_optimised_harder(kernel):
    """OPT=-O3."""
    shows_the_same(kernel, "OPT=-O3")


def test_not_optimised(kernel):
    """OPT=-O0."""
    shows_the_same(kernel, "OPT=-O0")


def test_compiled_by_clang(kernel):
    """CC=clang OPT=-O3."""
    if shutil.which("clang"):
        shows_the_same(kernel, "CC=clang", "OPT=-O3")
