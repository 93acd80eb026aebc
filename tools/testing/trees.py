"""What there is to run: kernels' directories, their programs, proofs.

    program        made from                        runs
    host           src/{boot,…}/*_test.c            on this machine
    host/NAME      proofs/host/NAME.c of the root   on this machine
    unit           src/test/ and every *_test.c     in QEMU
    NAME           the tree's tests/NAME.c          in QEMU
    kernel/NAME    proofs/kernel/NAME.c of the root in QEMU
    machine/NAME   proofs/machine/NAME.py           looks at the image

A proof says in its first comment what it needs:

    needs: src/lib/format.h src/lib/format.c
    until: src/drivers/serial.c     (only in trees without this file)
    when: thorough                  (only with THOROUGH=1 or STRICT=1, or
                                    when it is named)
    once: linker.ld src/lib/*       (of several trees in which these are
                                    the same, tests aside, in the last)
    limit: 30                       (seconds, if the usual is too short;
                                    in Python for each function)
"""

import difflib
import fcntl
import glob
import os
import re
import textwrap

from common import files, processes
from common.terminal import Complaint, say, shown_path

# Seconds; a boot takes a third of one.  For a proof on a machine they are
# those of each function.
LIMITS = {"host": 20, "kernel": 10, "machine": 30}
# Where tests lie that run on the host, too, as common.mk has it.
HOST_DIRECTORIES = ("src/boot", "src/containers", "src/lib", "src/mm",
                    "src/task")


def run_make(directory, *arguments):
    """Runs make in a directory; returns how it ended.  Under `make test`
    our make has a parent: the variables of its command line hold here
    too, not its flags and its job server."""
    environment = dict(os.environ)
    environment.pop("MFLAGS", None)
    if environment.pop("MAKEFLAGS", "") and make_variables():
        environment["MAKEFLAGS"] = " -- " + make_variables()
    return processes.run(
        [os.environ.get("MAKE") or "make", "--no-print-directory",
         *arguments], cwd=directory, env=environment)


def make_variables():
    """The variables on the command line of the make that called us."""
    said = re.search(r"(?:^| )-- (.*)", os.environ.get("MAKEFLAGS", ""),
                     re.S)
    return said[1] if said else ""


def first_error(output):
    """The line of make's output that says what is wrong."""
    lines = [line for line in output.splitlines()
             if not re.match(r"collect2: error: ld returned", line)]
    for pattern in (r": (fatal )?error: ", r": undefined reference to ",
                    r"multiple definition of |\bld: (?!warning)",
                    r"\*\*\* (?!\[)", r"\*\*\* "):
        for line in lines:
            if re.search(pattern, line):
                return re.sub(r"^\S*ld: ", "", line.strip())
    return lines[-1].strip() if lines else "make failed and said nothing"


class Program:
    """One thing that is built and run, with one test or many."""

    def __init__(self, tree, kind, name, sources, product, proof=None):
        self.tree = tree
        self.kind = kind            # "host", "kernel" or "machine"
        self.id = name
        self.name = name.split("/")[-1]
        self.sources = sources      # they declare its tests
        self.product = product      # what make has to build
        self.proof = proof          # its Header, for a proof
        self.limit = proof and proof.limit or LIMITS[kind]
        self.log = os.path.join(tree.build, "logs",
                                name.replace("/", "-") + ".log")

    @property
    def image(self):
        """The file that is booted or executed."""
        return os.path.join(self.tree.build, self.product)

    @property
    def elf(self):
        """The ELF file with the debugging information."""
        return os.path.splitext(self.image)[0] + ".elf"

    def declared(self):
        """The names of the tests as its sources declare them."""
        names = []
        for path in self.sources:
            names += re.findall(
                r"(?m)^def test_(\w+)\(" if path.endswith(".py")
                else r"(?m)^TEST\(\s*(\w+)\s*\)", files.read_text(path))
        return names or ([self.name] if self.kind == "kernel" else [])


class Header:
    """What a proof says about itself in its first comment."""

    LINE = re.compile(r"\W*(needs|until|when|once|limit):\s*(.*?)\s*(\*/)?$")

    def __init__(self, path):
        said = {"needs": [], "until": [], "when": [], "once": [],
                "limit": []}
        for line in files.read_text(path).splitlines()[:30]:
            match = self.LINE.match(line)
            if match:
                said[match[1]] += match[2].split()
        self.needs = said["needs"]
        self.until = said["until"]
        self.once = said["once"]
        self.thorough = said["when"] == ["thorough"]
        self.limit = float(said["limit"][0]) if said["limit"] else None
        self.wrong = None
        if not self.needs:
            self.wrong = "its first comment has no line `needs: …`"
        elif said["when"] and not self.thorough:
            self.wrong = "`when: %s` is unknown, there is only " \
                "`when: thorough`" % " ".join(said["when"])

    def matches(self, tree):
        """Whether the proof is about this tree."""
        return (all(map(tree.has, self.needs))
                and not any(map(tree.has, self.until)))

    def same_in(self, tree, other):
        """Whether the proof says that it need run once for both trees."""
        ours = self.of_once(tree)
        return (bool(ours) and self.matches(other)
                and ours == self.of_once(other))

    def of_once(self, tree):
        """What must be the same in two trees for that: the files that
        match, tests aside, by path."""
        return {os.path.relpath(path, tree.directory): files.read(path)
                for pattern in self.once
                for path in glob.glob(os.path.join(
                    glob.escape(tree.directory), pattern))
                if not path.endswith("_test.c")}


class Tree:
    """A kernel's directory and its tests."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.name = os.path.basename(self.directory)
        made = self.make("-s", "print-build")
        if made.status != 0:
            raise Complaint(self._why_not(made.output))
        build = made.output.rstrip().split("\n")[-1]
        self.build = os.path.abspath(self.path(build))

    def _why_not(self, output):
        beside = os.path.join(os.path.dirname(self.directory), "common.mk")
        if not os.path.exists(beside):
            return "%s must lie beside common.mk: move or copy it to %s" % (
                shown_path(self.directory),
                shown_path(os.path.join(files.ROOT, self.name)))
        return "make does not understand %s: %s" % (
            shown_path(self.directory), first_error(output))

    def hold(self):
        """Keeps others from testing this tree at the same time; returns a
        file that lets it go when it is closed."""
        os.makedirs(self.build, exist_ok=True)
        lock = open(os.path.join(self.build, "lock"), "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another `make test` runs in %s, waiting for its end"
                % self.name)
            fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def path(self, *parts):
        """A path in the tree."""
        return os.path.join(self.directory, *parts)

    def has(self, path):
        """Whether the tree has this file."""
        return os.path.exists(self.path(path))

    def make(self, *arguments):
        """Runs make in the tree; returns how it ended."""
        return run_make(self.directory, *arguments)

    def programs(self):
        """All programs of the tree: quick ones first."""
        tests = self.files("src", "_test.c")
        on_host = [path for path in tests if os.path.relpath(
            path, self.directory).startswith(
                tuple(name + os.sep for name in HOST_DIRECTORIES))]
        found = []
        if on_host:
            found.append(Program(self, "host", "host", on_host, "host/unit"))
        found += self.proofs("host", ".c", "host/%s")
        if self.has("src/test/main.c"):
            found.append(Program(self, "kernel", "unit", tests,
                                 "tests/unit.iso"))
        for path in self.files("tests", ".c"):
            name = os.path.splitext(os.path.basename(path))[0]
            found.append(Program(self, "kernel", name, [path],
                                 "tests/%s.iso" % name))
        found += self.proofs("kernel", ".c", "proofs/%s.iso")
        image = "kernel.iso" if self.has("grub.cfg") else "kernel.elf"
        return found + self.proofs("machine", ".py", image)

    def files(self, directory, suffix):
        """The tree's files below a directory with a suffix, sorted."""
        return [self.path(directory, path)
                for path in files.below(self.path(directory))
                if path.endswith(suffix)]

    def proofs(self, kind, suffix, product):
        """The root's proofs of one kind that are about this tree."""
        found = []
        base = os.path.join(files.ROOT, "proofs", kind)
        for path in files.below(base, skip=("include", "support")):
            stem, extension = os.path.splitext(path)
            if extension != suffix or "/" in path:
                continue
            header = Header(os.path.join(base, path))
            if header.wrong or header.matches(self):
                found.append(Program(
                    self, kind, kind + "/" + stem,
                    [os.path.join(base, path)],
                    product % stem if "%s" in product else product, header))
        return found


# --- Choosing ---------------------------------------------------------

def find(name):
    """The kernel's directory that a path, or the name or the number of a
    chapter means."""
    places = [name, os.path.join(files.ROOT, name)]
    if re.fullmatch(r"\d\d?", name):
        places += glob.glob(os.path.join(glob.escape(files.ROOT),
                                         "%02d-*" % int(name)))
    for place in places:
        if os.path.isfile(os.path.join(place, "Makefile")):
            return os.path.abspath(place)
    raise Complaint(("%s is not a kernel's directory: it has no Makefile"
                     if os.path.isdir(name) else
                     "there is no chapter or directory %s") % name)


def choose(programs, wanted):
    """The programs that TEST=wanted means, and the name of the test to
    report, None for all of them."""
    named = [program for program in programs
             if wanted in (program.id, program.name)]
    if named:
        return named, None
    return [program for program in programs
            if wanted in program.declared()], wanted


def near_names(programs, wanted):
    """Says which names are like the one that matches nothing."""
    known = list(dict.fromkeys(program.id for program in programs))
    tests = {name for program in programs for name in program.declared()}
    names = sorted(tests.union(known))
    # A word that was mistyped is part of many a longer name.
    words = {}
    for name in names:
        for word in re.findall("[^/_]{4,}", name):
            words.setdefault(word, []).append(name)
    near = [name for name in names if wanted in name]
    near += difflib.get_close_matches(wanted, names, 5, 0.6)
    for word in difflib.get_close_matches(wanted, words, 5, 0.7):
        near += words[word]
    if near:
        return "near it are: " + ", ".join(list(dict.fromkeys(near))[:8])
    if not names:
        return "it has no tests"
    return "its programs, with %d tests, are:\n%s" % (
        len(tests), textwrap.fill(
            ", ".join(known), 76, initial_indent="    ",
            subsequent_indent="    ", break_on_hyphens=False))
