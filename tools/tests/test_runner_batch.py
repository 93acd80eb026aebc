"""The test runner must run what it should, once, and leave nothing
behind, whatever is done to it.

depends: tools/common tools/testing tools/test.py tools/qemu.py
depends: tools/faults.py tools/tests/runner_project.py proofs common.mk
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from runner_project import (HOST_PROGRAM, ROOT, Project, environment, run,
                            runs, wait)

# Its child must not outlive it.
LINGERING_PROOF = '''\
"""Waits for its end.

needs: Makefile
"""
import os
import time
from common import processes


def test_lingers(kernel):
    child = processes.start(["sleep", "1000"])
    with open(kernel.tree + "/../child.new", "w") as file:
        file.write(str(child.pid))
    os.rename(file.name, kernel.tree + "/../child")
    time.sleep(1000)
'''


class LeavingOut(Project):
    """Proofs that do not run each time, and not in each tree."""

    def setUp(self):
        self.toy("a", "b", "c")
        for tree in ("a", "b", "c"):
            self.write(tree + "/rules", "c" if tree == "c" else "ab")
        self.proof("plain")
        self.proof("deep", "when: thorough")

    def run_in(self, *arguments, **variables):
        """Runs the runner: its output, and pairs of tree and proof."""
        done = self.run_tests(*arguments, **variables)
        trees = [name for name in arguments if len(name) == 1]
        return done.stdout, sorted({
            (tree, suite.split("/")[1])
            for tree, suite, _ in self.results(*trees)})

    def test_a_thorough_proof_is_left_out_and_the_end_says_so(self):
        shown, ran = self.run_in("a")
        self.assertEqual(ran, [("a", "plain")])
        self.assertEqual(shown.splitlines()[-3:], [
            "", "1 thorough proof not run: make test THOROUGH=1",
            "2 passed, 0 failed"])
        self.assertIn("\n2 thorough proofs not run: ",
                      self.run_in("a", "b")[0])
        for variable in ("THOROUGH", "STRICT"):
            shown, ran = self.run_in("a", **{variable: "1"})
            self.assertEqual(ran, [("a", "deep"), ("a", "plain")])
            self.assertNotIn("not run", shown)
        for name in ("deep", "machine/deep", "deep_second"):
            shown, ran = self.run_in("a", "--only", name)
            self.assertEqual(ran, [("a", "deep")])
            self.assertNotIn("not run", shown)

    def trees_of(self, *arguments):
        """The trees in which the proof `rules` runs."""
        return "".join(tree for tree, proof in self.run_in(*arguments)[1]
                       if proof == "rules")

    def test_once_means_the_last_tree_with_the_same_files(self):
        self.proof("rules", "once: rules")
        self.assertEqual(self.trees_of("a", "b", "c"), "bc")
        self.assertEqual(self.trees_of("a"), "a")
        self.assertEqual(self.trees_of("a", "c"), "ac")
        self.assertEqual(self.trees_of("a", "b", "--only", "rules"), "ab")
        # Not in a tree that it is not about.
        self.proof("rules", "once: rules\nuntil: over")
        self.write("b/over", "")
        self.assertEqual(self.trees_of("a", "b"), "a")
        # Of nothing, it is the same as nothing.
        self.proof("rules", "once: src/none/*")
        self.assertEqual(self.trees_of("a", "b"), "ab")
        self.proof("rules", "once: rules\nwhen: thorough")
        self.assertIn("\n5 thorough proofs not run: ",
                      self.run_in("a", "b", "c")[0])

    def test_once_names_patterns_and_tests_do_not_count(self):
        self.proof("rules", "once: src/sync/* src/none/*")
        for tree in ("a", "b", "c"):
            self.write(tree + "/src/sync/one.c", "one")
            self.write(tree + "/src/sync/one_test.c", tree)
        self.assertEqual(self.trees_of("a", "b", "c"), "c")
        # One more file in a tree makes it another one.
        self.write("b/src/sync/two.c", "two")
        self.assertEqual(self.trees_of("a", "b", "c"), "bc")
        self.assertIn("\n1 proof of code that is the same in a later tree "
                      "ran only there\n", self.run_in("a", "b", "c")[0])

    def test_another_word_is_a_mistake(self):
        self.proof("odd", "when: sometimes")
        done = self.run_tests("a")
        self.assertEqual(done.returncode, 1)
        self.assertIn("`when: sometimes` is unknown", done.stdout)

    def test_fail_fast_ends_a_proof_at_its_first_failure(self):
        self.proof("plain", first=False)
        for arguments, count in (("--fail-fast",), 1), ((), 2):
            self.run_tests("a", *arguments)
            self.assertEqual(len(self.results("a")), count)


class TheSame(Project):
    """Programs that several trees have in common, and what is remembered
    of an earlier run."""

    def setUp(self):
        self.toy("a", "b", "c")
        self.write("proofs/host/same.c",
                   "// needs: program\nTEST(one_test)\n")
        self.proof("same")
        self.program("c", more="# another one\n")

    def run_in(self, *trees, **variables):
        """Runs the runner: its output, and what ran."""
        with contextlib.suppress(OSError):
            os.remove(self.path("ran"))
        done = self.run_tests(*trees, **variables)
        return done, sorted(self.read("ran").splitlines())

    ALL = ["host a", "host c", "same a", "same c"]
    SUM = "9 passed, 0 failed"

    def again(self, **variables):
        """What runs in a run over the three trees."""
        return self.run_in("a", "b", "c", **variables)[1]

    def test_an_equal_program_runs_once_and_counts_for_each_tree(self):
        done, ran = self.run_in("a", "b", "c")
        self.assertEqual(ran, self.ALL)
        self.assertEqual(done.stdout.splitlines()[-1], self.SUM)
        results = self.results("a", "b", "c")
        self.assertEqual(
            [results[tree, "host/same", "one_test"].get("ran_in")
             for tree in "abc"], [None, "a", None])
        self.assertRegex(done.stdout, r"(?s)\nb:\nok    host/same +one_test"
                         r"  \(ran in a\)\n")
        self.assertIn("\n3 tests ran in one tree for several, ", done.stdout)
        self.assertIn("one_test... [ok]",
                      self.read("build/b/logs/host-same.log"))

    def test_a_broken_program_is_red_in_each_tree_that_has_it(self):
        for broken in ("ab", "a", "b", "c"):
            for tree in "abc":
                self.program(tree, "failed" if tree in broken else "ok")
            done, _ = self.run_in("a", "b", "c")
            results = self.results("a", "b", "c")
            self.assertEqual(done.returncode, 1)
            for tree in "abc":
                result = results[tree, "host/same", "one_test"]
                self.assertEqual(result["status"],
                                 "fail" if tree in broken else "ok")
            for tree in broken:
                self.assertIn("cd %s && make test TEST=one_test" % tree,
                              done.stdout)
            if broken == "ab":
                self.assertIn("it ran in a, and is the same program here",
                              results["b", "host/same",
                                      "one_test"]["message"])

    def test_what_was_green_is_remembered(self):
        self.assertEqual(self.again(), self.ALL)
        done, ran = self.run_in("a", "b", "c")
        self.assertEqual(ran, [])
        self.assertEqual(done.stdout.splitlines()[-1], self.SUM)
        self.assertIn("\n9 tests remembered, ", done.stdout)
        self.assertIn("FRESH=1", done.stdout)
        self.assertTrue(self.results("c")["c", "machine/same",
                                          "same_first"]["remembered"])
        self.assertEqual(self.again(FRESH="1"), self.ALL)
        self.assertEqual(self.again(), [])
        # A run over one tree runs all.
        done, ran = self.run_in("a")
        self.assertEqual(ran, ["host a", "same a"])
        self.assertNotIn("remembered", done.stdout)

    def test_a_failure_and_a_damaged_memory_are_not_remembered(self):
        self.program("c", "failed")
        self.again()
        self.assertEqual(self.again(), ["host c"])
        self.program("c", more="# another one\n")
        self.again()
        directory = self.path("build", "memory", "tests")
        for damage in (b"", b"\xff", b"[]"):
            for name in os.listdir(directory):
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(damage)
            self.assertEqual(self.again(), self.ALL)

    def for_book(self, tree):
        """What runs when the book's proof asks for the tests of a tree."""
        done, ran = self.run_in(tree, LC_ALL="C", OPT="-O2",
                                MEMORY_DIRECTORY=self.path("build/memory"))
        self.assertEqual(done.stdout.splitlines()[-1], "3 passed, 0 failed")
        self.assertNotIn("remembered", done.stdout)
        return ran

    def test_the_proof_of_the_book_takes_what_was_green(self):
        self.again()
        shutil.copytree(self.path("c"), self.path("b"), dirs_exist_ok=True)
        self.assertEqual(self.for_book("b"), [])
        self.write("b/image", "another image")
        self.assertEqual(self.for_book("b"), ["same b"])
        self.program("b", more="# another line\n")
        self.assertEqual(self.for_book("b"), ["host b", "same b"])
        self.assertEqual(self.for_book("b"), [])
        # It knows what runs once, whatever else has changed.
        self.proof("same", "once: image")
        self.assertEqual(self.again(), ["same b", "same c"])
        self.write("a/other", "a file")
        self.assertEqual(self.for_book("a"), [])
        self.write("a/image", "yet another image")
        self.assertEqual(self.for_book("a"), ["same a"])

    def test_whatever_changes_is_run_again(self):
        self.again()
        machine = self.ALL[2:]
        every = sorted([*self.ALL, "host b", "same b"])
        for name, text, ran in (
                ("b/program", HOST_PROGRAM % ("ok", 0) + "# changed\n",
                 ["host b", "same b"]),
                ("a/image", "another image", ["same a"]),
                ("c/src/new.h", "", ["same c"]),
                ("proofs/machine/support/new.py", "",
                 machine[:1] + ["same b"] + machine[1:]),
                ("common.mk", "# changed\n",
                 machine[:1] + ["same b"] + machine[1:]),
                ("tools/book/new.py", "", []),
                ("tools/testing/new.py", "", every),
                ("proofs/host/same.c",
                 "// needs: program\nTEST(one_test)\nTEST(two_test)\n",
                 ["host a", "host b", "host c"])):
            self.addCleanup(shutil.copy, os.path.join(ROOT, "common.mk"),
                            self.path("common.mk"))
            with self.subTest(changed=name):
                self.write(name, text)
                self.assertEqual(self.again(), ran)
        self.assertEqual(self.again(MEMORY="256M"), every)
        self.assertEqual(self.again(QEMU="/bin/true"), every)


class Abuse(Project):
    """Interrupted, killed, run twice, on a disk that is full."""

    def setUp(self):
        self.toy("a")
        self.proof("first")

    def start(self, *arguments):
        """Starts a run; its output goes to a pipe."""
        process = subprocess.Popen(
            self.command("a", *arguments), cwd=self.directory,
            env=environment(TIMEOUT="100"), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            universal_newlines=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def lingering(self):
        """Starts a run whose second proof waits; and that proof's child."""
        self.write("proofs/machine/linger.py", LINGERING_PROOF)
        process = self.start()
        wait(lambda: os.path.exists(self.path("child")))
        return process, int(self.read("child"))

    def test_an_interrupt_ends_all_and_the_sum_is_kept(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.toy("a")
            self.proof("first")
            process, child = self.lingering()
            wait(lambda: os.path.exists(self.path(
                "build/a/logs/machine-first.log")))
            time.sleep(0.3)
            process.send_signal(number)
            shown = process.communicate(timeout=20)[0]
            self.assertEqual(process.returncode, 130, shown)
            wait(lambda child=child: not runs(child), 10)
            self.assertEqual(shown.splitlines()[-2:], [
                "interrupted; 1 of 2 programs were waited for",
                "2 passed, 0 failed"])
            self.assertEqual(len(self.results("a")), 2)

    @unittest.skipUnless(shutil.which("setpriv"), "needs setpriv (Linux)")
    def test_a_runner_that_is_killed_leaves_nothing(self):
        process, child = self.lingering()
        process.kill()
        wait(lambda: not runs(child), 10)

    def test_two_runs_in_one_tree_follow_each_other(self):
        first, _ = self.lingering()
        second = self.start("--only", "first")
        self.assertEqual(second.stdout.readline(), "another `make test` "
                         "runs in a, waiting for its end\n")
        time.sleep(0.5)
        self.assertIsNone(second.poll())
        first.terminate()
        self.assertEqual(second.communicate(timeout=30)[0].splitlines()[-1],
                         "2 passed, 0 failed")

    def mounted(self, options):
        """Runs the runner where build/ is another file system."""
        os.makedirs(self.path("build"), exist_ok=True)
        mount = ["unshare", "-rm", "sh", "-c",
                 'mount -t tmpfs -o %s tmpfs build && exec "$@"' % options,
                 "sh"]
        if run([*mount, "true"], cwd=self.directory).returncode != 0:
            self.skipTest("nothing can be mounted here")
        return run([*mount, *self.command("a")], cwd=self.directory,
                   env=environment(TIMEOUT="20"))

    def test_a_full_disk_and_one_that_is_read_only_are_a_sentence(self):
        self.write("a/image", "x" * 100000)
        for options, word in (("size=16k", "there is no space left"),
                              ("ro", "can only be read")):
            done = self.mounted(options)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout, r"\Atest: .*%s.*\n\Z" % word)

    def test_characters_that_the_terminal_does_not_have(self):
        self.proof("first", first='False, "\u2192 \\u0414"')
        done = self.run_tests("a", PYTHONIOENCODING="ascii")
        self.assertEqual(done.returncode, 1)
        self.assertIn("    ? ?\n", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "1 passed, 1 failed")

    def test_nothing_to_run(self):
        shutil.rmtree(self.path("proofs"))
        done = self.run_tests("a")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 0 failed")


if __name__ == "__main__":
    unittest.main()
