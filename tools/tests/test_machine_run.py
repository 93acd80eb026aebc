"""`make run`, `make debug`, `make log`: tools/run.py as people meet it."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

from machine_lab import Lab
from common import files, waiting
from machine import qemu, show

RESET = "The machine was reset.  `make log` explains why."


def tearDownModule():
    """Removes the kernels."""
    Lab.remove()


class RunTest(unittest.TestCase):
    """make run without a display."""

    def test_what_is_shown(self):
        for name, words in (
                ("kernel", r"\AOn the screen:\n\nHello World!\n(?s:.*)"
                 r"On the serial line:\n\nHello World!(?s:.*)has halted"),
                ("busy", "still ran when QEMU was stopped"),
                ("spin", r"red alert(?s:.*)Nothing has changed"),
                ("ticks", r"type: +ticks: +\d+\n(?s:.*)"
                 "The kernel waits for interrupts; QEMU was stopped"),
                ("works", "The kernel still ran"),
                ("reboot", "again(?s:.*)The kernel asked for a reset"),
                ("off", "The kernel switched the machine off")):
            done = Lab.run("run", Lab.image(name))
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertRegex(done.stdout, words)

    def test_reset_is_told(self):
        done = Lab.run("run", Lab.image("reset"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("good bye", done.stdout)
        self.assertIn(RESET, done.stdout)

    def test_what_drives_terminals_is_shown(self):
        done = Lab.run("run", Lab.image("escapes"))
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("\\x1b[31mred\\x1b[2J", done.stdout)
        self.assertRegex(done.stdout, r"\nx{1000}…\n")

    def test_other_locales(self):
        done = Lab.run("run", Lab.image("escapes"), LC_ALL="C",
                       PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\nx{1000}\?\n")

    def test_output_that_is_not_read_to_its_end(self):
        """`make log | head` ends well, and in silence."""
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, Lab.path("tools/run.py"), "log",
             Lab.image("kernel")], env=Lab.environment(), stdout=writing,
            stderr=subprocess.PIPE, check=False)
        os.close(writing)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_errors_are_one_line(self):
        image = Lab.image("spin")
        with open(Lab.path("kernel.elf"), "wb"):
            pass
        for arguments, environment, words in (
                (["run", "no.iso"], {}, "no.iso does not exist"),
                (["log", "no.iso"], {}, "no.iso does not exist"),
                (["log", Lab.path("kernel.elf")], {}, "be booted yet"),
                (["debug", Lab.path("kernel.elf")], {}, "be booted yet"),
                (["run", image], {"QEMU": "nope"}, "is missing"),
                (["debug", image], {"GDB": "nope"}, r"GDB \(nope\) is miss"),
                (["debug", image], {"GDB_FLAGS": "-x '"}, "not closed"),
                (["run", image], {"QEMU_FLAGS": "-m 'x"}, "not closed"),
                (["run", image], {"ACCEL": "foo"}, "accelerator foo"),
                (["log", image], {"ACCEL": "foo"}, "accelerator foo"),
                (["run", image], {"TIMEOUT": "-1"}, "above 0"),
                (["run", image], {"DISPLAY_MODE": "cinema"},
                 "window, curses or none"),
                (["run", image], {"DISPLAY_MODE": "curses"},
                 "needs a terminal"),
                (["run", image], {"MACHINE": "bochs", "BOCHS": "nope"},
                 "Bochs is missing: install bochs"),
                (["log", image], {"MACHINE": "bochs"}, "only `make run`"),
                (["run", image], {"MACHINE": "cray"}, "qemu or bochs")):
            done = Lab.run(*arguments, **environment)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"\Amake \w+: .*%s.*\n\Z" % words)

    def test_killed_tool_leaves_nothing(self):
        """Whether the tool is killed, or the make above it."""
        image = Lab.image("spin")
        with open(Lab.path("Makefile"), "w", encoding="utf-8") as file:
            file.write("run:\n\t@$(MAKE) -f Makefile really\nreally:\n"
                       "\t@%s tools/run.py run '%s'\n"
                       % (sys.executable, image))
        for victim in ("make", "tool"):
            make = subprocess.Popen(
                ["make", "-s", "run"], cwd=Lab.directory,
                env=Lab.environment(SLOWNESS="60", DISPLAY_MODE="none"),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            tool, machine = waiting.until(
                lambda: descendants(make.pid)[2:4], 30 * qemu.busyness())
            os.kill(make.pid if victim == "make" else tool, signal.SIGKILL)
            make.wait()
            waiting.until(lambda: not any(map(runs, (tool, machine))),
                          10 * qemu.busyness(),
                          "after the end of the %s, one runs on" % victim)


def descendants(pid):
    """A process, its child, its child's child and so on: make, make, the
    tool, QEMU; none before all are there."""
    result = [pid]
    while True:
        said = subprocess.run(["ps", "-o", "pid=", "--ppid", str(result[-1])],
                              stdout=subprocess.PIPE, check=False).stdout
        if not said.split():
            return result if len(result) == 4 else []
        result.append(int(said.split()[0]))


def runs(pid):
    """Whether a process runs; one that only waits to be noticed does
    not."""
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)],
                          stdout=subprocess.PIPE, check=False).stdout
    return bool(said.strip()) and not said.startswith(b"Z")


class DisplayTest(unittest.TestCase):
    """Which display is chosen, and what happens if it can't be opened."""

    def test_choice(self):
        for display, offered, at_terminal, wanted, choices in (
                (":0", ["gtk", "curses"], True, None,
                 ["gtk", "curses", "none"]),
                (":0", ["sdl", "curses"], False, "", ["sdl", "none"]),
                ("", ["gtk", "curses"], True, None, ["curses", "none"]),
                ("", ["gtk", "curses"], False, None, ["none"]),
                ("", ["gtk", "sdl"], False, "window", ["gtk", "sdl"]),
                (":0", ["gtk", "curses"], True, "none", ["none"]),
                (":0", ["gtk", "curses"], True, "curses", ["curses"])):
            with mock.patch.dict(os.environ, DISPLAY=display,
                                 WAYLAND_DISPLAY=""), \
                    mock.patch.object(show.platform, "system",
                                      return_value="Linux"), \
                    mock.patch.object(qemu, "displays",
                                      return_value=offered), \
                    mock.patch.object(show, "has_terminal",
                                      return_value=at_terminal):
                self.assertEqual(show.choices(wanted), choices)

    def qemu_without_server(self):
        """A QEMU that is built with windows and can open none."""
        path = Lab.path("qemu-gtk")
        with open(path, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\ncase " $* " in\n'
                       '*" -display help "*) echo gtk; exit ;;\n'
                       '*" -display gtk "*) echo "gtk: no server" >&2; '
                       'exit 1 ;;\nesac\nexec %s "$@"\n' % qemu.find_qemu())
        os.chmod(path, 0o755)
        return path

    def test_window_that_cannot_open(self):
        program = self.qemu_without_server()
        image = Lab.image("kernel")
        done = Lab.run("run", image, DISPLAY=":0", QEMU=program)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"can't open a window here \(gtk: no "
                         r"server\); DISPLAY_MODE=(?s:.*)Hello World!")
        for command in ("run", "debug"):
            done = Lab.run(command, image, DISPLAY=":0", QEMU=program,
                           DISPLAY_MODE="window", GDB_FLAGS="-nx -batch")
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, "no server.: DISPLAY_MODE=curses")
        done = Lab.run("run", image, DISPLAY=":0", QEMU=program, ACCEL="foo")
        self.assertRegex(done.stdout, r"\Amake run: .*accelerator foo\n\Z")

    def test_serial_line_beside_a_window(self):
        """What comes is printed, and a kernel that asks for a reset
        starts again."""
        done = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv[1]"
             "); from machine import show; sys.exit(show.run_in_window("
             "sys.argv[2], 'none'))", Lab.path("tools"), Lab.image("reboot")],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = b""
        while said.count(b"again") < 3:
            part = os.read(done.stdout.fileno(), 4096)
            self.assertTrue(part, said)
            said += part
        done.send_signal(signal.SIGINT)
        self.assertNotIn(b"reset", said + done.communicate()[0])
        self.assertEqual(done.returncode, 0)


@unittest.skipUnless("curses" in qemu.displays(), "needs curses")
class TerminalTest(unittest.TestCase):
    """make run at a terminal."""

    def begin(self, image):
        """Starts it as somebody at a terminal would."""
        self.output = b""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(Lab.path("04-testing"))
            os.execve(sys.executable, [
                sys.executable, "../tools/run.py", "run", image],
                      Lab.environment(TERM="xterm"))
        self.read_until(b"press Enter")
        self.type(b"\n")

    def type(self, *keys):
        """Types unhurriedly."""
        for key in keys:
            os.write(self.terminal, key)
            time.sleep(0.3)

    def read_until(self, words, seconds=30):
        """Reads until some words came, or all."""
        deadline = time.monotonic() + seconds * qemu.busyness()
        while words is None or words not in self.output:
            self.assertLess(time.monotonic(), deadline, self.output[-500:])
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.output += os.read(self.terminal, 65536)
                except OSError:
                    break

    def end(self):
        """The status, when it has ended."""
        self.read_until(None)
        os.close(self.terminal)
        return os.waitpid(self.child, 0)[1] >> 8

    def test_leaving_by_its_monitor(self):
        self.begin(Lab.image("kernel"))
        self.read_until(b"Hello World!")
        self.type(b"\x1b", b"2")
        self.read_until(b"(qemu)")
        self.type(b"quit\n")
        self.assertEqual(self.end(), 0)
        with open(Lab.path("build/04-testing/kernel.serial.txt"),
                  encoding="utf-8") as file:
            self.assertIn("Hello World!", file.read())

    def test_leaving_by_ctrl_c(self):
        self.begin(Lab.image("kernel"))
        self.assertIn(b"press Ctrl-C twice to leave", self.output)
        self.read_until(b"Hello World!")
        self.type(b"\x03")
        self.read_until(b"Ctrl-C again: leave")
        self.type(b"\x03")
        self.assertEqual(self.end(), 0)

    def test_reset_is_told_each_time(self):
        image = Lab.image("reset")
        for _ in range(4):
            self.begin(image)
            self.assertEqual(self.end(), 1)
            self.assertIn(RESET.encode(), self.output)

    def test_a_kernel_that_asks_for_a_reset_starts_again(self):
        self.begin(Lab.image("reboot"))
        path = Lab.path("build/04-testing/tests/reboot.serial.txt")

        waiting.until(lambda: files.read_text(path).count("again") > 2,
                      60 * qemu.busyness())
        self.type(b"\x03\x03")
        self.assertEqual(self.end(), 0)
        self.assertNotIn(b"was reset", self.output)


@unittest.skipUnless(shutil.which("gdb"), "needs gdb")
class DebugTest(unittest.TestCase):
    """make debug."""

    def test_unattended(self):
        done = Lab.run("debug", Lab.image("kernel"), DISPLAY_MODE="curses",
                       GDB_FLAGS="-nx -batch -ex continue -ex 'info line'")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"Breakpoint 1, kernel_main \(")
        self.assertIn("src/kernel/main.c", done.stdout)

    def test_gdb_that_does_not_end(self):
        done = Lab.run("debug", Lab.image("spin"), TIMEOUT="3", GDB_FLAGS=(
            "-nx -batch -ex continue -ex continue"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("GDB did not come to an end", done.stdout)


class LogTest(unittest.TestCase):
    """make log."""

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

    def test_other_ends(self):
        for name, words in (
                ("timer", r"1\. interrupt 0 of the PIC at the vector that "
                 r"the firmware gave it \(vector 8\)"),
                ("kernel", "No reset happened.  The kernel halted(?s:.*)"
                 "took no exception and no interrupt"),
                ("ticks", "No reset happened.  The kernel sleeps"),
                ("spin", "No reset happened.  QEMU was stopped after 2 s"
                 r"(?s:.*)It was at .*tests/spin\.c:\d+"),
                ("reboot", "The kernel asked for the reset")):
            limit = {"TIMEOUT": "2"} if name == "spin" else {}
            start = time.monotonic()
            done = Lab.run("log", Lab.image(name), **limit)
            self.assertRegex(done.stdout, words)
            if name == "ticks":
                self.assertLess(time.monotonic() - start, qemu.limit(8))

    def test_fault_storm(self):
        done = Lab.run("log", Lab.image("storm"), TIMEOUT="4")
        self.assertIn("No reset happened.", done.stdout)
        self.assertRegex(done.stdout, r"invalid opcode \(vector 6\) at "
                         r"0x\w+, storm\+0x\w+.*, \d{3,} times")
        path = re.search(r"QEMU's log is in (\S.*), its last", done.stdout)[1]
        size = os.path.getsize(Lab.path("04-testing", path))
        self.assertGreater(size, 1 << 20)
        self.assertLessEqual(size, 2 << 20)


@unittest.skipUnless(shutil.which("bochs"), "needs bochs")
class BochsTest(unittest.TestCase):
    """make run MACHINE=bochs."""

    def test_without_a_display(self):
        done = Lab.run("run", Lab.image("kernel"), MACHINE="bochs")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\AOn the screen:\n\nHello World!\n"
                         r"(?s:.*)On the serial line:\n\nHello World!")

    def test_triple_fault(self):
        done = Lab.run("run", Lab.image("reset"), MACHINE="bochs")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "The machine met a triple fault")


if __name__ == "__main__":
    unittest.main()
