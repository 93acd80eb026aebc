"""A panic, seen from outside: a kernel with a demo that gives up.

needs: src/kernel/demo.h src/kernel/panic.c src/kernel/console.c
needs: src/drivers/vga.h linker.ld
"""

import os

from support import scratch, screen
from support.boot import check_loop, rest
from support.elf import Elf

DEMO = r"""
#include "kernel/demo.h"

#include "kernel/console.h"
#include "kernel/panic.h"

void demo(void)
{
    kprintf("before");
    panic("%s %d, 0x%x", "value", -7, 0xbeefu);
}
"""
YELLOW = 0x0E
WHITE_ON_RED = 0x4F
MESSAGE = "kernel panic at kernel/demo.c:10: value -7, 0xbeef"


def panicked(kernel):
    """A machine whose kernel has panicked, and its ELF file."""
    image = scratch.variant(kernel, "panic", {"src/kernel/demo.c": DEMO})
    machine = kernel.machine(image=image)
    rest(machine)
    return machine, Elf(os.path.splitext(image)[0] + ".elf")


def test_a_panic_says_what_and_where(kernel):
    """White on red, on a line of its own, below what was there; then
    the processor rests in panic_at, and nothing goes on."""
    machine, elf = panicked(kernel)
    screen.expect(machine, ["before", [(MESSAGE, WHITE_ON_RED)]], YELLOW)
    where = screen.cursor(machine)
    assert where == (2, 0), "the cursor is at %s" % (where,)
    panic = elf.symbol("panic_at")
    rip = machine.registers()["rip"]
    assert panic.address <= rip < panic.address + panic.size, (
        "the processor is at %#x, outside panic_at" % rip)
    check_loop(machine)
    if os.path.exists(os.path.join(kernel.tree, "src/drivers/serial.c")):
        said = machine.serial()
        assert said == "before\n%s\n" % MESSAGE, "the serial line says %r" % (
            said)
