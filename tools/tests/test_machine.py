"""The virtual PC of tools/machine: starting, looking, typing, limits."""

import os
import time
import unittest
from unittest import mock

from machine_lab import Lab
from common import processes
from machine import faults, keys, limits, qemu


def tearDownModule():
    """Removes the kernels."""
    Lab.remove()


class MachineCase(unittest.TestCase):
    """A test with machines, of which nothing may be left."""

    def setUp(self):
        self.addCleanup(self.assert_nothing_left)
        self.started = []

    def machine(self, name, **options):
        """A machine that ends with the test."""
        machine = qemu.Machine(Lab.image(name), **options)
        self.addCleanup(machine.close)
        self.started.append(machine.start())
        return machine

    def assert_nothing_left(self):
        """No directory and no process of the machines is left."""
        for machine in self.started:
            self.assertFalse(os.path.exists(machine.directory))
            with self.assertRaises(OSError):
                os.kill(machine.process.pid, 0)


class MachineTest(MachineCase):
    """class Machine."""

    def test_screen_and_serial_line(self):
        machine = self.machine("spin")
        screen = machine.wait_screen("red alert")
        self.assertEqual(screen.text, "red alert")
        self.assertEqual(len(screen.lines), 25)
        self.assertEqual(screen.cells[0][0], ("r", 0x4F))
        self.assertEqual(machine.wait_serial("alert"), "red alert")

    def test_screen_shows_glyphs(self):
        screen = qemu.Screen(bytes([0xFE, 7, 0, 7, 1, 7, 10, 7] + [0, 0] *
                                   1996))
        self.assertEqual(screen.lines[0], "■ ☺◙")

    def test_exit(self):
        for options in ({}, {"machine": "q35"}, {"disk": True}):
            machine = self.machine("success", **options)
            self.assertEqual(machine.wait_exit(), qemu.EXIT_SUCCESS, options)
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
        with self.assertRaisesRegex(qemu.MachineEnded,
                                    "(?s)was reset.*does not say 'hello'"):
            self.machine("reset").wait_serial("hello", 30)

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

    def test_registers_and_memory(self):
        machine = self.machine("kernel")
        machine.wait_screen("serial port")
        registers = machine.registers()
        self.assertEqual(registers["cr0"] & 0x80000001, 0x80000001)
        self.assertEqual(registers["efer"] & 0x500, 0x500)
        self.assertEqual(registers["cs"], 8)
        self.assertEqual(machine.memory(registers["rip"], 8, virtual=True),
                         machine.memory(registers["rip"], 8))
        machine.wait(machine.halted_for_ever, 5, lambda: "it does not halt")

    def test_qemu_that_refuses(self):
        """Its own message is told, with a log, too."""
        for log in (None, "int"):
            with self.assertRaisesRegex(qemu.StartFailed, "-no-such-flag"):
                self.machine("spin", log=log, flags=["-no-such-flag"])
        with self.assertRaisesRegex(qemu.QemuError, "no-such-command"):
            self.machine("spin").qmp("no-such-command")

    def test_missing(self):
        with mock.patch.dict(os.environ, QEMU="no-such-qemu"):
            with self.assertRaisesRegex(qemu.QemuMissing,
                                        r"no-such-qemu\) is missing"):
                self.machine("spin")
        with self.assertRaisesRegex(qemu.QemuMissing, "run make first"):
            qemu.Machine("no-such.iso").start()

    def test_interrupted_tool(self):
        """Ending all that runs wakes who waits for a machine."""
        machine = self.machine("spin")
        processes.end_all()
        with self.assertRaises(qemu.MachineEnded):
            machine.wait_screen("never")


class RestTest(MachineCase):
    """Whether a machine has come to rest, and typing, which asks that."""

    def rest_of(self, name, seconds=20, **options):
        """The machine of a kernel, when it has come to rest."""
        machine = self.machine(name, **options)
        machine.wait_rest(seconds)
        return machine

    def test_rest_of_a_kernel_that_halts_for_ever(self):
        machine = self.rest_of("deaf")
        self.assertTrue(machine.rest.for_ever)
        self.assertEqual(machine.rest.moving, set())

    def test_rest_of_a_kernel_with_a_timer(self):
        for name in ("ticks", "thousand"):
            machine = self.rest_of(name)
            self.assertFalse(machine.rest.for_ever)
            self.assertTrue(machine.rest.moving)
            self.assertTrue(machine.rest.moving
                            <= {(0, c) for c in range(66, 80)})
            self.assertIn("type:", machine.screen().text)

    def test_rest_of_a_kernel_that_works_first(self):
        self.assertIn("done", self.rest_of("late", 60).screen().text)

    def test_no_rest(self):
        for name, words in (
                ("works", r"slept in 0 of \d+ looks and is at 0x1"),
                ("talks", "what it shows keeps changing"),
                ("row", "what it shows keeps changing"),
                ("rows", "what it shows keeps changing")):
            with mock.patch.dict(os.environ, TIMEOUT="3"):
                with self.assertRaisesRegex(
                        qemu.LimitPassed, "did not come to rest: .*" + words,
                        msg=name):
                    self.rest_of(name)
        with self.assertRaisesRegex(qemu.MachineEnded, "was reset"):
            self.rest_of("reset")

    def test_typing(self):
        machine = self.rest_of("ticks")
        machine.type("Hello, World<shift-,><ctrl><enter>abc<backspace><up>"
                     * 3)
        machine.wait_rest()
        written = machine.serial().split("type: ")[1]
        self.assertEqual(written.replace("\b \b", "\b"),
                         "Hello, World,?\nabc\b" * 3)

    def test_typing_for_a_slow_kernel(self):
        machine = self.rest_of("slow")
        machine.type("abcdefghijklmnopqrstuvwxyz" * 2)
        machine.wait_rest()
        self.assertIn("type: " + "abcdefghijklmnopqrstuvwxyz" * 2,
                      machine.serial())

    def test_typing_for_a_deaf_kernel_ends(self):
        machine = self.rest_of("deaf")
        start = time.monotonic()
        machine.type("abcdef")
        self.assertLess(time.monotonic() - start, 10 * qemu.busyness())
        self.assertTrue(machine.alive())

    def test_typing_a_few_keys_ahead(self):
        machine = self.machine("keys")
        machine.wait_screen("ready")
        machine.key("shift", "a")
        machine.wait_serial("2a 1e 9e aa")
        before = len(machine.serial())
        machine.type("x" * 100, echoed=lambda:
                     machine.serial().count(" ", before) // 2)
        machine.wait_serial(lambda text: text.count("2d ", before) == 100
                            and text.count("ad ", before) == 100)

    def test_qemu_knows_all_keys(self):
        machine = self.machine("spin")
        for names in qemu.parse_keys("".join(
                "<%s>" % name for name in keys.NAMED_KEYS)):
            machine.key(*names)
        with self.assertRaises(qemu.QemuError):
            machine.key("no such key")


class KeysTest(unittest.TestCase):
    """The notation of what is typed."""

    def test_keys(self):
        for text, names in (
                ("aB?", ["a", "shift b", "shift slash"]),
                ("<tab><escape><up><f2>", ["tab", "esc", "up", "f2"]),
                ("<caps lock>x<shift>", ["caps_lock", "x", "shift"]),
                ("<ctrl-c><alt-x><altgr-q>", ["ctrl c", "alt x", "alt_r q"]),
                ("<ctrl-alt-delete>", ["ctrl alt delete"]),
                ("<shift-,><shift-.>>", ["shift comma", "shift dot",
                                         "shift dot"]),
                ("<ctrl--><->", ["ctrl minus", "minus"]),
                ("<keypad -><keypad 5>", ["kp_subtract", "kp_5"]),
                ("a b\n", ["a", "spc", "b", "ret"]), ("", [])):
            self.assertEqual([" ".join(chord) for chord
                              in qemu.parse_keys(text)], names, text)

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

    def test_limits(self):
        with mock.patch.dict(os.environ, TIMEOUT="", SLOWNESS="3.5"):
            self.assertEqual(qemu.slowness(), 3.5)
            self.assertGreaterEqual(qemu.limit(2), 7)
        with mock.patch.dict(os.environ, TIMEOUT="1.5"):
            self.assertEqual(qemu.limit(100), 1.5)

    def test_what_is_no_number_of_seconds(self):
        for text in ("soon", "-1", "0", "nan", "inf"):
            with mock.patch.dict(os.environ, TIMEOUT=text):
                with self.assertRaisesRegex(qemu.QemuError, "above 0",
                                            msg=text):
                    qemu.limit(1)
        with mock.patch.dict(os.environ, SLOWNESS="very"):
            with self.assertRaisesRegex(qemu.QemuError, "is a number"):
                qemu.slowness()

    def test_calibration(self):
        seconds = qemu.calibrate()
        self.assertTrue(0.01 < seconds < 30, seconds)
        clean = {"SLOWNESS": "", "MEMORY_DIRECTORY": Lab.path("memory")}
        with mock.patch.dict(os.environ, clean), \
                mock.patch.object(limits, "_slowness", None), \
                mock.patch.object(limits, "calibrate", return_value=0.8):
            self.assertEqual(qemu.slowness(), 5)
            limits._slowness = None
            limits.calibrate.return_value = 99      # it is not asked again
            self.assertEqual(qemu.slowness(), 5)


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
        symbols = faults.Symbols("/no/such/file.elf")
        self.assertEqual(symbols.place(0x1234),
                         "0x1234, outside the kernel's code")
        self.assertEqual(faults.explain_faults(log, symbols), [])


if __name__ == "__main__":
    unittest.main()
