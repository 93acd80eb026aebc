"""A panic that cannot print ends in silence, not in a circle.

needs: src/kernel/panic.c src/drivers/vga.c src/kernel/console.c linker.ld
"""

import os

from support import scratch
from support.boot import rest


def test_a_panic_within_a_panic_is_silent(kernel):
    """A kernel whose cursor always fails its assertion: the first message
    begins, and that is all."""
    path = "src/drivers/vga.c"
    with open(os.path.join(kernel.tree, path)) as file:
        source = file.read()
    changed = source.replace("kassert(row < VGA_ROWS",
                             "kassert(row > VGA_ROWS")
    assert changed != source, "the assertion in %s is another one" % path
    image = scratch.variant(kernel, "panic-twice", {path: changed})
    machine = kernel.machine(image=image)
    rest(machine)
    begun = machine.screen().text.count("kernel panic at")
    assert begun == 1, "a panic was begun %d times" % begun
