"""The kernel built in other ways: with -O3 and by Clang, where it is
installed.  It shows the same screen.

needs: linker.ld grub.cfg src/kernel/demo.c
limit: 120
when: thorough
"""

import os
import shutil

from support import scratch
from support.boot import booted, rest
from support.screen import without_clock


def shows_the_same(kernel, *variables):
    """The kernel, made with these variables of make, ends as ever."""
    build = scratch.build_directory(kernel.tree, *variables)
    image = os.path.join(build, "kernel.iso")
    scratch.make(kernel.tree, os.path.relpath(image, kernel.tree),
                 *variables)
    machine = kernel.machine(image=image)
    rest(machine)
    usual = booted(kernel)
    assert without_clock(machine.screen()) == without_clock(usual.screen()), (
        "the screen differs from the usual kernel's, which shows\n"
        + usual.screen().text)
    assert machine.serial() == usual.serial(), (
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
