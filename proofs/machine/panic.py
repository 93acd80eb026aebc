"""What a kernel prints, up to a panic, seen from outside: on the screen,
cell by cell, and on the serial line.  Its demo is ours, and gives up.

needs: src/kernel/demo.h src/kernel/panic.c src/kernel/console.c
needs: src/drivers/vga.h linker.ld
once: src/kernel/panic.* src/lib/backtrace.* src/sync/*
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
once: src/lib/terminal.* src/lib/format.*
"""

import os

from support import scratch, screen
from support.boot import Unplugged, check_loop, rest
from support.elf import Elf
from support.report import Report, check_callers, function_at

DEMO = r"""
#include "kernel/demo.h"

#include "kernel/console.h"
#include "lib/panic.h"
#include "lib/terminal.h"

static void __attribute__((noinline)) give_up(int value)
{
    panic("%s %d, 0x%x", "value", value, 0xbeefu);
}

void demo(void)
{
    kprintf("%d is 0x%x, %u is 0x%08x\n", 42, 42u, 753664u, 0xb8000u);
    kprintf("not ASCII: \xc3\xa4\n");
    for (unsigned i = COLOR_BLACK; i <= COLOR_WHITE; i++) {
        console_set_color((enum color)i, COLOR_BLACK);
        kprintf("%x", i);
    }
    console_set_color(COLOR_YELLOW, COLOR_BLACK);
    kprintf("\nbefore");
    give_up(-7);
}
"""
YELLOW = 0x0E
WHITE_ON_RED = 0x4F
BEFORE = [
    "42 is 0x2a, 753664 is 0x000b8000",
    "not ASCII: ■■",
    [("%x" % color, color) for color in range(16)],
    "before",
]
# As it was printed, byte for byte: no colour reaches the line.
SAID = """42 is 0x2a, 753664 is 0x000b8000
not ASCII: ä
0123456789abcdef
before
"""
MESSAGE = "kernel panic at kernel/demo.c:10: value -7, 0xbeef"


def has(kernel, path):
    """Whether the kernel's tree has this file."""
    return os.path.exists(os.path.join(kernel.tree, path))


def variant(kernel):
    """The image whose demo panics."""
    return scratch.variant(kernel, "panic", {"src/kernel/demo.c": DEMO})


def shown(machine):
    """What the screen shows from the message on; the rows before are as
    they must be, and so is every colour."""
    lines = Report(machine.screen()).lines
    screen.expect(machine, BEFORE + [[(line, WHITE_ON_RED)]
                                     for line in lines], YELLOW)
    assert lines[0] == MESSAGE, "the message is %r" % lines[0]
    return lines


def test_a_panic_says_what_and_where(kernel):
    """White on red, on a line of its own, below what was there, and from
    chapter 5 on who called whom; then the processor rests, and nothing
    goes on.  The serial line says the same."""
    image = variant(kernel)
    elf = Elf(os.path.splitext(image)[0] + ".elf")
    machine = kernel.machine(image=image)
    rest(machine)
    lines = shown(machine)
    if has(kernel, "src/lib/backtrace.c"):
        report = Report(machine.screen())
        check_callers(report, elf, ["give_up", "demo", "kernel_main"])
        assert len(lines) == 1 + len(report.callers), "\n".join(
            ["it says more than it should:"] + lines)
    else:
        assert len(lines) == 1, "\n".join(["it says more:"] + lines)
    where = screen.cursor(machine)
    below = len(BEFORE) + len(lines)
    assert where == (below, 0), "the cursor is at %s" % (where,)
    shape = screen.crtc(machine, 0x0A), screen.crtc(machine, 0x0B)
    assert shape == (14, 15), "its scan lines are %d to %d" % shape
    registers = machine.registers()
    assert not registers["rflags"] & 0x200, "it rests with interrupts on"
    function = function_at(elf, registers["rip"])
    assert function not in ("give_up", "demo", "kernel_main"), (
        "the processor is in %s" % function)
    check_loop(machine)
    if has(kernel, "src/drivers/serial.c"):
        said = machine.serial()
        assert said == SAID + "\n".join(lines) + "\n", (
            "the serial line says %r" % said)


def test_it_says_so_without_a_serial_port(kernel):
    """Nothing hangs, and the screen is the same."""
    with Unplugged(variant(kernel), without="serial") as machine:
        rest(machine)
        shown(machine)


DEEP = r"""
#include "kernel/demo.h"

#include "lib/panic.h"

static volatile unsigned depth = 60;

static void __attribute__((noinline)) recurse(unsigned left)
{
    if (left == 0) {
        panic("%s", "so deep that the callers would fill two screens, "
              "and with a message of more than a row");
    }
    recurse(left - 1);
}

void demo(void)
{
    recurse(depth);
}
"""


def test_a_report_keeps_its_headline(kernel):
    """The list of callers ends when the screen is full, and the line
    that says what happened is still there."""
    image = scratch.variant(kernel, "deep", {"src/kernel/demo.c": DEEP})
    machine = kernel.machine(image=image)
    rest(machine)
    shown = machine.screen()
    assert "kernel panic at kernel/demo.c" in shown.text, shown.text
    if has(kernel, "src/lib/backtrace.c"):
        callers = shown.text.count("called from")
        assert callers == 20, "%d callers:\n%s" % (callers, shown.text)
