"""The timer and the keyboard of a kernel that echoes what is typed and
counts ticks in a corner: looked at, and typed at, from outside.  Where
the tree's demo does something else, a kernel with the demo below.

needs: src/drivers/pic.c src/drivers/pit.c src/drivers/keyboard.c
needs: src/kernel/timer.c src/kernel/demo.c src/kernel/console.c linker.ld
limit: 60
once: src/drivers/pic.* src/drivers/pit.* src/kernel/timer.* src/sync/*
once: src/drivers/keyboard.* src/lib/scancode.* src/lib/layout.*
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
once: src/lib/terminal.* src/lib/format.* src/arch/interrupts.*
once: src/arch/gdt.* src/arch/stacks.*
"""

import os
import random
import re
import string
import time

from machine import qemu

from support import scratch, screen
from support.boot import rest
from support.elf import Elf
from support.gdb import Gdb
from support.start import Start

ACPI_HERTZ = 3579545
CORNER = 10         # columns for the ticks, at the end of the first row
FULL = 1 << 0       # in the keyboard controller's status

DEMO = r"""
#include "kernel/demo.h"

#include <stddef.h>

#include "drivers/keyboard.h"
#include "drivers/vga.h"
#include "kernel/console.h"
#include "kernel/timer.h"
#include "lib/format.h"
#include "lib/scancode.h"

static void show_ticks(uint64_t ticks)
{
    char text[11];
    format_to_buffer(text, sizeof(text), "%10lu", ticks);
    for (size_t i = 0; text[i] != '\0'; i++) {
        vga_cells()[VGA_COLUMNS - 10 + i] = (cell_t)(0x0700 | text[i]);
    }
}

static const struct {
    uint8_t code;
    const char *text;
} names[] = {
    {KEY_UP, "up"}, {KEY_DOWN, "down"}, {KEY_LEFT, "left"},
    {KEY_RIGHT, "right"}, {KEY_F1, "US layout"}, {KEY_F2, "German layout"},
};

static struct decoder decoder = {.layout = &layout_us};

static void show_key(struct key key)
{
    if (key.code == KEY_F1 || key.code == KEY_F2) {
        decoder_set_layout(&decoder, key.code == KEY_F1 ? &layout_us
                                                        : &layout_german);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].code == key.code) {
            kprintf("[%s]", names[i].text);
            return;
        }
    }
    kprintf("%c", key.character);
}

static void show_byte(uint8_t byte)
{
    struct key key;
    if (decoder_feed(&decoder, byte, &key)) {
        show_key(key);
    }
}

void demo(void)
{
    kprintf("Hello World!\n");
    timer_set_handler(show_ticks);
    keyboard_set_handler(show_byte);
}
"""

_images = {}
_starts = {}


def image(kernel):
    """The image whose demo echoes and counts."""
    if kernel.tree not in _images:
        with open(os.path.join(kernel.tree, "src/kernel/demo.c"),
                  encoding="utf-8") as file:
            demo = file.read()
        _images[kernel.tree] = kernel.image
        echo = os.path.join(kernel.tree, "src/kernel/echo.c")
        if not os.path.exists(echo) or "timer_set_handler" not in demo:
            _images[kernel.tree] = scratch.variant(
                kernel, "typing", {"src/kernel/demo.c": DEMO})
    return _images[kernel.tree]


class Booting:
    """The kernel where kernel_main begins, as often as needed."""

    def __init__(self, path):
        self.entry = Elf(os.path.splitext(path)[0] + ".elf").address(
            "kernel_main")
        self.start = Start(path, self.entry)
        self.machine = self.start.machine
        self._sent = self._said = 0

    def again(self):
        """Goes back."""
        self.start.again()

    def forget(self):
        """What came over the serial line does not count."""
        self._sent = self.machine.serial_size()
        self._said = len(self.machine.serial())

    def sent(self):
        """How many bytes have come since."""
        return self.machine.serial_size() - self._sent

    def said(self):
        """What has come since."""
        return self.machine.serial()[self._said:]

    def run(self):
        """Lets the kernel come to rest."""
        self.start.gdb.go()
        rest(self.machine)
        self.forget()
        return self

    def spin(self):
        """Lets it stand, but run: a jump to itself is where kernel_main
        begins.  What was there is returned."""
        before = self.start.gdb.memory(self.entry, 2)
        self.start.gdb.write(self.entry, b"\xeb\xfe")
        self.start.gdb.go()
        return before

    def unspin(self, before):
        """Stops it again, and puts the first instruction back."""
        self.machine.qmp("stop")
        self.start.gdb.close()
        self.start.gdb = Gdb(self.machine)
        self.start.gdb.write(self.entry, before)


def booting(kernel):
    """The kernel at its beginning, come again."""
    path = image(kernel)
    if path not in _starts:
        _starts[path] = Booting(path)
    else:
        _starts[path].again()
    return _starts[path]


def without_corner(machine):
    """The screen's cells without those of the ticks."""
    cells = screen.cells(machine)
    cells[0] = cells[0][:-CORNER]
    return cells


def ticks(machine):
    """What the corner shows."""
    return int(machine.screen().lines[0][-CORNER:])


# --- The controllers --------------------------------------------------

def test_the_lines_are_moved_and_masked(kernel):
    """From vector 32 on; only the timer and the keyboard are open, and
    nothing stays in service."""
    machine = booting(kernel).run().machine
    text = machine.monitor("info pic")
    chips = {int(number): dict(re.findall(r"(\w+)=([0-9a-f]+)", line))
             for number, line in re.findall(r"^pic(\d): (.*)$", text, re.M)}
    for number, base, masks in ((0, 0x20, 0xFC), (1, 0x28, 0xFF)):
        found = {name: int(chips[number][name], 16)
                 for name in ("irq_base", "imr", "isr")}
        # An interrupt may just be served.
        if found["isr"] == 1:
            found["isr"] = 0
        wanted = {"irq_base": base, "imr": masks, "isr": 0}
        assert found == wanted, "controller %d: %s" % (number, text)


def test_only_the_ticks_move(kernel):
    """The counter grows, and every other cell stays as it is, the cursor
    too; nothing comes over the serial line."""
    now = booting(kernel).run()
    machine = now.machine
    before = without_corner(machine), screen.cursor(machine)
    count = ticks(machine)
    machine.wait_screen(lambda _: ticks(machine) >= count + 20)
    assert machine.screen().lines[0].startswith("Hello World!  "), (
        machine.screen().text)
    after = without_corner(machine), screen.cursor(machine)
    assert after == before, machine.screen().text
    assert now.sent() == 0, "the serial line says %r" % now.said()


def test_the_ticks_keep_time(kernel):
    """100 in a second of the machine's own clock (the ACPI timer of its
    chipset, 3.579545 MHz), whatever ours says: time there is counted in
    instructions, and sleep takes none."""
    machine = kernel.machine(image=image(kernel), accel="tcg",
                             flags=["-icount", "shift=4,sleep=off"])

    def look():
        machine.qmp("stop")
        while machine.registers()["hlt"] != 1:
            # The counter may be half written.
            machine.qmp("cont")
            machine.qmp("stop")
        clock = machine.monitor("i /w 0x608")   # in 32 bits
        count = ticks(machine)
        machine.qmp("cont")
        return count, int(clock.split("=")[1], 16)

    machine.wait_screen(lambda shown: re.fullmatch(r"Hello World! +\d+",
                                                   shown.lines[0]))
    first, clock = look()
    count = first
    while count < first + 500:
        count, now = look()
    # The clock has 24 bits and may have gone round some times.
    round_trip = (1 << 24) / ACPI_HERTZ * 100
    away = (count - first - ((now - clock) & 0xFFFFFF) / ACPI_HERTZ * 100)
    away -= round(away / round_trip) * round_trip
    assert abs(away) <= 2 + 0.01 * (count - first), (
        "the clock is %.2f ticks away after %d" % (away, count - first))


def test_an_idle_kernel_sleeps(kernel):
    """Between interrupts the processor is halted, with interrupts on,
    and QEMU has next to nothing to do."""
    machine = booting(kernel).run().machine
    before, start = processor_seconds(machine), time.monotonic()
    if before is None:
        return
    count = ticks(machine)
    while time.monotonic() < start + 1 or ticks(machine) < count + 50:
        time.sleep(0.1)
    used = processor_seconds(machine) - before
    passed = time.monotonic() - start
    assert used < 0.25 * passed, "QEMU used %.2f of %.2f seconds" % (
        used, passed)


def processor_seconds(machine):
    """The processor time of QEMU so far; None where nobody tells."""
    try:
        with open("/proc/%d/stat" % machine.process.pid,
                  encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / 100.0


# --- The keyboard -----------------------------------------------------

def check_typed(kernel, keys, wanted, said=None):
    """What is typed appears below what was there, and goes over the
    serial line."""
    now = booting(kernel).run()
    row, column = screen.cursor(now.machine)
    assert column == 0, "the cursor is in column %d" % column
    now.machine.type(keys)
    lines = wanted.split("\n")
    try:
        now.machine.wait_screen(
            lambda shown: shown.lines[row:row + len(lines)] == lines)
    except qemu.LimitPassed:
        raise AssertionError("the screen shows\n%s\nexpected %r" % (
            now.machine.screen().text, wanted)) from None
    if said is None:
        said = wanted
    assert now.said() == said, "the serial line says %r, expected %r" % (
        now.said(), said)


def test_typing_with_shift_and_caps_lock(kernel):
    """Caps lock is for letters, and shift reverses it."""
    check_typed(kernel, "Hello, \"World\"! <caps lock>abC1-<caps lock>abC1_",
                'Hello, "World"! ABc1-abC1_')


def test_backspace_and_enter(kernel):
    """Backspace takes back what was typed, enter begins a line."""
    check_typed(kernel, "ax<backspace>b\ncd<keypad enter>e",
                "ab\ncd\ne", "ax\b" "b\ncd\ne")


def test_the_german_layout(kernel):
    """F2 chooses it and F1 goes back; what has no glyph shows as ■."""
    check_typed(kernel,
                "yz<f2>yz/<shift-7><altgr-q><altgr-7><altgr-0>Y=;<f1>yz/",
                "yz[German layout]zy-/@{}Z´ö[US layout]yz/"
                .replace("´", "■").replace("ö", "■"),
                "yz[German layout]zy-/@{}Z\ufffd\ufffd[US layout]yz/")


def test_keys_that_print_nothing(kernel):
    """Those that send more than one byte are told apart, and no
    modifier shows anything."""
    check_typed(kernel,
                "<up><keypad 8><left><pause><ctrl><alt><altgr><right shift>"
                "<right ctrl><down><right>a",
                "[up]8[left][down][right]a")


def test_a_thousand_keys(kernel):
    """Typed at the pace of the echo none is lost, and all come in
    order.  (A key with shift sends four bytes, and the keyboard keeps
    sixteen.)"""
    now = booting(kernel).run()
    row, _ = screen.cursor(now.machine)
    chosen = random.Random(7)    # the same in every run
    letters = string.ascii_letters + string.digits + " -=[];',./!@#$%^&*()"
    text = "".join(chosen.choice(letters) for _ in range(1000))
    now.machine.type(text.replace("<", "<shift-,>"), echoed=now.sent,
                     ahead=3)
    now.machine.wait_serial(lambda _: now.sent() >= len(text))
    assert now.said() == text, "the kernel says\n%s\nexpected\n%s" % (
        now.said(), text)
    shown = "".join(char for line in now.machine.screen().cells[row:]
                    for char, _ in line)
    assert shown.rstrip() == text.rstrip(), "the screen shows\n" + shown


def test_a_burst_beyond_the_queue(kernel):
    """Keys are lost, releases among them; what is typed then comes
    through, and no shift stays down that is pressed again."""
    now = booting(kernel).run()
    machine = now.machine
    machine.press("shift")
    for _ in range(20):
        machine.key(*("abcdefgh" "ijklmnop"))
    machine.release("shift")
    rest(machine)
    machine.type("<shift><right shift><ctrl>")
    now.forget()
    machine.type("ok1")
    machine.wait_serial(lambda _: now.sent() >= 3)
    assert now.said() == "ok1", "it says %r" % now.said()


def test_a_mouse_that_moved_first(kernel):
    """Firmware may leave the mouse switched on (here its controller is
    told to, as a BIOS would).  Its bytes, before the kernel listens and
    after, keep no key away."""
    now = booting(kernel)
    before = now.spin()
    machine = now.machine
    for port, value in ((0x64, 0xA8), (0x64, 0xD4), (0x60, 0xF4)):
        machine.monitor("o /b %#x %#x" % (port, value))
    machine.monitor("mouse_move 10 10")
    machine.wait_serial(lambda _: status(machine) & FULL)
    now.unspin(before)
    now.run()
    machine.monitor("mouse_move 20 20")
    machine.type("o")
    machine.wait_serial(lambda _: now.sent() >= 1)
    machine.monitor("mouse_move 30 30")
    machine.type("k")
    machine.wait_serial(lambda _: now.sent() >= 2)
    assert now.said() == "ok", "it says %r" % now.said()


def test_a_timer_that_is_missing(kernel):
    """It is said, and keys still come through."""
    machine = kernel.machine(image=image(kernel),
                             flags=["-machine", "pit=off"])
    machine.wait_screen(lambda shown: "No timer tick" in shown.text)
    rest(machine)
    said = len(machine.serial())
    machine.type("ok")
    machine.wait_serial(lambda _: machine.serial()[said:] == "ok")


def status(machine):
    """The keyboard controller's status."""
    return int(machine.monitor("i /b 0x64").split("=")[1], 16)


def test_keys_pressed_while_booting(kernel):
    """They fill the controller before the kernel listens; the keyboard
    lives, and a key that is let go later does no harm."""
    now = booting(kernel)
    before = now.spin()
    machine = now.machine
    machine.press("shift")
    for key in "abcdefghijklmnop":
        machine.key(key)
    machine.press("x")
    machine.wait_serial(lambda _: status(machine) & FULL)
    now.unspin(before)
    now.run()
    machine.release("x")
    machine.release("shift")
    machine.type("ok")
    machine.wait_serial(lambda _: now.sent() >= 2)
    assert now.said() == "ok", "it says %r" % now.said()
