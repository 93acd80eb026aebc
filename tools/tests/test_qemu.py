"""The library over QEMU, and `make run`, `make debug` and `make log`."""

import contextlib
import io
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import faults  # noqa: E402
import qemu  # noqa: E402

KERNEL = """\
#include <stdint.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/console.h"
#include "kernel/kernel.h"
#include "lib/terminal.h"

%s

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    %s
    for (;;) {
    }
}
"""

# An invalid-opcode handler that begins with an invalid opcode.
STORM = ("""\
static uint64_t idt[2 * 32];
static struct { uint16_t limit; uint64_t base; } __attribute__((packed))
    pointer = {sizeof(idt) - 1, 0};
void storm(void);
__asm__(".globl storm\\nstorm: mov $0x180000, %rsp\\nud2");
""", """\
    uint64_t handler = (uint64_t)storm;
    idt[12] = (handler & 0xffff) | 8 << 16 | 0x8e00ul << 32
        | (handler >> 16) << 48;
    pointer.base = (uint64_t)idt;
    kprintf("here it comes");
    __asm__ volatile("lidt %0; ud2" : : "m"(pointer));
""")

# Shows every scan code that the keyboard sends.
KEYS = ("""\
static uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
""", """\
    kprintf("ready\\n");
    for (;;) {
        if (in(0x64) & 1) {
            kprintf("%x ", in(0x60));
        }
    }
""")

# A timer that counts in the corner of the screen, and a keyboard whose
# keys are written; each is worth some steps of work.
TICKS = """\
static uint8_t in(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %%1, %%0" : "=a"(value) : "Nd"(port));
    return value;
}

static void out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %%0, %%1" : : "a"(value), "Nd"(port));
}

struct frame;
static volatile uint16_t *const screen = (uint16_t *)0xb8000;
static volatile unsigned ticks;

__attribute__((interrupt)) static void on_timer(struct frame *frame)
{
    (void)frame;
    const char *text = "ticks:";
    for (unsigned i = 0; text[i]; i++) {
        screen[66 + i] = (uint16_t)(0x0e00 | text[i]);
    }
    unsigned rest = ++ticks;
    for (unsigned i = 79; rest; i--, rest /= 10) {
        screen[i] = (uint16_t)(0x0e00 | ('0' + rest %% 10));
    }
    out(0x20, 0x20);
}

__attribute__((interrupt)) static void on_key(struct frame *frame)
{
    static const char map[] = "??1234567890-=\\b\\tqwertyuiop[]\\n?asdfghjkl"
        ";'`?\\\\zxcvbnm,./?*? ";
    static int shift;
    (void)frame;
    for (volatile unsigned i = 0; i < %d; i++) {
    }
    uint8_t code = in(0x60);
    if ((code & 0x7f) == 0x2a) {
        shift = !(code & 0x80);
    } else if (code < sizeof(map)) {
        char c = map[code];
        kprintf("%%c", shift && c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    out(0x20, 0x20);
}

static uint64_t idt[2 * 48];
static struct { uint16_t limit; uint64_t base; } __attribute__((packed))
    pointer = {sizeof(idt) - 1, 0};

static void gate(unsigned vector, void (*handler)(struct frame *))
{
    uint64_t at = (uint64_t)handler;
    idt[2 * vector] = (at & 0xffff) | 8 << 16 | 0x8e00ul << 32
        | (at >> 16 & 0xffff) << 48;
}

static void start(unsigned rate)
{
    static const uint8_t pic[][2] = {
        {0x20, 0x11}, {0xa0, 0x11}, {0x21, 32}, {0xa1, 40}, {0x21, 4},
        {0xa1, 2}, {0x21, 1}, {0xa1, 1}, {0x21, 0xfc}, {0xa1, 0xff}};
    gate(32, on_timer);
    gate(33, on_key);
    pointer.base = (uint64_t)idt;
    __asm__ volatile("lidt %%0" : : "m"(pointer));
    for (unsigned i = 0; i < sizeof(pic) / 2; i++) {
        out(pic[i][0], pic[i][1]);
    }
    out(0x43, 0x34);
    out(0x40, (uint8_t)(1193182 / rate));
    out(0x40, (uint8_t)(1193182 / rate >> 8));
    while (in(0x64) & 1) {
        in(0x60);
    }
    kprintf("type: ");
    __asm__ volatile("sti");
}
"""


def ticking(then, rate=100, steps=0):
    """A kernel with a timer and a keyboard that then does something."""
    return TICKS % steps, (
        "start(%d);\n    %s" % (rate, then))


SLEEP = "for (;;) { __asm__ volatile(\"hlt\"); }"

KERNELS = {
    "ticks": ticking(SLEEP),
    "thousand": ticking(SLEEP, rate=1000),
    "slow": ticking(SLEEP, steps=4000000),
    "works": ticking(""),
    "talks": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                     " if (ticks % 10 == 0) { kprintf(\"%u \", ticks); } }"),
    "row": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                   " screen[10 + ticks % 40]++; }"),
    "rows": ticking("for (;;) { __asm__ volatile(\"hlt\");"
                    " screen[800 + ticks % 2 * 80]++; }"),
    "late": ticking("for (volatile unsigned i = 0; i < 400000000; i++) { }"
                    " kprintf(\"done\"); " + SLEEP),
    "deaf": ("", "__asm__ volatile(\"hlt\");"),
    "storm": STORM,
    "keys": KEYS,
    "success": ("", "serial_drain(); qemu_exit(QEMU_SUCCESS);"),
    "reset": ("", 'kprintf("good bye"); __asm__ volatile("ud2");'),
    "timer": ("", '__asm__ volatile("sti");'),
    "spin": ("", 'console_set_color(COLOR_WHITE, COLOR_RED);'
                 ' kprintf("red alert");'),
    "busy": ("", 'for (unsigned i = 0;; i++) { kprintf("%u\\n", i); }'),
}


def setUpModule():
    """Builds the kernels in a copy of the project."""
    Lab.directory = tempfile.mkdtemp(prefix="qemu test, ")
    unittest.addModuleCleanup(shutil.rmtree, Lab.directory)
    for name in ("04-testing", "tools"):
        shutil.copytree(os.path.join(ROOT, name), Lab.path(name),
                        ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(os.path.join(ROOT, "common.mk"), Lab.directory)
    names = []
    for name, parts in KERNELS.items():
        with open(Lab.path("04-testing/tests/%s.c" % name), "w",
                  encoding="utf-8") as file:
            file.write(KERNEL % parts)
        names.append("../build/04-testing/tests/%s.iso" % name)
    # Warnings (unused headers and the like) do not matter here.
    done = subprocess.run(
        ["make", "-j2"] + names + ["../build/04-testing/kernel.iso"],
        cwd=Lab.path("04-testing"), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False, universal_newlines=True)
    if done.returncode != 0:
        raise AssertionError(done.stdout)


class Lab:
    """The copy of the project."""

    directory = None

    @classmethod
    def path(cls, *parts):
        """A path in the copy."""
        return os.path.join(cls.directory, *parts)

    @classmethod
    def image(cls, name):
        """One of the images."""
        if name == "kernel":
            return cls.path("build/04-testing/kernel.iso")
        return cls.path("build/04-testing/tests", name + ".iso")

    @classmethod
    def run(cls, *arguments, **environment):
        """Runs tools/run.py as make does; standard input is no terminal."""
        clean = {name: value for name, value in os.environ.items()
                 if name not in ("DISPLAY", "WAYLAND_DISPLAY", "TIMEOUT")}
        return subprocess.run(
            [sys.executable, cls.path("tools/run.py"), *arguments],
            cwd=cls.path("04-testing"), env={**clean, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, universal_newlines=True,
            timeout=200)


class MachineTest(unittest.TestCase):
    """class Machine."""

    def setUp(self):
        self.addCleanup(self.assert_nothing_left)
        self.directories = []

    def machine(self, name, **options):
        """A machine that ends with the test."""
        machine = qemu.Machine(Lab.image(name), **options)
        self.addCleanup(machine.close)
        machine.start()
        self.directories.append((machine.directory, machine.process.pid))
        return machine

    def assert_nothing_left(self):
        """No directory and no process of the machines is left."""
        for directory, process in self.directories:
            self.assertFalse(os.path.exists(directory))
            with self.assertRaises(OSError):
                os.kill(process, 0)

    def test_screen(self):
        machine = self.machine("spin")
        screen = machine.wait_screen("red alert")
        self.assertEqual(screen.lines[0], "red alert")
        self.assertEqual(len(screen.lines), 25)
        self.assertEqual(screen.cells[0][0], ("r", 0x4F))
        self.assertEqual(screen.text, "red alert")

    def test_screen_shows_glyphs(self):
        screen = qemu.Screen(bytes([0xFE, 7, 0, 7, 1, 7, 10, 7] + [0, 0] *
                                   1996))
        self.assertEqual(screen.lines[0], "■ ☺◙")

    def test_serial(self):
        machine = self.machine("kernel")
        self.assertIn("Hello World!", machine.wait_serial("serial port"))
        self.assertIn("Hello World!\n", machine.serial())

    def test_exit(self):
        machine = self.machine("success")
        self.assertEqual(machine.wait_exit(), qemu.EXIT_SUCCESS)
        with self.assertRaisesRegex(qemu.MachineEnded, "status 33"):
            machine.screen()

    def test_reset_and_limit(self):
        machine = self.machine("reset")
        self.assertEqual(machine.wait_exit(), 0)
        self.assertEqual(machine.how_it_ended(), "the machine was reset")
        machine = self.machine("spin")
        with self.assertRaises(qemu.LimitPassed):
            machine.wait_exit(0.5, scaled=False)

    def test_the_end_is_noticed_while_waiting(self):
        machine = self.machine("reset")
        with self.assertRaisesRegex(qemu.MachineEnded,
                                    "(?s)was reset.*does not say 'hello'"):
            machine.wait_serial("hello", 30)

    def test_limit_says_what_came(self):
        machine = self.machine("spin")
        machine.wait_screen("red alert")
        with mock.patch.dict(os.environ, TIMEOUT="1"):
            with self.assertRaisesRegex(qemu.LimitPassed,
                                        "(?s)'hello'; it shows.*red alert"):
                machine.wait_screen("hello", 30)

    def test_stay(self):
        machine = self.machine("reset", stay=True, log="int,cpu_reset")
        self.assertIsNone(machine.wait_exit())
        self.assertIn("good bye", machine.screen().text)
        machine.close()
        self.assertTrue(faults.Log(machine.log()).triple_fault)

    def test_keys(self):
        machine = self.machine("keys")
        machine.wait_screen("ready")
        machine.key("shift", "a")
        machine.wait_serial("2a 1e 9e aa")
        before = len(machine.serial())

        def answered():
            return machine.serial().count(" ", before) // 2

        machine.type("x" * 100, echoed=answered)
        machine.wait_serial(lambda text: text.count("2d ", before) == 100
                            and text.count("ad ", before) == 100)

    def test_registers_and_memory(self):
        machine = self.machine("kernel")
        machine.wait_screen(lambda screen: "serial port" in screen.text)
        registers = machine.registers()
        self.assertEqual(registers["cr0"] & 0x80000001, 0x80000001)
        self.assertEqual(registers["efer"] & 0x500, 0x500)
        self.assertEqual(registers["cs"], 8)
        self.assertEqual(machine.memory(0xB8000, 2)[:1], b"H")
        self.assertEqual(machine.memory(registers["rip"], 8, virtual=True),
                         machine.memory(registers["rip"], 8))
        self.assertIn("-rw", machine.monitor("info mem"))
        qemu.Machine._wait(machine, machine.halted_for_ever, 5,
                           lambda: "it does not halt")

    # Rest

    def rest_of(self, name, seconds=20, **options):
        """The machine of a kernel, when it has come to rest, and how
        long that took."""
        machine = self.machine(name, **options)
        start = time.monotonic()
        machine.wait_rest(seconds)
        return machine, time.monotonic() - start

    def test_rest_of_a_kernel_that_halts_for_ever(self):
        machine, _ = self.rest_of("deaf")
        self.assertTrue(machine.rest.for_ever)
        self.assertEqual(machine.rest.moving, set())

    def test_rest_of_a_kernel_with_a_timer(self):
        for name in ("ticks", "thousand"):
            machine, _ = self.rest_of(name)
            self.assertFalse(machine.rest.for_ever)
            self.assertTrue(machine.rest.moving)
            self.assertTrue(machine.rest.moving
                            <= {(0, c) for c in range(66, 80)})
            self.assertIn("type:", machine.screen().text)

    def test_rest_of_a_kernel_that_works_first(self):
        machine, _ = self.rest_of("late", 60)
        self.assertIn("done", machine.screen().text)

    def test_no_rest(self):
        for name, words in (
                ("works", r"slept in 0 of \d+ looks and is at 0x1"),
                ("talks", "what it shows keeps changing"),
                ("row", "what it shows keeps changing"),
                ("rows", "what it shows keeps changing"),
                ("spin", "slept in 0 of")):
            with mock.patch.dict(os.environ, TIMEOUT="3"):
                with self.assertRaisesRegex(
                        qemu.LimitPassed, "did not come to rest: .*" + words,
                        msg=name):
                    self.rest_of(name)

    def test_end_before_rest(self):
        with self.assertRaisesRegex(qemu.MachineEnded, "was reset"):
            self.rest_of("reset")

    # Typing

    def test_typing(self):
        machine, _ = self.rest_of("ticks")
        text = "Hello, World<shift-,><ctrl><enter>abc<backspace><up>" * 3
        machine.type(text)
        machine.wait_rest()
        written = machine.serial().split("type: ")[1]
        self.assertEqual(written.replace("\b \b", "\b"),
                         "Hello, World,?\nabc\b" * 3)

    def test_qemu_knows_all_keys(self):
        machine = self.machine("spin")
        for names in qemu.parse_keys("".join(
                "<%s>" % name for name in qemu.NAMED_KEYS)):
            machine.key(*names)
        with self.assertRaises(qemu.QemuError):
            machine.key("no such key")

    def test_typing_for_a_slow_kernel(self):
        machine, _ = self.rest_of("slow")
        machine.type("abcdefghijklmnopqrstuvwxyz" * 2)
        machine.wait_rest()
        self.assertIn("type: " + "abcdefghijklmnopqrstuvwxyz" * 2,
                      machine.serial())

    def test_typing_for_a_deaf_kernel_ends(self):
        machine, _ = self.rest_of("deaf")
        start = time.monotonic()
        machine.type("abcdef")
        self.assertLess(time.monotonic() - start, 10 * qemu.busyness())
        self.assertTrue(machine.alive())

    def test_screendump(self):
        machine = self.machine("kernel")
        machine.wait_screen("serial port")
        path = Lab.path("screen.png")
        machine.screendump(path)
        with open(path, "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def test_machines_and_memories(self):
        for options in ({"machine": "q35"}, {"memory": "64M"},
                        {"cpu": "max"}, {"disk": True}):
            machine = self.machine("success", **options)
            self.assertEqual(machine.wait_exit(), 33, options)

    @unittest.skipUnless(shutil.which("gdb"), "needs gdb")
    def test_gdb(self):
        machine = self.machine("kernel", gdb=True, paused=True)
        output = machine.run_gdb(Lab.path("build/04-testing/kernel.elf"), [
            "break kernel_main", "continue", "info registers rip"])
        self.assertRegex(output, r"Breakpoint 1, kernel_main")

    def test_missing_qemu(self):
        with mock.patch.dict(os.environ, QEMU="no-such-qemu"):
            with self.assertRaisesRegex(qemu.QemuMissing,
                                        r"no-such-qemu\) is missing"):
                qemu.Machine(Lab.image("spin")).start()

    def test_missing_image(self):
        with self.assertRaisesRegex(qemu.QemuMissing, "run make first"):
            qemu.Machine("no-such.iso").start()

    def test_qemu_that_refuses(self):
        with self.assertRaisesRegex(qemu.MachineEnded, "-no-such-flag"):
            qemu.Machine(Lab.image("spin"), flags=["-no-such-flag"]).start()

    def test_commands_refused(self):
        with self.assertRaisesRegex(qemu.QemuError, "no-such-command"):
            self.machine("spin").qmp("no-such-command")


class KeysTest(unittest.TestCase):
    """The notation of what is typed."""

    def test_keys(self):
        for text, keys in (
                ("aB?", ["a", "shift b", "shift slash"]),
                ("<enter><backspace>", ["ret", "backspace"]),
                ("<tab><escape><up><f2>", ["tab", "esc", "up", "f2"]),
                ("<shift-a>", ["shift a"]),
                ("<caps lock>x<shift>", ["caps_lock", "x", "shift"]),
                ("<ctrl-c><alt-x>", ["ctrl c", "alt x"]),
                ("<altgr-q>", ["alt_r q"]),
                ("<ctrl-alt-delete>", ["ctrl alt delete"]),
                ("<shift-,><shift-.>>", ["shift comma", "shift dot",
                                         "shift dot"]),
                ("<ctrl--><->", ["ctrl minus", "minus"]),
                ("<keypad -><keypad 5>", ["kp_subtract", "kp_5"]),
                ("a b\n", ["a", "spc", "b", "ret"]), ("", [])):
            self.assertEqual([" ".join(names) for names
                              in qemu.parse_keys(text)], keys, text)

    def test_what_is_no_key(self):
        for text, words in (("<entre>", "no key <entre>: alt, "),
                            ("a<b", "the key of `<` is <shift-,>"),
                            ("<shift-A>", "no key <shift-A>"),
                            ("<ctrl->", "no key"), ("<>", "begins a key"),
                            ("é", "no key of a US keyboard")):
            with self.assertRaisesRegex(ValueError, words, msg=text):
                qemu.parse_keys(text)


class LimitTest(unittest.TestCase):
    """Time limits."""

    def test_never_below_what_was_asked(self):
        with mock.patch.dict(os.environ, TIMEOUT=""):
            self.assertGreaterEqual(qemu.limit(3), 3)

    def test_override(self):
        with mock.patch.dict(os.environ, TIMEOUT="1.5"):
            self.assertEqual(qemu.limit(100), 1.5)
        with mock.patch.dict(os.environ, TIMEOUT="soon"):
            with self.assertRaisesRegex(qemu.QemuError, "number of seconds"):
                qemu.limit(1)

    def test_slowness_that_is_told(self):
        with mock.patch.dict(os.environ, SLOWNESS="3.5", TIMEOUT=""):
            self.assertEqual(qemu.slowness(), 3.5)
            self.assertGreaterEqual(qemu.limit(2), 7)
        with mock.patch.dict(os.environ, SLOWNESS="very"):
            with self.assertRaisesRegex(qemu.QemuError, "is a number, not"):
                qemu.slowness()

    def test_slow_machine(self):
        with mock.patch.object(qemu, "_slowness", 7.0):
            with mock.patch.dict(os.environ, TIMEOUT=""):
                self.assertGreaterEqual(qemu.limit(1), 7)

    def test_calibration_ends_by_itself(self):
        self.assertLess(qemu.calibrate(), 30)


class RunTest(unittest.TestCase):
    """tools/run.py run."""

    def test_without_terminal(self):
        done = Lab.run("run", Lab.image("kernel"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\AOn the screen:\n\nHello World!\n")
        self.assertRegex(done.stdout, r"On the serial line:\n\nHello World!")
        self.assertIn("The kernel has halted", done.stdout)

    def test_kernel_that_is_never_still(self):
        done = Lab.run("run", Lab.image("busy"))
        self.assertIn("still ran when QEMU was stopped", done.stdout)

    def test_kernel_that_spins(self):
        done = Lab.run("run", Lab.image("spin"))
        self.assertIn("red alert", done.stdout)
        self.assertIn("Nothing has changed", done.stdout)

    def test_kernel_with_a_timer(self):
        start = time.monotonic()
        done = Lab.run("run", Lab.image("ticks"))
        self.assertRegex(done.stdout, r"type: +ticks: +\d+\n")
        self.assertIn("The kernel waits for interrupts; QEMU was stopped",
                      done.stdout)
        self.assertLess(time.monotonic() - start, 4 * qemu.limit(1))

    def test_kernel_with_a_timer_that_works(self):
        done = Lab.run("run", Lab.image("works"))
        self.assertIn("The kernel still ran", done.stdout)

    def test_reset_is_told(self):
        done = Lab.run("run", Lab.image("reset"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("good bye", done.stdout)
        self.assertIn("The machine was reset.  `make log`", done.stdout)

    def test_errors_are_one_line(self):
        for arguments, environment, words in (
                (["run", "no.iso"], {}, "no.iso does not exist"),
                (["log", "no.iso"], {}, "no.iso does not exist"),
                (["run", Lab.image("spin")], {"QEMU": "nope"}, "is missing"),
                (["debug", Lab.image("spin")], {"GDB": "nope"},
                 r"GDB \(nope\) is missing"),
                (["run", Lab.image("spin")], {"DISPLAY_MODE": "cinema"},
                 "window, curses or none")):
            done = Lab.run(*arguments, **environment)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"\Amake \w+: .*%s.*\n\Z" % words)

    def test_choice_of_display(self):
        import run as tool  # pylint: disable=import-outside-toplevel
        cases = (
            # DISPLAY, what QEMU offers, at a terminal: the choice
            (":0", ["gtk", "curses"], True, "gtk"),
            (":0", ["sdl", "curses"], False, "sdl"),
            (":0", ["none", "curses"], True, "curses"),
            ("", ["gtk", "curses"], True, "curses"),
            ("", ["gtk"], True, "none"),
            ("", ["gtk", "curses"], False, "none"))
        for display, offered, terminal, choice in cases:
            with mock.patch.dict(os.environ, DISPLAY=display,
                                 WAYLAND_DISPLAY=""), \
                    mock.patch.object(tool.platform, "system",
                                      return_value="Linux"), \
                    mock.patch.object(qemu, "displays",
                                      return_value=offered), \
                    mock.patch.object(tool, "has_terminal",
                                      return_value=terminal):
                self.assertEqual(tool.choose_display(None), choice)

    @unittest.skipUnless("curses" in qemu.displays(), "needs curses")
    def test_terminal(self):
        """Somebody at a terminal leaves by Esc, 2, quit, unhurried."""
        output = b""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(Lab.path("04-testing"))
            os.environ["TERM"] = "xterm"
            for name in ("DISPLAY", "WAYLAND_DISPLAY"):
                os.environ.pop(name, None)
            os.execv(sys.executable, [sys.executable, "../tools/run.py",
                                      "run", Lab.image("kernel")])

        def read_until(words, seconds=30):
            nonlocal output
            deadline = time.monotonic() + seconds
            while words not in output:
                self.assertLess(time.monotonic(), deadline, output[-500:])
                if select.select([terminal], [], [], 0.1)[0]:
                    try:
                        output += os.read(terminal, 65536)
                    except OSError:
                        break

        read_until(b"press Enter")
        self.assertIn(b"press Esc, then 2, and type `quit`", output)
        os.write(terminal, b"\n")
        read_until(b"Hello World!")
        for keys in (b"\x1b", b"2"):
            os.write(terminal, keys)
            time.sleep(0.3)
        read_until(b"(qemu)")
        os.write(terminal, b"quit\n")
        read_until(b"no such words")  # to the end
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        os.close(terminal)
        with open(Lab.path("build/04-testing/kernel.serial.txt"),
                  encoding="utf-8") as file:
            self.assertIn("Hello World!", file.read())


class DebugTest(unittest.TestCase):
    """tools/run.py debug."""

    @unittest.skipUnless(shutil.which("gdb"), "needs gdb")
    def test_unattended(self):
        done = Lab.run("debug", Lab.image("kernel"),
                       GDB_FLAGS="-nx -batch -ex continue -ex 'info line'")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"Breakpoint 1, kernel_main \(")
        self.assertIn("src/kernel/main.c", done.stdout)

    @unittest.skipUnless(shutil.which("gdb"), "needs gdb")
    def test_gdb_that_does_not_end(self):
        done = Lab.run("debug", Lab.image("spin"), TIMEOUT="3", GDB_FLAGS=(
            "-nx -batch -ex continue -ex continue"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("GDB did not come to an end", done.stdout)


class LogTest(unittest.TestCase):
    """tools/run.py log."""

    def test_triple_fault(self):
        done = Lab.run("log", Lab.image("reset"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?s)A triple fault reset the machine"
                         r".*1\. invalid opcode \(vector 6\) at 0x\w+, "
                         r"kernel_main\+0x\w+ \(tests/reset\.c:\d+\).*"
                         r"no interrupt descriptor table is loaded.*"
                         r"2\. general protection fault \(vector 13\).*"
                         r"about entry 6 of the IDT.*3\. double fault")
        self.assertRegex(done.stdout, r"(?s)On the screen:\n.*good bye")

    def test_interrupt_that_nobody_expects(self):
        done = Lab.run("log", Lab.image("timer"))
        self.assertRegex(done.stdout, r"1\. interrupt 0 of the PIC at the "
                         r"vector that the firmware gave it \(vector 8\)")

    def test_no_reset(self):
        done = Lab.run("log", Lab.image("kernel"))
        self.assertIn("No reset happened.  The kernel halted", done.stdout)
        self.assertIn("took no exception and no interrupt", done.stdout)

    def test_kernel_that_goes_on(self):
        done = Lab.run("log", Lab.image("spin"), TIMEOUT="2")
        self.assertIn("No reset happened.  QEMU was stopped after 2 s",
                      done.stdout)
        self.assertRegex(done.stdout, r"It was at .*tests/spin\.c:\d+")

    def test_fault_storm(self):
        done = Lab.run("log", Lab.image("storm"), TIMEOUT="4")
        self.assertIn("No reset happened.", done.stdout)
        self.assertRegex(done.stdout, r"invalid opcode \(vector 6\) at "
                         r"0x\w+, storm\+0x\w+.*, \d{3,} times")
        path = re.search(r"QEMU's log is in (\S.*), its last", done.stdout)[1]
        size = os.path.getsize(Lab.path("04-testing", path))
        self.assertGreater(size, 1 << 20)
        self.assertLessEqual(size, 2 << 20)


class FaultsTest(unittest.TestCase):
    """Error codes and registers in words, without a machine."""

    def explained(self, vector, error, cr2=0):
        """The explanation of an error code."""
        fault = faults.Fault(vector, error, False, 0x100000)
        fault.cr2 = cr2
        return faults.explain_error(fault)

    def test_page_faults(self):
        self.assertEqual(
            self.explained(14, 0x2, 0xDEADBEEF), "a write to address "
            "0xdeadbeef, where no page is present (error code 0x2)")
        self.assertIn("an instruction fetch from address 0x0, whose page is "
                      "present but forbids it", self.explained(14, 0x11))
        self.assertIn("from user mode", self.explained(14, 0x4))
        self.assertIn("reserved bit", self.explained(14, 0x9))

    def test_selectors(self):
        self.assertIn("entry 3 of the IDT", self.explained(13, 3 << 3 | 2))
        self.assertIn("entry 5 (selector 0x28) of the GDT",
                      self.explained(11, 0x28))
        self.assertIn("error code 0", self.explained(13, 0))
        self.assertIsNone(self.explained(6, 0))

    def test_empty_log(self):
        log = faults.Log("")
        self.assertFalse(log.triple_fault)
        with contextlib.redirect_stderr(io.StringIO()):
            symbols = faults.Symbols("/no/such/file.elf")
        self.assertEqual(symbols.place(0x1234),
                         "0x1234, outside the kernel's code")
        self.assertEqual(faults.explain_faults(log, symbols), [])


if __name__ == "__main__":
    unittest.main()
