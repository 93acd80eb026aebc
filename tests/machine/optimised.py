"""The kernel built in other ways: with -O3 and by Clang, where it is
installed.  It shows the same screen, but for where its code lies and what
is in its registers.

needs: linker.ld grub.cfg src/kernel/demo.c
limit: 120
when: thorough
"""

import os
import re
import shutil

from support import scratch
from support.boot import booted, rest
from support.screen import without_clock


LONG_NUMBER = re.compile(r"[0-9a-f]{8,}")


def comparable(machine):
    """The colours and the text of the screen, and the serial text, without
    numbers of eight hexadecimal digits and more."""
    rows = without_clock(machine.screen())
    colours = [[colour for _, colour in row] for row in rows]
    texts = [LONG_NUMBER.sub("#", "".join(glyph for glyph, _ in row))
             for row in rows]
    return colours, texts, LONG_NUMBER.sub("#", machine.serial())


def shows_the_same(kernel, *variables):
    """The kernel, made with these variables of make, ends as ever."""
    build = scratch.build_directory(kernel.tree, *variables)
    image = os.path.join(build, "kernel.iso")
    scratch.make(kernel.tree, os.path.relpath(image, kernel.tree),
                 *variables)
    machine = kernel.machine(image=image)
    rest(machine)
    usual = booted(kernel)
    colours, screen, serial = comparable(machine)
    usual_colours, usual_screen, usual_serial = comparable(usual)
    assert screen == usual_screen and colours == usual_colours, (
        "the screen differs from the usual kernel's, which shows\n"
        + usual.screen().text)
    assert serial == usual_serial, (
        "the serial text differs from the usual kernel's")


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
