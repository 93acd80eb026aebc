"""A copy of the project that a test of the runner may spoil.

It lies in a temporary directory, and has the rules and the tools; kernels
are made from 04-testing, and *toys* are trees without any kernel, which
build at once.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
KERNEL_PARTS = ("common.mk", "tools", "proofs/host/include",
                "proofs/host/support", "04-testing")

# A tree without a kernel, for proofs that look at none: its program on
# the host is a file of the tree, and so is its image.
TOY_MAKEFILE = """\
NAME := $(lastword $(subst /, ,$(CURDIR)))
print-others:
\t@echo
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

TOY_PROOF = '''\
"""A proof of nothing.

needs: Makefile
{header}
"""


def test_{name}_first(kernel):
    with open(kernel.tree + "/../ran", "a") as file:
        file.write("{name} %s\\n" % kernel.tree.rpartition("/")[2])
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


def environment(**variables):
    """Ours, without what would change a run."""
    return dict({name: value for name, value in os.environ.items()
                 if name not in ("STRICT", "THOROUGH", "FRESH", "MAKEFLAGS",
                                 "MEMORY_DIRECTORY")}, **variables)


def wait(look, seconds=60):
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in %d s" % seconds)
        time.sleep(0.05)


def machines_of(directory):
    """The processes whose command line names a directory."""
    listing = run(["ps", "-axww", "-o", "pid=,args="]).stdout
    return [line for line in listing.splitlines()
            if directory in line and "qemu" in line]


def runs(pid):
    """Whether a process is there, and has not ended."""
    state = run(["ps", "-o", "stat=", "-p", str(pid)]).stdout.strip()
    return bool(state) and not state.startswith("Z")


class Project(unittest.TestCase):
    """A copy of the project that a test may spoil."""

    PARTS = ("tools", "common.mk")

    @classmethod
    def make(cls):
        """Makes the copy; its path has a blank."""
        cls.directory = tempfile.mkdtemp(prefix="runner test ")
        cls.addClassCleanup(shutil.rmtree, cls.directory,
                            ignore_errors=True)
        for name in cls.PARTS:
            source, target = os.path.join(ROOT, name), cls.path(name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if os.path.isdir(source):
                shutil.copytree(source, target, ignore=(
                    shutil.ignore_patterns("__pycache__")))
            else:
                shutil.copy(source, target)

    @classmethod
    def setUpClass(cls):
        cls.make()

    @classmethod
    def path(cls, *parts):
        """A path in the copy."""
        return os.path.join(cls.directory, *parts)

    @classmethod
    def tree(cls, name):
        """A new tree, made from the chapter."""
        shutil.rmtree(cls.path(name), ignore_errors=True)
        shutil.copytree(cls.path("04-testing"), cls.path(name))

    @classmethod
    def toy(cls, *names):
        """New trees without a kernel, and no proofs."""
        for name in ("proofs", "ran", "child", "build", "a", "b", "c"):
            shutil.rmtree(cls.path(name), ignore_errors=True)
            with contextlib.suppress(OSError):
                os.remove(cls.path(name))
        for name in names:
            cls.write(name + "/Makefile", TOY_MAKEFILE)
            cls.write(name + "/image", "an image")
            cls.program(name)

    @classmethod
    def program(cls, tree, result="ok", more=""):
        """Writes a toy's program."""
        cls.write(tree + "/program", HOST_PROGRAM % (
            result, result != "ok") + more)

    @classmethod
    def proof(cls, name, header="", first=True):
        """Writes a proof with two tests."""
        cls.write("proofs/machine/%s.py" % name, TOY_PROOF.format(
            name=name, header=header, first=first))

    @classmethod
    def write(cls, name, text):
        """Writes a file."""
        os.makedirs(os.path.dirname(cls.path(name)), exist_ok=True)
        with open(cls.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    @classmethod
    def read(cls, name):
        """Reads a file; none is empty."""
        if not os.path.exists(cls.path(name)):
            return ""
        with open(cls.path(name), encoding="utf-8") as file:
            return file.read()

    @classmethod
    def run_tests(cls, *arguments, timeout="20", **variables):
        """Runs the runner."""
        return run(cls.command(*arguments), cwd=cls.directory,
                   env=environment(TIMEOUT=timeout, **variables))

    @classmethod
    def command(cls, *arguments):
        """How the runner is started."""
        return [sys.executable, cls.path("tools", "test.py"), *arguments]

    def results(self, *trees):
        """The results of the last run, by tree, program and name."""
        return {(tree, result["suite"], result["name"]): result
                for tree in trees for result in json.loads(
                    self.read("build/%s/report.json" % tree))["results"]}
