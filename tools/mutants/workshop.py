"""A copy of the project with one tree in it, to break things in."""

import json
import os
import shutil
import sys
import time

from common import files, processes
from common.terminal import Complaint
from testing.trees import Tree

MAKE_LIMIT = 120
TEST_LIMIT = 600        # seconds of one run of the tests, whatever they do


class Stopped(Exception):
    """The run is being interrupted."""


class Workshop:
    """A copy of the project with one tree, and what was built of it."""

    stopped = False     # for all of them

    def __init__(self, root, directory):
        self.directory = directory
        self.tree = os.path.join(directory, "mutant")
        self.build = os.path.join(directory, "build", "mutant")
        self.kept = {}      # the unbroken objects, by their path in build
        self.bare = {}      # those without debugging information
        if root:
            self.copy(*os.path.split(root))

    def copy(self, root, name):
        """Copies what a tree needs, with the times of the files."""
        os.makedirs(self.directory)
        for part in ("common.mk", "tools", "proofs", "measure"):
            source = os.path.join(root, part)
            target = os.path.join(self.directory, part)
            if os.path.isdir(source):
                shutil.copytree(source, target, ignore=(
                    shutil.ignore_patterns("__pycache__", "tests")))
            elif os.path.exists(source):
                shutil.copy2(source, target)
        shutil.copytree(os.path.join(root, name), self.tree,
                        ignore=shutil.ignore_patterns(".*"))
        # What set-up and `make toolchain` put there must be found, too.
        os.makedirs(os.path.join(self.directory, "build"))
        for part in ("grub", "toolchain"):
            source = os.path.join(root, "build", part)
            if os.path.isdir(source):
                os.symlink(source, os.path.join(self.directory, "build",
                                                part))

    def clone(self, directory):
        """Another workshop like this one, with all that is built."""
        shutil.copytree(self.directory, directory, symlinks=True)
        other = Workshop(None, directory)
        other.build = os.path.join(
            directory, os.path.relpath(self.build, self.directory))
        other.kept, other.bare = self.kept, self.bare
        return other

    def run(self, command, limit, **options):
        """Runs a program, unless all is to end."""
        if not Workshop.stopped:
            ended = processes.run(command, limit, **options)
        if Workshop.stopped:
            raise Stopped
        return ended

    def compile(self):
        """Makes all that contains what a mutant can change; how that
        ended."""
        return self.run(
            ["make", "--no-print-directory", "-s", *(os.path.relpath(
                os.path.join(self.build, product), self.tree)
                for product in self.products())], MAKE_LIMIT, cwd=self.tree)

    def products(self):
        """What contains every object that a mutant can change."""
        return ["kernel.elf"] + ["tests/unit.elf"] * os.path.exists(
            os.path.join(self.tree, "src/test/main.c"))

    def prepare(self):
        """Builds the unbroken kernel and runs all its tests, which must
        pass; returns the seconds that each program takes."""
        self.build = Tree(self.tree).build
        made = self.compile()
        if made.status != 0:
            raise Complaint("the unbroken kernel does not build:\n"
                            + made.output)
        ran = self.run_tests()
        if ran.status != 0:
            raise Complaint("the tests fail before anything is broken:\n"
                            + ran.output)
        for path in files.below(self.build):
            if path.endswith((".o", ".elf")):
                self.kept[path] = files.read(os.path.join(self.build, path))
        report = self.report()
        return {result["suite"]: report["programs"].get(result["suite"], 0)
                for result in report["results"]}

    def run_tests(self, *arguments, **options):
        """Runs the runner of this copy."""
        return self.run(
            [sys.executable, os.path.join(self.directory, "tools",
                                          "test.py"), self.tree,
             "--jobs", "1", *arguments], TEST_LIMIT, cwd=self.directory,
            **options)

    def report(self):
        """What the runner has written down."""
        return json.loads(files.read_text(os.path.join(self.build,
                                                       "report.json")))

    def test(self, program, limit):
        """Runs the tests of one program.  None if they pass, else a word
        for how they fail."""
        report = os.path.join(self.build, "report.json")
        if os.path.exists(report):
            os.remove(report)
        ran = self.run_tests(
            "--fail-fast", "--only", program,
            env=dict({"TIMEOUT": "%.1f" % limit}, **os.environ))
        if ran.status == 0:
            return None
        if ran.late:
            return "hang"
        if os.path.exists(report):
            for result in self.report()["results"]:
                if result["status"] != "ok":
                    return result["status"]
        raise Complaint("the tests could not be run:\n" + ran.output)

    def mark(self, path):
        """A digest of what a mutant of this file has changed in what is
        compiled, debugging information aside; None if nothing."""
        parts = []
        for name in self.objects(path):
            if files.read(os.path.join(self.build, name)) \
                    != self.kept.get(name):
                if name not in self.bare:
                    self.bare[name] = self.stripped(
                        name, self.kept.get(name, b""))
                bare = self.stripped(name)
                if bare != self.bare[name]:
                    parts += [name, bare]
        return files.digest(*parts) if parts else None

    def objects(self, path):
        """What a file of the tree is compiled to: its object, or for a
        header all objects, or for a linker script the kernels."""
        if path.endswith((".c", ".asm")):
            return [path + ".o"]
        if path.endswith(".ld"):
            return self.products()
        return ["src/" + name
                for name in files.below(os.path.join(self.build, "src"))
                if name.endswith(".o") and not name.endswith("_test.c.o")]

    def stripped(self, name, content=None):
        """An object, or what was one, without debugging information."""
        source = os.path.join(self.build, name)
        bare = source + ".bare"
        if content is not None:
            source = bare
            files.write(bare, content)
        flag = "--strip-all" if name.endswith(".elf") else "--strip-debug"
        made = self.run([objcopy(), flag, source, bare], MAKE_LIMIT)
        if made.status != 0:
            raise Complaint("objcopy: " + made.output.strip())
        content = files.read(bare)
        os.remove(bare)
        return content


def objcopy():
    """A program that strips objects for x86-64."""
    for name in (os.environ.get("OBJCOPY"), "x86_64-elf-objcopy",
                 "x86_64-linux-gnu-objcopy", "objcopy"):
        if name and shutil.which(name):
            return name
    raise Complaint("objcopy is missing: run ./setup.sh, or name yours with "
                    "OBJCOPY=")


class Broken:
    """A mutant that stands in a workshop's tree, and leaves no trace.

    make goes by the times of files.  A mutant is new, so its objects are
    made again.  Afterwards the source counts as new, for the builds in
    other directories that a test has made of the broken one.  Here the
    unbroken object is put back and counts as newer still, so that it need
    not be made, and whatever was linked with the broken one is linked
    again."""

    def __init__(self, workshop, mutant):
        self.workshop = workshop
        self.path = os.path.join(workshop.tree, mutant.path)
        self.mutant = mutant
        self.original = files.read(self.path)

    def __enter__(self):
        files.write(self.path, self.mutant.text)

    def __exit__(self, *_):
        # The clock of a file system may tick only every 10 ms.
        time.sleep(0.02)
        files.write(self.path, self.original)
        if not self.mutant.path.endswith((".c", ".asm")):
            return
        for name in (self.mutant.path + ".o",
                     "host/" + self.mutant.path + ".o"):
            target = os.path.join(self.workshop.build, name)
            # Not what stood there before the mutant: it may have been
            # made with the header of the mutant before this one.
            if name in self.workshop.kept:
                files.write(target, self.workshop.kept[name])
            elif os.path.exists(target):
                os.remove(target)
