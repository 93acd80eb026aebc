"""The test runner must tell every kind of failure by its own word.

Each class makes a small project of its own in a temporary directory: a
copy of the rules and the tools, and kernels made from 04-testing with
tests that fail, hang, reset the machine, and so on.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

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
    "fails": 'test_begin("fails"); test_fail("the moon\\tis full");',
    "spins": 'test_begin("spins"); kprintf("round and round");',
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

UNIT_TESTS = """\
#include "kernel/panic.h"
#include "test/test.h"

TEST(sums_are_right)
{
    CHECK_EQUAL(1 + 1, 2);
}

TEST(sums_are_wrong)
{
    CHECK_EQUAL(1 + 1, 3);
}
"""

HANGING_TEST = """\
#include "test/test.h"

TEST(waits_for_ever)
{
    for (volatile unsigned i = 0;; i++) {
    }
}
"""

PANICKING_TEST = """\
#include "kernel/panic.h"
#include "test/test.h"

TEST(loses_its_head)
{
    panic("no head at %d", 7);
}
"""

OVERRUN_TEST = """\
#include "test/test.h"

TEST(writes_too_far)
{
    char text[8];
    volatile unsigned end = 8;
    text[end] = 'x';
    CHECK(text[end] == 'x');
}
"""

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


# A tree that builds at once, for proofs that look at no kernel.
TOY_MAKEFILE = """\
print-build:
\t@echo ../build/$(notdir $(CURDIR))
../build/%:
\t@mkdir -p $(@D) && touch $@
"""

TOY_PROOF = '''\
"""A proof of nothing.

needs: Makefile
{header}
"""


def test_{name}_first(kernel):
    assert {first}


def test_{name}_second(kernel):
    pass
'''


def run(command, **options):
    """Runs a command; returns it with its output as text."""
    options.setdefault("timeout", 300)
    return subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, check=False, **options)


def machines_of(directory):
    """The processes whose command line names a directory."""
    listing = run(["ps", "-axww", "-o", "pid=,args="]).stdout
    return [line for line in listing.splitlines()
            if directory in line and "qemu" in line]


class Project:
    """A copy of the project that a test may spoil."""

    def __init__(self, names=("common.mk", "tools", "tests/host/include",
                              "tests/host/support", "04-testing")):
        self.directory = tempfile.mkdtemp(prefix="runner test ")
        for name in names:
            self.copy(name)

    def copy(self, name):
        """Takes a file or directory over from the real project."""
        source, target = os.path.join(ROOT, name), self.path(name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(
                "__pycache__"))
        else:
            shutil.copy(source, target)

    def path(self, *parts):
        """A path in the copy."""
        return os.path.join(self.directory, *parts)

    def tree(self, name):
        """A new tree, made from the chapter."""
        shutil.copytree(self.path("04-testing"), self.path(name))

    def write(self, name, text):
        """Writes a file."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        """Reads a file."""
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def test(self, tree, *arguments, timeout="3"):
        """Runs the runner as a reader would see it without make."""
        return run([sys.executable, self.path("tools", "test.py"), ".",
                    *arguments], cwd=self.path(tree),
                   env=dict(os.environ, TIMEOUT=timeout))

    def remove(self):
        """Removes the copy."""
        shutil.rmtree(self.directory, ignore_errors=True)


class Failures(unittest.TestCase):
    """One run over a tree with a failure of each kind."""

    @classmethod
    def setUpClass(cls):
        cls.project = project = Project()
        cls.addClassCleanup(project.remove)
        project.tree("lab")
        project.write("lab/src/only_here.h", "")
        for name, body in KERNELS.items():
            includes = '#include "kernel/console.h"\n'
            project.write("lab/tests/%s.c" % name,
                          includes + KERNEL % body)
        project.write("lab/src/lib/sums_test.c", UNIT_TESTS)
        header = project.read("lab/src/lib/format.h")
        project.write("lab/src/lib/format.h",
                      header.replace("format_text", "format_a_text")
                      + "\n// changed\n")
        project.write("tests/host/format.c", PROOF_OF_FORMAT)
        project.write("tests/kernel/inside.c", PROOF_KERNEL)
        project.write("tests/kernel/elsewhere.c", PROOF_ELSEWHERE)
        project.write("tests/host/over.c", PROOF_OVER)
        project.write("tests/host/headless.c", "// no header\n")
        project.write("tests/machine/screen.py", MACHINE_PROOF)
        cls.junit = project.path("report.xml")
        cls.done = project.test("lab", "--junit", cls.junit, timeout="6")
        report = json.loads(project.read("build/lab/report.json"))
        cls.report = report
        cls.results = {(result["suite"], result["name"]): result
                       for result in report["results"]}

    def expect(self, suite, name, status, *patterns):
        """Asserts a result's status, and words of its message."""
        self.assertIn((suite, name), self.results, self.done.stdout)
        result = self.results[suite, name]
        self.assertEqual(result["status"], status, result)
        for pattern in patterns:
            self.assertRegex(result["message"], pattern)
        return result

    def test_passing(self):
        self.expect("passes", "passes", "ok")
        self.expect("basic_boot", "basic_boot", "ok")
        self.expect("kernel/inside", "proof_in_the_kernel", "ok")
        self.expect("unit", "sums_are_right", "ok")
        self.assertRegex(self.done.stdout, r"(?m)^ok    unit +sums_are_right$")

    def test_failing_unit_test(self):
        words = r"lib/sums_test\.c:11: 1 \+ 1 is 0x2, expected 0x3"
        self.expect("unit", "sums_are_wrong", "fail", words)
        self.expect("unit", "sums_are_right", "ok")
        self.assertRegex(self.done.stdout, r"(?m)^fail: unit sums_are_wrong$")
        self.assertIn("make test TEST=sums_are_wrong", self.done.stdout)

    def test_failing_kernel(self):
        # A control character is shown as an escape.
        self.expect("fails", "fails", "fail", r"the moon\\tis full")

    def test_hanging(self):
        self.expect("spins", "spins", "hang", r"still ran after 6\.\d s",
                    r"kernel_main\+0x\w+ \(tests/spins\.c:\d+\)",
                    "(?s)serial line:.*spins\\.\\.\\. ",
                    "(?s)the screen:.*round and round")

    def test_sleeping_is_noticed_before_the_limit(self):
        result = self.expect("sleeps", "sleeps", "hang",
                             "halted with interrupts off", r"tests/sleeps\.c")
        self.assertLess(result["seconds"] or 0, 6)

    def test_reset(self):
        self.expect("resets", "resets", "reset", "the machine was reset",
                    r"page fault \(vector 14\) at 0x\w+, kernel_main\+\w+ "
                    r"\(tests/resets\.c:\d+\)",
                    "a write to address 0x400000001238, where no page",
                    "no interrupt descriptor table is loaded",
                    r"double fault \(vector 8\)")

    def test_reset_without_a_triple_fault(self):
        self.expect("asks", "asks", "reset", "asked for the reset")

    def test_panic(self):
        self.expect("panics", "panics", "panic",
                    r"panic at tests/panics\.c:\d+: out of cheese")

    def test_odd_exit_status(self):
        self.expect("odd", "odd", "crash", "exit status 65, which is 0x20")

    def test_success_without_a_test(self):
        self.expect("silent", "silent", "fail", "reported no test")

    def test_wrong_number_of_tests(self):
        self.expect("liar", "liar_one", "ok")
        self.expect("liar", "liar", "fail", "announced 2 tests and reported 1")

    def test_unbuildable(self):
        result = self.expect("unbuildable", "unbuildable", "build",
                             r"tests/unbuildable\.c:\d+:\d+: error: ")
        self.assertNotIn("\n", result["message"])

    def test_proof_that_does_not_fit_the_tree(self):
        self.expect("host/format", "format", "build",
                    r"^src/lib/format\.h differs from chapter 04-testing's")

    def test_proof_without_header(self):
        self.expect("host/headless", "headless", "build", "no line `needs:")

    def test_proofs_of_other_trees_are_left_out(self):
        self.assertNotIn("elsewhere", self.done.stdout)
        self.assertNotIn("host/over", self.done.stdout)

    def test_machine_proof(self):
        self.expect("machine/screen", "greeting", "ok")
        self.expect("machine/screen", "farewell", "fail",
                    "The kernel says good bye", "no farewell",
                    "(?s)the screen:.*Hello World!")
        self.expect("machine/screen", "patience", "hang", "it still ran")

    def test_end_of_the_output(self):
        results = self.report["results"]
        failed = sum(result["status"] != "ok" for result in results)
        self.assertGreater(failed, 12)
        self.assertEqual(self.done.stdout.splitlines()[-1], "%d passed, "
                         "%d failed" % (len(results) - failed, failed))
        self.assertEqual(self.done.returncode, 1)

    def test_no_machine_is_left(self):
        self.assertEqual(machines_of(self.project.directory), [])

    def test_order(self):
        suites = [result["suite"] for result in self.report["results"]]
        grouped = list(dict.fromkeys(suites))
        self.assertEqual(suites, sorted(suites, key=grouped.index))
        self.assertEqual(grouped[0], "host")

    def test_junit(self):
        top = xml.parse(self.junit).getroot()
        cases = {(case.get("classname"), case.get("name")): case
                 for case in top.iter("testcase")}
        self.assertEqual(len(cases), len(self.results))
        self.assertIsNone(cases["lab.passes", "passes"].find("failure"))
        failure = cases["lab.spins", "spins"].find("failure")
        self.assertEqual(failure.get("type"), "hang")
        self.assertIn("still ran", failure.text)
        self.assertEqual(
            sum(int(suite.get("failures")) for suite in top),
            self.report["failed"])

    def test_logs(self):
        log = self.project.read("build/lab/logs/fails.log")
        self.assertIn("fails... [failed]", log)


class OneAndNone(unittest.TestCase):
    """Choosing tests, stopping early, and having nothing to run."""

    @classmethod
    def setUpClass(cls):
        cls.project = project = Project()
        cls.addClassCleanup(project.remove)
        project.tree("my-kernel")
        project.write("my-kernel/src/lib/sums_test.c", UNIT_TESTS)

    def test_one_unit_test(self):
        done = self.project.test("my-kernel", "--only", "sums_are_right")
        self.assertEqual(done.stdout.splitlines()[-1], "2 passed, 0 failed")
        self.assertRegex(done.stdout, r"(?m)^ok    host +sums_are_right$")
        self.assertRegex(done.stdout, r"(?m)^ok    unit +sums_are_right$")
        self.assertNotIn("sums_are_wrong", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_one_program_through_make(self):
        done = run(["make", "-s", "test", "TEST=basic_boot"],
                   cwd=self.project.path("my-kernel"))
        self.assertEqual(done.stdout.splitlines()[-1], "1 passed, 0 failed",
                         done.stdout)

    def test_variables_of_make_reach_the_build(self):
        done = run(["make", "-s", "test", "TEST=basic_boot", "OPT=-O1"],
                   cwd=self.project.path("my-kernel"))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.path.exists(self.project.path(
            "build/my-kernel-O1/tests/basic_boot.iso")))

    def test_a_name_that_matches_nothing(self):
        done = self.project.test("my-kernel", "--only", "sums_are_rihgt")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, "no test of my-kernel is called "
                         "sums_are_rihgt; near it are: .*sums_are_right")
        done = self.project.test("my-kernel", "--only", "qqqqqq")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"its programs, with \d+ tests, are:\n"
                         r"    host, .*basic_boot")
        self.assertNotIn("sums_are_right", done.stdout)

    def test_fail_fast_does_not_build_kernels(self):
        shutil.rmtree(self.project.path("build", "my-kernel"),
                      ignore_errors=True)
        done = self.project.test("my-kernel", "--fail-fast")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fail  host ", done.stdout)
        self.assertNotIn("unit ", done.stdout)
        self.assertFalse(os.path.exists(self.project.path(
            "build/my-kernel/tests/unit.iso")))

    def test_nothing_to_run(self):
        self.project.write("my-empty/Makefile", "print-build:\n"
                           "\t@echo ../build/my-empty\n")
        done = self.project.test("my-empty")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 0 failed")

    def test_the_chapter_passes(self):
        done = self.project.test("04-testing", timeout="")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\n[1-9]\d* passed, 0 failed\n\Z")


class LeavingOut(unittest.TestCase):
    """Proofs that do not run each time, and not in each tree."""

    def setUp(self):
        self.project = Project(("tools",))
        self.addCleanup(self.project.remove)
        for tree in ("a", "b", "c"):
            self.project.write(tree + "/Makefile", TOY_MAKEFILE)
            self.project.write(tree + "/rules", "c" if tree == "c" else "ab")
        self.proof("plain")
        self.proof("deep", "when: thorough")

    def proof(self, name, header="", first=True):
        """Writes a proof with two tests."""
        self.project.write("tests/machine/%s.py" % name, TOY_PROOF.format(
            name=name, header=header, first=first))

    def run_in(self, *arguments, **variables):
        """Runs the runner: its output, and (tree, suite, name) of what
        ran."""
        report = self.project.path("report.json")
        done = run([sys.executable, self.project.path("tools", "test.py"),
                    *arguments, "--json", report],
                   cwd=self.project.directory,
                   env=dict({name: value for name, value in os.environ.items()
                             if name not in ("STRICT", "THOROUGH")},
                            TIMEOUT="20", **variables))
        with open(report, encoding="utf-8") as file:
            reports = json.load(file)
        return done, [(one["tree"], result["suite"], result["name"])
                      for one in (reports if isinstance(reports, list)
                                  else [reports])
                      for result in one["results"]]

    def suites(self, *arguments, **variables):
        """What ran: pairs of tree and proof."""
        return sorted({(tree, suite.split("/")[1]) for tree, suite, _ in
                       self.run_in(*arguments, **variables)[1]})

    def test_a_thorough_proof_is_left_out_and_the_end_says_so(self):
        done, ran = self.run_in("a")
        self.assertEqual([name for _, _, name in ran],
                         ["plain_first", "plain_second"])
        self.assertEqual(done.stdout.splitlines()[-3:], [
            "", "1 thorough proof not run: make test THOROUGH=1",
            "2 passed, 0 failed"])
        done, _ = self.run_in("a", "b")
        self.assertIn("\n2 thorough proofs not run: ", done.stdout)

    def test_thorough_and_strict_run_all(self):
        for variable in ("THOROUGH", "STRICT"):
            done, ran = self.run_in("a", **{variable: "1"})
            self.assertEqual(len(ran), 4)
            self.assertNotIn("not run", done.stdout)

    def test_a_thorough_proof_runs_when_it_or_its_test_is_named(self):
        for name in ("deep", "machine/deep", "deep_second"):
            done, ran = self.run_in("a", "--only", name)
            self.assertEqual({suite for _, suite, _ in ran},
                             {"machine/deep"})
            self.assertNotIn("not run", done.stdout)

    def test_once_means_the_last_tree_with_the_same_files(self):
        self.proof("rules", "once: rules")
        self.assertEqual(
            [tree for tree, proof in self.suites("a", "b", "c")
             if proof == "rules"], ["b", "c"])
        self.assertIn(("a", "rules"), self.suites("a"))
        self.assertIn(("a", "rules"), self.suites("a", "c"))
        self.assertIn(("a", "rules"),
                      self.suites("a", "b", "--only", "rules"))
        # Not in a tree that it is not about.
        self.proof("rules", "once: rules\nuntil: over")
        self.project.write("b/over", "")
        self.assertIn(("a", "rules"), self.suites("a", "b"))

    def test_once_and_thorough_counts_the_trees_where_it_would_run(self):
        self.proof("rules", "once: rules\nwhen: thorough")
        done, _ = self.run_in("a", "b", "c")
        self.assertIn("\n5 thorough proofs not run: ", done.stdout)

    def test_another_word_is_a_mistake(self):
        self.proof("odd", "when: sometimes")
        done, _ = self.run_in("a")
        self.assertEqual(done.returncode, 1)
        self.assertIn("`when: sometimes` is unknown", done.stdout)

    def test_fail_fast_ends_a_proof_at_its_first_failure(self):
        self.proof("plain", first=False)
        _, ran = self.run_in("a", "--fail-fast")
        self.assertEqual([name for _, _, name in ran], ["plain_first"])
        _, ran = self.run_in("a")
        self.assertEqual(len(ran), 2)


class BadUnitTests(unittest.TestCase):
    """What one unit test can do to the others."""

    def setUp(self):
        self.project = Project()
        self.addCleanup(self.project.remove)
        self.project.tree("my-kernel")

    def results(self, *arguments, timeout="3"):
        """Runs the tests; the results by program and name."""
        done = self.project.test("my-kernel", *arguments, timeout=timeout)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(machines_of(self.project.directory), [])
        report = json.loads(self.project.read("build/my-kernel/report.json"))
        return {(result["suite"], result["name"]): result
                for result in report["results"]}

    def test_hanging(self):
        self.project.write("my-kernel/src/lib/hang_test.c", HANGING_TEST)
        results = self.results()
        for program in ("host", "unit"):
            result = results[program, "waits_for_ever"]
            self.assertEqual(result["status"], "hang", result)
        # Only the programs with that test suffer.
        self.assertEqual(results["basic_boot", "basic_boot"]["status"], "ok")

    def test_panicking(self):
        self.project.write("my-kernel/src/drivers/panic_test.c",
                           PANICKING_TEST)
        result = self.results()["unit", "loses_its_head"]
        self.assertEqual(result["status"], "panic", result)
        self.assertRegex(result["message"], r"panic at "
                         r"drivers/panic_test\.c:6: no head at 7")

    def test_overrun_on_the_host(self):
        self.project.write("my-kernel/src/lib/overrun_test.c", OVERRUN_TEST)
        result = self.results("--only", "host")["host", "writes_too_far"]
        self.assertEqual(result["status"], "crash", result)
        self.assertRegex(result["message"],
                         "stack-buffer-overflow|runtime error")

    def test_a_test_that_is_linked_and_not_run(self):
        path = "my-kernel/src/test/test.c"
        text = self.project.read(path)
        changed = re.sub(r"(test = )tests;", r"\1tests + 1;", text)
        self.assertNotEqual(text, changed)
        self.project.write(path, changed)
        result = self.results("--only", "unit")["unit", "unit"]
        self.assertRegex(result["message"],
                         r"it runs \d+ tests, and \d+ are linked into "
                         r"unit\.elf\nnot run: \w+")

    def test_one_line_when_nothing_builds(self):
        path = "my-kernel/src/lib/format.c"
        self.project.write(path, self.project.read(path) + "\nint wrong(;\n")
        done = self.project.test("my-kernel")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.count("src/lib/format.c:"), 1,
                         done.stdout)

    def test_an_interrupt_leaves_nothing(self):
        self.project.write("my-kernel/src/lib/hang_test.c", HANGING_TEST)
        process = subprocess.Popen(
            [sys.executable, self.project.path("tools", "test.py"), ".",
             "--only", "unit"], cwd=self.project.path("my-kernel"),
            env=dict(os.environ, TIMEOUT="100"), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not machines_of(self.project.directory):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 130)
        self.assertEqual(machines_of(self.project.directory), [])


if __name__ == "__main__":
    unittest.main()
