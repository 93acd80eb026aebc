"""The test runner must tell every kind of failure of a kernel and of a
program by its own word.

depends: tools/common tools/testing tools/test.py tools/qemu.py
depends: tools/faults.py tools/tests/runner_project.py
depends: common.mk proofs/host/include proofs/host/support 04-testing
"""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
import xml.etree.ElementTree as xml

from runner_project import (KERNEL_PARTS, Project, environment, machines_of,
                            run, wait)

KERNEL = """\
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    %s
    for (;;) {
    }
}
"""

# Whole-kernel tests: the name and what each does.
KERNELS = {
    "passes": 'test_begin("passes"); test_pass();',
    "fails": 'test_begin("fails"); test_fail("the moon\\x1b[5m is full");',
    "spins": 'test_begin("spins"); kprintf("\\x1b round and round");',
    "sleeps": 'test_begin("sleeps"); __asm__ volatile("cli; hlt");',
    "resets": 'test_begin("resets"); __asm__ volatile("movl $7, (%0)"'
              ' : : "r"(0x400000001238));',
    "asks": 'test_begin("asks"); __asm__ volatile("outb %b0, $0x64"'
            ' : : "a"(0xfe));',
    "panics": 'test_begin("panics"); panic("out of cheese");',
    "odd": 'test_begin("odd"); serial_drain();'
           ' __asm__ volatile("outb %b0, $0xf4" : : "a"(0x20));',
    "silent": "serial_drain(); qemu_exit(QEMU_SUCCESS);",
    "liar": 'serial_printf("Running 2 tests\\n"); test_begin("liar_one");'
            ' test_pass();',
    "unbuildable": "no_such_thing();\n#error this line is wrong",
}

UNIT_TEST = """\
#include "kernel/panic.h"
#include "test/test.h"

TEST(%s)
{
    %s
}
"""
UNIT_TESTS = (UNIT_TEST % ("sums_are_right", "CHECK_EQUAL(1 + 1, 2);")
              + "TEST(sums_are_wrong)\n{\n    CHECK_EQUAL(1 + 1, 3);\n}\n")
HANGING_TEST = UNIT_TEST % (
    "waits_for_ever", "for (volatile unsigned i = 0;; i++) {\n    }")
PANICKING_TEST = UNIT_TEST % ("loses_its_head", 'panic("no head at %d", 7);')
OVERRUN_TEST = UNIT_TEST % (
    "writes_too_far", "char text[8]; volatile unsigned end = 8;"
    " text[end] = 'x'; CHECK(text[end] == 'x');")

# A proof that needs a function that this tree's format.h does not have.
PROOF_OF_FORMAT = """\
// Formatting proves itself.
// needs: src/lib/format.h src/lib/format.c
#include "lib/format.h"
#include "test/test.h"

TEST(format_is_there)
{
    char text[4];
    CHECK_EQUAL(format_text(text, sizeof text, "abc"), 3);
}
"""

PROOF_KERNEL = """\
// needs: src/test/test.h src/only_here.h
#include "kernel/kernel.h"
#include "test/test.h"

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    test_begin("proof_in_the_kernel");
    test_pass();
}
"""

PROOF_ELSEWHERE = """\
// needs: src/no/such/file.h
#error this proof must not be built here
"""

PROOF_OVER = """\
// needs: src/lib/format.h
// until: src/test/test.h
#error this proof must not be built here either
"""

MACHINE_PROOF = '''\
"""Looks at the screen.

needs: src/drivers/vga.c src/only_here.h
limit: 2
"""
import time


def test_greeting(kernel):
    """The kernel greets."""
    with kernel.machine() as machine:
        machine.wait_screen("Hello World!")


def test_farewell(kernel):
    """The kernel says good bye."""
    screen = kernel.machine().wait_screen("Hello World!")
    assert "Good bye" in screen.text, "no farewell"


def test_patience(kernel):
    kernel.machine()
    time.sleep(1000)
'''


# 3 MB, and what would colour the terminal.
FLOODING_PROOF = """\
// needs: src/lib/format.h src/only_here.h
#include <stdio.h>
#include "test/test.h"

TEST(floods)
{
    for (int i = 0; i < 300; i++) {
        printf("\\033[31m%09999d\\n", i);
    }
    CHECK(1 + 1 == 3);
}
"""

class Failures(Project):
    """One run over a tree with a failure of each kind."""

    PARTS = KERNEL_PARTS

    @classmethod
    def setUpClass(cls):
        cls.make()
        cls.tree("lab")
        cls.write("lab/src/only_here.h", "")
        for name, body in KERNELS.items():
            cls.write("lab/tests/%s.c" % name,
                      '#include "kernel/console.h"\n' + KERNEL % body)
        cls.write("lab/src/lib/sums_test.c", UNIT_TESTS)
        header = cls.read("lab/src/lib/format.h")
        cls.write("lab/src/lib/format.h",
                  header.replace("format_text", "format_a_text")
                  + "\n// changed\n")
        cls.write("proofs/host/format.c", PROOF_OF_FORMAT)
        cls.write("proofs/host/flood.c", FLOODING_PROOF)
        cls.write("proofs/kernel/inside.c", PROOF_KERNEL)
        cls.write("proofs/kernel/elsewhere.c", PROOF_ELSEWHERE)
        cls.write("proofs/host/over.c", PROOF_OVER)
        cls.write("proofs/host/headless.c", "// no header\n")
        cls.write("proofs/machine/screen.py", MACHINE_PROOF)
        cls.junit = cls.path("report.xml")
        cls.done = cls.run_tests("lab", "--junit", cls.junit, timeout="8")
        cls.report = json.loads(cls.read("build/lab/report.json"))

    # Program, test, status, and what its message must say.
    EXPECTED = (
        ("passes", "passes", "ok"),
        ("basic_boot", "basic_boot", "ok"),
        ("kernel/inside", "proof_in_the_kernel", "ok"),
        ("unit", "sums_are_right", "ok"),
        ("unit", "sums_are_wrong", "fail",
         r"lib/sums_test\.c:10: 1 \+ 1 is 0x2, expected 0x3"),
        # What would drive our terminal is shown as an escape.
        ("fails", "fails", "fail", r"the moon\\x1b\[5m is full"),
        ("spins", "spins", "hang", r"still ran after 8\.\d s",
         r"kernel_main\+0x\w+ \(tests/spins\.c:\d+\)",
         "(?s)serial line:.*spins\\.\\.\\. ",
         "(?s)the screen:.*round and round"),
        ("sleeps", "sleeps", "hang", "halted with interrupts off",
         r"tests/sleeps\.c"),
        ("resets", "resets", "reset", "the machine was reset",
         r"page fault \(vector 14\) at 0x\w+, kernel_main\+\w+ "
         r"\(tests/resets\.c:\d+\)",
         "a write to address 0x400000001238, where no page",
         "no interrupt descriptor table is loaded",
         r"double fault \(vector 8\)"),
        ("asks", "asks", "reset", "asked for the reset"),
        ("panics", "panics", "panic",
         r"panic at tests/panics\.c:\d+: out of cheese"),
        ("odd", "odd", "crash", "exit status 65, which is 0x20"),
        ("silent", "silent", "fail", "reported no test"),
        ("liar", "liar_one", "ok"),
        ("liar", "liar", "fail", "announced 2 tests and reported 1"),
        ("unbuildable", "unbuildable", "build",
         r"\Atests/unbuildable\.c:\d+:\d+: error: .*\Z"),
        ("host/format", "format", "build",
         r"^src/lib/format\.h differs from chapter 04-testing's"),
        ("host/headless", "headless", "build", "no line `needs:"),
        ("machine/screen", "greeting", "ok"),
        ("machine/screen", "farewell", "fail", "The kernel says good bye",
         "no farewell", "(?s)the screen:.*Hello World!"),
        ("machine/screen", "patience", "hang", "it still ran"),
    )

    def test_each_kind_has_its_word(self):
        results = self.results("lab")
        for suite, name, status, *patterns in self.EXPECTED:
            with self.subTest(program=suite, test=name):
                result = results["lab", suite, name]
                self.assertEqual(result["status"], status, result)
                for pattern in patterns:
                    self.assertRegex(result["message"], pattern)
        # Sleeping is noticed before the limit.
        self.assertLess(results["lab", "sleeps", "sleeps"]["seconds"] or 0,
                        8)
        self.assertNotIn("elsewhere", self.done.stdout)
        self.assertNotIn("host/over", self.done.stdout)

    def test_what_people_see(self):
        shown = self.done.stdout
        self.assertRegex(shown, r"(?m)^ok    unit +sums_are_right$")
        self.assertRegex(shown, r"(?m)^fail: unit sums_are_wrong$")
        self.assertIn("make test TEST=sums_are_wrong", shown)
        results = self.report["results"]
        failed = sum(result["status"] != "ok" for result in results)
        self.assertGreater(failed, 12)
        self.assertEqual(shown.splitlines()[-1], "%d passed, %d failed" % (
            len(results) - failed, failed))
        self.assertEqual(self.done.returncode, 1)
        suites = [result["suite"] for result in results]
        grouped = list(dict.fromkeys(suites))
        self.assertEqual(suites, sorted(suites, key=grouped.index))
        self.assertEqual(grouped[0], "host")
        self.assertEqual(machines_of(self.directory), [])
        self.assertIn("fails... [failed]",
                      self.read("build/lab/logs/fails.log"))
        # The mutants give it so much patience: a boot takes some time.
        for program in ("unit", "kernel/inside", "passes"):
            self.assertGreater(self.report["programs"][program], 0.1)

    def test_a_flood_is_cut_and_escaped_and_its_log_is_kept(self):
        message = self.results("lab")["lab", "host/flood",
                                      "floods"]["message"]
        self.assertIn(r"\x1b[31m000", message)
        self.assertIn("characters more, see the log", message)
        self.assertLess(len(self.done.stdout), 200000)
        self.assertNotIn("\x1b", self.done.stdout)
        for name in ("report.xml", "build/lab/report.json"):
            self.assertLess(len(self.read(name)), 200000)
        log = self.read("build/lab/logs/host-flood.log")
        self.assertIn("characters are left out here", log)
        self.assertTrue(1 << 20 < len(log) < 2 << 20)
        self.assertIn("1 + 1 == 3 is false", log[-300:])

    def test_junit(self):
        top = xml.parse(self.junit).getroot()
        cases = {(case.get("classname"), case.get("name")): case
                 for case in top.iter("testcase")}
        self.assertEqual(len(cases), len(self.report["results"]))
        self.assertIsNone(cases["lab.passes", "passes"].find("failure"))
        failure = cases["lab.spins", "spins"].find("failure")
        self.assertEqual(failure.get("type"), "hang")
        self.assertIn("still ran", failure.text)
        self.assertEqual(
            sum(int(suite.get("failures")) for suite in top),
            self.report["failed"])


class Choosing(Project):
    """One test, another directory, and nothing to run."""

    PARTS = KERNEL_PARTS

    @classmethod
    def setUpClass(cls):
        cls.make()
        cls.tree("lab 3")
        cls.write("lab 3/src/lib/sums_test.c", UNIT_TESTS)

    def test_one_unit_test_in_a_directory_with_a_blank(self):
        done = self.run_tests("lab 3", "--only", "sums_are_right")
        self.assertEqual(done.stdout.splitlines()[-1], "2 passed, 0 failed")
        for program in ("host", "unit"):
            self.assertRegex(done.stdout, r"(?m)^ok    %s +sums_are_right$"
                             % program)
        self.assertNotIn("sums_are_wrong", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_through_make_variables_reach_the_build(self):
        done = run(["make", "-s", "test", "TEST=basic_boot", "OPT=-O1"],
                   cwd=self.path("lab 3"), env=environment())
        self.assertEqual(done.stdout.splitlines()[-1], "1 passed, 0 failed",
                         done.stdout)
        self.assertTrue(os.path.exists(self.path(
            "build/3-O1/tests/basic_boot.iso")))

    def test_a_name_that_matches_nothing(self):
        for wanted, near in (("sums_are_rihgt", "near it are: .*sums_are_r"),
                             ("terminl", "near it are: .*terminal_"),
                             ("scrolls", "near it are: terminal_scrolls"),
                             ("qqqqqq", r"its programs, with \d+ tests, are:"
                              r"\n    host, .*basic_boot")):
            # One tree or several: it is not "no test to run".
            for trees in (("4",), ("4", "lab 3")):
                done = self.run_tests(*trees, "--only", wanted)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stdout, "no test of .* is called %s; "
                                 % wanted)
                if wanted != "sums_are_rihgt" or trees != ("4",):
                    self.assertRegex(done.stdout, near)

    def test_a_number_means_a_chapter(self):
        for number in ("4", "04"):
            done = self.run_tests(number, "--only", "basic_boot")
            self.assertIn("1 passed, 0 failed", done.stdout)
        self.assertIn("there is no chapter or directory 5\n",
                      self.run_tests("5").stdout)

    def test_a_submission_elsewhere_is_refused(self):
        shutil.copytree(self.path("04-testing"), self.path("in/anna"))
        done = self.run_tests("in/anna")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "test: in/anna must lie beside "
                         "common.mk: move or copy it to anna\n")
        self.assertEqual(sorted(os.listdir(self.path("in/anna"))),
                         sorted(os.listdir(self.path("04-testing"))))

    def test_a_limit_that_is_none(self):
        for limit in ("-1", "abc", "nan", "0"):
            done = self.run_tests("4", timeout=limit)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"\Atest: TIMEOUT is .*\n\Z")

    def test_the_chapter_passes(self):
        done = self.run_tests("04-testing", timeout="")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\n[1-9]\d* passed, 0 failed\n\Z")


class BadUnitTests(Project):
    """What one unit test can do to the others."""

    PARTS = KERNEL_PARTS

    def setUp(self):
        # A copy has its original's dates: make would find it built.
        shutil.rmtree(self.path("build"), ignore_errors=True)
        self.tree("lab")

    def failed(self, *arguments, timeout="20"):
        """Runs the tests; the results by program and name."""
        done = self.run_tests("lab", *arguments, timeout=timeout)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(machines_of(self.directory), [])
        return {key[1:]: result
                for key, result in self.results("lab").items()}

    def test_hanging(self):
        self.write("lab/src/lib/hang_test.c", HANGING_TEST)
        results = self.failed(timeout="8")
        for program in ("host", "unit"):
            result = results[program, "waits_for_ever"]
            self.assertEqual(result["status"], "hang", result)
        # Only the programs with that test suffer.
        self.assertEqual(results["basic_boot", "basic_boot"]["status"], "ok")

    def test_panicking(self):
        self.write("lab/src/drivers/panic_test.c", PANICKING_TEST)
        result = self.failed("--only", "unit")["unit", "loses_its_head"]
        self.assertEqual(result["status"], "panic", result)
        self.assertRegex(result["message"], r"panic at "
                         r"drivers/panic_test\.c:6: no head at 7")

    def test_overrun_on_the_host(self):
        self.write("lab/src/lib/overrun_test.c", OVERRUN_TEST)
        result = self.failed("--only", "host")["host", "writes_too_far"]
        self.assertEqual(result["status"], "crash", result)
        self.assertRegex(result["message"],
                         "stack-buffer-overflow|runtime error")

    def test_a_test_that_is_linked_and_not_run(self):
        path = "lab/src/test/test.c"
        text = self.read(path)
        changed = re.sub(r"(test = )tests;", r"\1tests + 1;", text)
        self.assertNotEqual(text, changed)
        self.write(path, changed)
        result = self.failed("--only", "unit")["unit", "unit"]
        self.assertRegex(result["message"],
                         r"it runs \d+ tests, and \d+ are linked into "
                         r"unit\.elf\nnot run: \w+")

    def test_one_line_when_nothing_builds(self):
        path = "lab/src/lib/format.c"
        self.write(path, self.read(path) + "\nint wrong(;\n")
        done = self.run_tests("lab")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("src/lib/format.c:"), 1,
                         done.stdout)

    def test_an_interrupt_ends_the_machine(self):
        self.write("lab/src/lib/hang_test.c", HANGING_TEST)
        with subprocess.Popen(
                self.command("lab", "--only", "unit"), cwd=self.directory,
                env=environment(TIMEOUT="100"), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL) as process:
            wait(lambda: machines_of(self.directory))
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(20), 130)
        self.assertEqual(machines_of(self.directory), [])


if __name__ == "__main__":
    unittest.main()
