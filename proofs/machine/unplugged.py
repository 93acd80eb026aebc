"""Test kernels on a machine without the exit device: a real one.

needs: src/drivers/qemu.c src/test/test.c tests/basic_boot.c
once: src/test/test.* src/drivers/qemu.* src/drivers/serial.*
"""

import os

from support import scratch
from support.boot import Unplugged, check_loop, rest


def test_a_test_halts_where_nobody_listens(kernel):
    """It reports on the serial line, and then stays."""
    image = os.path.join(kernel.build, "tests", "basic_boot.iso")
    if not os.path.exists(image):
        scratch.make(kernel.tree, os.path.relpath(image, kernel.tree))
    with Unplugged(image, without="exit") as machine:
        rest(machine)
        check_loop(machine)
        said = machine.serial()
        assert said.startswith("basic_boot... ") and "[ok]" in said, "it says %r" % said
