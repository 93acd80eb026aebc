"""A panic that cannot print ends soon, and not in a circle.

needs: src/kernel/panic.c src/drivers/vga.c src/kernel/console.c linker.ld
once: src/kernel/panic.* src/lib/backtrace.* src/sync/* src/arch/gdt.c
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
once: src/lib/terminal.* src/lib/format.*
"""

import os

from support import scratch
from support.boot import rest


def rested(kernel, name, path, change):
    """What the screen shows when a kernel has come to rest, one of whose
    files is changed."""
    with open(os.path.join(kernel.tree, path), encoding="utf-8") as file:
        source = file.read()
    changed = change(source)
    assert changed != source, "%s is another one" % path
    image = scratch.variant(kernel, name, {path: changed})
    machine = kernel.machine(image=image)
    rest(machine)
    return machine.screen().text


def test_a_panic_within_a_panic_stops_the_machine(kernel):
    """A kernel whose cursor always fails its assertion: the first message
    begins, and that is all.  From chapter 6 on a fixed line follows."""
    shown = rested(kernel, "panic-twice", "src/drivers/vga.c",
                   lambda source: source.replace("kassert(row < VGA_ROWS",
                                                 "kassert(row > VGA_ROWS"))
    begun = shown.count("kernel panic")
    assert begun == 1, "a panic was begun %d times" % begun
    if os.path.exists(os.path.join(kernel.tree, "src/arch/gdt.c")):
        assert shown.endswith("kernel panic\npanic within a panic"), (
            "the screen shows %r" % shown)


def test_a_third_panic_is_silent(kernel):
    """A kernel that cannot print at all any more: every character fails
    an assertion, those of the fixed line, too."""
    if not os.path.exists(os.path.join(kernel.tree, "src/arch/gdt.c")):
        return  # there is no line that could fail
    head = "void serial_put(char c)\n{\n"
    shown = rested(kernel, "panic-thrice", "src/drivers/serial.c",
                   lambda source: '#include "lib/panic.h"\n'
                   + source.replace(head, head + "    kassert(c == 0);\n"))
    # What fails is sending; from chapter 7 on the screen comes first.
    assert (shown.count("kernel panic") <= 1
            and shown.count("panic within a panic") <= 1), (
        "the screen shows %r" % shown)
