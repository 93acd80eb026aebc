"""The test runner must tell every kind of failure by its own word.

Each class makes a small project of its own in a temporary directory: a
copy of the rules and the tools, and kernels made from 04-testing with
tests that fail, hang, reset the machine, and so on.
"""

import glob
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

    def __init__(self, names=("common.mk", "tools", "proofs/host/include",
                              "proofs/host/support", "04-testing")):
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
        project.write("proofs/host/format.c", PROOF_OF_FORMAT)
        project.write("proofs/kernel/inside.c", PROOF_KERNEL)
        project.write("proofs/kernel/elsewhere.c", PROOF_ELSEWHERE)
        project.write("proofs/host/over.c", PROOF_OVER)
        project.write("proofs/host/headless.c", "// no header\n")
        project.write("proofs/machine/screen.py", MACHINE_PROOF)
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

    def test_the_time_of_a_program_of_many_tests_is_known(self):
        # mutants.py gives it so much patience: a boot takes some time.
        for program in ("unit", "kernel/inside", "passes"):
            self.assertGreater(self.report["programs"][program], 0.1)

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
        self.project.write("proofs/machine/%s.py" % name, TOY_PROOF.format(
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

    def test_once_names_patterns_and_tests_do_not_count(self):
        self.proof("rules", "once: src/sync/* src/none/*")
        for tree in ("a", "b", "c"):
            self.project.write(tree + "/src/sync/one.c", "one")
            self.project.write(tree + "/src/sync/one_test.c", tree)
        ran = self.suites("a", "b", "c")
        self.assertEqual([tree for tree, proof in ran if proof == "rules"],
                         ["c"])
        # One more file in a tree makes it another one.
        self.project.write("b/src/sync/two.c", "two")
        done, ran = self.run_in("a", "b", "c")
        self.assertEqual(sorted({tree for tree, suite, _ in ran
                                 if suite == "machine/rules"}), ["b", "c"])
        self.assertIn("\n1 proof of code that is the same in a later tree "
                      "ran only there\n", done.stdout)

    def test_once_of_nothing_is_the_same_as_nothing(self):
        self.proof("rules", "once: src/none/*")
        self.assertEqual(
            [tree for tree, proof in self.suites("a", "b")
             if proof == "rules"], ["a", "b"])

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


# A tree whose program on the host is a file of the tree.
HOST_MAKEFILE = """\
NAME := $(lastword $(subst /, ,$(CURDIR)))
print-build:
\t@echo ../build/$(NAME)
../build/$(NAME)/host/same: program
\t@mkdir -p '$(@D)' && cp program '$@' && chmod +x '$@'
../build/%:
\t@mkdir -p '$(@D)' && cp image '$@'
"""

# Notes down where it ran.
HOST_PROGRAM = """\
#!/bin/sh
echo "host $(basename "$PWD")" >> ../ran
echo Running 1 tests
echo 'one_test... [%s]'
exit %d
"""

SAME_PROOF = '''\
"""Notes down where it ran.

needs: image
"""


def test_of_the_tree(kernel):
    with open(kernel.tree + "/../ran", "a") as file:
        file.write("machine %s\\n" % kernel.tree.rpartition("/")[2])
'''


class TheSame(unittest.TestCase):
    """Programs that several trees have in common, and what is remembered
    of an earlier run."""

    def setUp(self):
        self.project = Project(("tools", "common.mk"))
        self.addCleanup(self.project.remove)
        self.project.write("proofs/host/same.c",
                           "// needs: program\nTEST(one_test)\n")
        self.project.write("proofs/machine/same.py", SAME_PROOF)
        for tree in ("a", "b", "c"):
            self.project.write(tree + "/Makefile", HOST_MAKEFILE)
            self.project.write(tree + "/image", "an image")
            self.program(tree)
        self.program("c", "ok", more="# another one\n")

    def program(self, tree, result="ok", more=""):
        """Writes the tree's program."""
        self.project.write(tree + "/program", HOST_PROGRAM % (
            result, result != "ok") + more)

    def run_in(self, *trees, **variables):
        """Runs the runner: its output, what ran, and the results by tree
        and proof."""
        if os.path.exists(self.project.path("ran")):
            os.remove(self.project.path("ran"))
        report = self.project.path("report.json")
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("STRICT", "THOROUGH", "FRESH")}
        done = run([sys.executable, self.project.path("tools", "test.py"),
                    *trees, "--json", report],
                   cwd=self.project.directory,
                   env=dict(environment, TIMEOUT="20", **variables))
        ran = []
        if os.path.exists(self.project.path("ran")):
            ran = sorted(self.project.read("ran").splitlines())
        with open(report, encoding="utf-8") as file:
            reports = json.load(file)
        return done, ran, {
            (one["tree"], result["suite"]): result
            for one in (reports if isinstance(reports, list) else [reports])
            for result in one["results"]}

    ALL = ["host a", "host c", "machine a", "machine b", "machine c"]

    def again(self, **variables):
        """What runs in a run over the three trees."""
        return self.run_in("a", "b", "c", **variables)[1]

    def test_an_equal_program_runs_once_and_counts_for_each_tree(self):
        done, ran, results = self.run_in("a", "b", "c")
        self.assertEqual(ran, self.ALL)
        self.assertEqual(done.stdout.splitlines()[-1], "6 passed, 0 failed")
        self.assertEqual(results["b", "host/same"]["ran_in"], "a")
        self.assertNotIn("ran_in", results["a", "host/same"])
        self.assertNotIn("ran_in", results["c", "host/same"])
        self.assertRegex(done.stdout, r"(?s)\nb:\nok    host/same +one_test"
                         r"  \(ran in a\)\n")
        self.assertIn("\n1 test ran in one tree for several, ", done.stdout)
        self.assertIn("one_test... [ok]",
                      self.project.read("build/b/logs/host-same.log"))

    def test_what_is_broken_in_equal_trees_is_red_in_each(self):
        for tree in ("a", "b"):
            self.program(tree, "failed")
        done, _, results = self.run_in("a", "b", "c")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([results[tree, "host/same"]["status"]
                          for tree in "abc"], ["fail", "fail", "ok"])
        self.assertIn("it ran in a, and is the same program here",
                      results["b", "host/same"]["message"])
        self.assertIn("cd b && make test TEST=one_test", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "4 passed, 2 failed")

    def test_one_broken_tree_among_equal_ones_is_red(self):
        for broken in ("a", "b", "c"):
            for tree in ("a", "b", "c"):
                self.program(tree, "failed" if tree == broken else "ok")
            done, _, results = self.run_in("a", "b", "c")
            self.assertEqual(
                [results[tree, "host/same"]["status"] for tree in "abc"],
                ["fail" if tree == broken else "ok" for tree in "abc"])
            self.assertIn("cd %s && make test" % broken, done.stdout)

    def test_what_was_green_is_remembered(self):
        self.assertEqual(self.again(), self.ALL)
        done, ran, results = self.run_in("a", "b", "c")
        self.assertEqual(ran, [])
        self.assertEqual(done.stdout.splitlines()[-1], "6 passed, 0 failed")
        self.assertIn("\n6 tests remembered, ", done.stdout)
        self.assertIn("FRESH=1", done.stdout)
        self.assertTrue(results["c", "machine/same"]["remembered"])
        self.assertEqual(self.again(FRESH="1"), self.ALL)
        self.assertEqual(self.again(), [])

    def test_a_run_over_one_tree_runs_all(self):
        self.again()
        for _ in range(2):
            done, ran, _ = self.run_in("a")
            self.assertEqual(ran, ["host a", "machine a"])
            self.assertNotIn("remembered", done.stdout)

    def for_book(self, tree):
        """What runs when the book's proof asks for the tests of a tree."""
        done, ran, _ = self.run_in(tree, LC_ALL="C", OPT="-O2",
            REMEMBERED=self.project.path("build", "remembered"))
        self.assertEqual(done.stdout.splitlines()[-1], "2 passed, 0 failed")
        self.assertNotIn("remembered", done.stdout)
        return ran

    def test_the_proof_of_the_book_takes_what_was_green(self):
        self.again()
        shutil.copytree(self.project.path("c"), self.project.path("mine"))
        self.assertEqual(self.for_book("mine"), [])
        self.project.write("mine/image", "another image")
        self.assertEqual(self.for_book("mine"), ["machine mine"])
        self.program("mine", more="# another line\n")
        self.assertEqual(self.for_book("mine"),
                         ["host mine", "machine mine"])
        self.assertEqual(self.for_book("mine"), [])
        self.assertEqual(self.run_in("mine")[1],
                         ["host mine", "machine mine"])

    def test_the_proof_of_the_book_knows_what_runs_once(self):
        self.project.write("proofs/machine/same.py", SAME_PROOF.replace(
            "needs: image", "needs: image\nonce: image"))
        self.assertEqual(self.again(), ["host a", "host c", "machine c"])
        shutil.copytree(self.project.path("a"), self.project.path("mine"))
        self.assertEqual(self.for_book("mine"), [])
        self.project.write("mine/image", "another image")
        self.assertEqual(self.for_book("mine"), ["machine mine"])

    def test_whatever_changes_is_run_again(self):
        self.again()
        self.program("b", "ok", more="# changed\n")
        self.assertEqual(self.again(), ["host b", "machine b"])
        self.project.write("a/image", "another image")
        self.assertEqual(self.again(), ["machine a"])
        self.project.write("c/src/new.h", "")
        self.assertEqual(self.again(), ["machine c"])
        self.project.write("proofs/machine/same.py", SAME_PROOF + "\n")
        self.assertEqual(self.again(), self.ALL[2:])
        self.project.write("proofs/machine/support/new.py", "")
        self.assertEqual(self.again(), self.ALL[2:])
        self.project.write("common.mk", "# changed\n")
        self.assertEqual(self.again(), self.ALL[2:])
        every = sorted(self.ALL + ["host b"])
        self.project.write("tools/new.py", "")
        self.assertEqual(self.again(), every)
        self.assertEqual(self.again(MEMORY="256M"), every)
        self.assertEqual(self.again(QEMU="/bin/true"), every)
        self.project.write("proofs/host/same.c", "// needs: program\n"
                           "TEST(one_test)\nTEST(two_test)\n")
        self.assertEqual([line for line in self.again() if "host" in line],
                         ["host a", "host b", "host c"])

    def test_a_failure_is_not_remembered(self):
        self.program("c", "failed")
        self.again()
        self.assertEqual(self.again(), ["host c"])

    def test_nothing_is_remembered_for_longer_than_a_day(self):
        self.again()
        directory = self.project.path("build", "remembered")
        for name in os.listdir(directory):
            yesterday = time.time() - 86500
            os.utime(os.path.join(directory, name), (yesterday, yesterday))
        self.assertEqual(self.again(), self.ALL)

    def test_a_damaged_memory_is_none(self):
        self.again()
        directory = self.project.path("build", "remembered")
        for number, name in enumerate(sorted(os.listdir(directory))):
            with open(os.path.join(directory, name), "wb") as file:
                file.write((b"", b"[]", b"\xff", b"{}", b"[1]")[number % 5])
        self.assertEqual(self.again(), self.ALL)

    def test_debugging_information_does_not_make_another_program(self):
        sys.path.insert(0, os.path.join(ROOT, "tools"))
        import remembered  # pylint: disable=import-outside-toplevel
        contents = []
        for name, text, flags in (
                ("d", "int main(void) { return 0; }", ["-g"]),
                ("elsewhere", "int main(void) { return 0; }", ["-g3"]),
                ("other", "int main(void) { return 1; }", ["-g"])):
            self.project.write(name + "/main.c", text)
            run(["cc", "-O1", "-Wl,--build-id", *flags, "main.c", "-o",
                 "main"], cwd=self.project.path(name))
            contents.append(remembered.of_executable(
                self.project.path(name, "main")))
        self.assertEqual(contents[0], contents[1])
        self.assertNotEqual(contents[0], contents[2])
        with self.assertRaises(remembered.Unreadable):
            remembered.of_executable(self.project.path("none"))


class RealProofs(unittest.TestCase):
    """What the proofs of this project say in their headers."""

    def test_each_pattern_names_a_file_of_a_chapter_or_a_side_page(self):
        trees = (glob.glob(os.path.join(ROOT, "[0-9][0-9]-*"))
                 + glob.glob(os.path.join(ROOT, "book/side/*")))
        for kind in ("host", "kernel", "machine"):
            directory = os.path.join(ROOT, "proofs", kind)
            for name in sorted(os.listdir(directory)):
                path = os.path.join(directory, name)
                if not os.path.isfile(path):
                    continue
                with open(path, encoding="utf-8") as file:
                    head = file.read().splitlines()[:30]
                for line in head:
                    said = re.match(r"\W*(?:needs|once):\s*(.*)", line)
                    for pattern in said[1].split() if said else ():
                        self.assertTrue(any(glob.glob(os.path.join(
                            tree, pattern)) for tree in trees),
                            "proofs/%s/%s: %s" % (kind, name, pattern))


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
