"""Runs the tests of a kernel: `make test` in its directory.

    python3 tools/test.py TREE [--only NAME] [--junit FILE] ...

A tree has tests of its own, and the proofs in the project's tests/
directory run in every tree that has the sources they name.

    program        made from                       runs
    host           src/{boot,…}/*_test.c           on this machine
    host/NAME      proofs/host/NAME.c of the root   on this machine
    unit           src/test/ and every *_test.c    in QEMU
    NAME           the tree's tests/NAME.c         in QEMU
    kernel/NAME    proofs/kernel/NAME.c of the root in QEMU
    machine/NAME   proofs/machine/NAME.py           looks at the tree's image

A proof says in its first comment what it needs:

    needs: src/lib/format.h src/lib/format.c
    until: src/drivers/serial.c     (only in trees without this file)
    when: thorough                  (only with THOROUGH=1 or STRICT=1, or
                                    when it is named)
    once: linker.ld src/lib/*       (of several trees in which these are
                                    the same, tests aside, in the last)
    limit: 30                       (seconds, if the usual is too short;
                                    in Python for each function)

Programs in C report `Running N tests`, then for each test `NAME... `
before it runs and `[ok]` or `[failed]` after.  A kernel then leaves
through QEMU's exit port; status 33 is success and nothing else is.  A
proof in Python has functions test_*(kernel), see class Kernel.

Every run writes BUILD/report.json and a log for each program in
BUILD/logs/.  Ends with `N passed, N failed`; the exit status is 1 if
anything failed or nothing ran.  TIMEOUT replaces the time limits.

A run over several trees builds them all, then runs all their programs.
What two trees have in common to the last byte (a program on the host, an
image) runs once: the result counts for both and says where it ran.  And
what was green within the last day is remembered under build/remembered/
by the content of all that went into it; FRESH=1 forgets.  A run over one
tree runs everything.
"""

import argparse
import concurrent.futures
import difflib
import glob
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import traceback
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import faults  # noqa: E402
import qemu  # noqa: E402
import remembered  # noqa: E402

ROOT = qemu.ROOT

KERNEL_LIMIT = 10   # a boot takes a third of a second, most tests less
HOST_LIMIT = 20
MACHINE_LIMIT = 30  # for each function of a proof
# Where tests lie that run on the host, too, as common.mk has it.
HOST_DIRECTORIES = ("src/boot", "src/containers", "src/lib", "src/mm",
                    "src/task")
TAIL = 12           # lines of a log that a message shows

# A test's last word in the report, by status.
PASSED = "ok"
FAILED = "fail"
PANIC = "panic"
HANG = "hang"
CRASH = "crash"
RESET = "reset"
BUILD = "build"


class Result:
    """What became of one test."""

    def __init__(self, program, name, status, message=(), seconds=None):
        self.tree = program.tree.name
        self.suite = program.id
        self.name = name
        self.status = status
        self.message = list(message)
        self.seconds = seconds
        self.program_seconds = None  # what all of its program took
        self.log = program.log
        self.image = program.image
        self.ran_in = None          # another tree, with the same program
        self.remembered = False     # it was green in an earlier run

    def passed(self):
        """Whether the test passed."""
        return self.status == PASSED

    def for_program(self, program):
        """The same result for another tree's program, which is the same
        to the last byte."""
        result = Result(program, self.name, self.status, self.message)
        result.ran_in = self.tree
        if not result.passed():
            result.message.append("it ran in %s, and is the same program "
                                  "here" % self.tree)
        return result

    def origin(self):
        """Where the result is from, if not from a run of its own."""
        if self.remembered:
            return "remembered"
        return "ran in %s" % self.ran_in if self.ran_in else None


# --- What there is to run ---------------------------------------------

class Program:
    """One thing that is built and run, with one test or many."""

    def __init__(self, tree, kind, name, source, product):
        self.tree = tree
        self.kind = kind            # "host", "kernel" or "machine"
        self.id = name
        self.source = source        # what declares its tests, a list
        self.product = product      # what make has to build
        self.proof = None           # the header of a root proof
        self.limit = {"host": HOST_LIMIT, "kernel": KERNEL_LIMIT,
                      "machine": MACHINE_LIMIT}[kind]
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
        for path in self.source:
            text = read_text(path)
            if path.endswith(".py"):
                names += re.findall(r"^def test_(\w+)\(", text, re.M)
            else:
                names += re.findall(r"^TEST\(\s*(\w+)\s*\)", text, re.M)
        if self.kind == "kernel" and not names:
            names = [os.path.basename(self.id)]
        return names

    def write_log(self, text):
        """Keeps what the program said, for people."""
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        with open(self.log, "w", encoding="utf-8") as file:
            file.write(text)


class Header:
    """What a proof says about itself in its first comment."""

    LINE = re.compile(r"\W*(needs|until|when|once|limit):\s*(.*?)\s*(\*/)?$")

    def __init__(self, path):
        said = {"needs": [], "until": [], "when": [], "once": [],
                "limit": []}
        for line in read_text(path).splitlines()[:30]:
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

    def matches(self, directory):
        """Whether the proof is about this tree."""
        def has(path):
            return os.path.exists(os.path.join(directory, path))
        return all(map(has, self.needs)) and not any(map(has, self.until))

    def same_in(self, directory, other):
        """Whether the proof says that it need run once for both trees."""
        ours = self.of_once(directory)
        return (bool(ours) and self.matches(other)
                and ours == self.of_once(other))

    def of_once(self, directory):
        """What must be the same in two trees for that."""
        return contents(directory, self.once)


class Tree:
    """A kernel's directory and its tests."""

    def __init__(self, directory, build=None):
        self.directory = os.path.abspath(directory)
        self.name = os.path.basename(self.directory)
        if not os.path.isfile(os.path.join(self.directory, "Makefile")):
            raise SystemExit("%s is not a kernel's directory: it has no "
                             "Makefile" % directory)
        if build is None:
            said = self.make(["-s", "print-build"])[1]
            build = os.path.join(self.directory,
                                 said.rstrip().split("\n")[-1])
        self.build = os.path.abspath(build)

    def path(self, *parts):
        """A path in the tree."""
        return os.path.join(self.directory, *parts)

    def has(self, path):
        """Whether the tree has this file."""
        return os.path.exists(self.path(path))

    def make(self, arguments):
        """Runs make in the tree; returns its status and what it said."""
        environment = dict(os.environ)
        # Under `make test` our make has a parent: keep the variables of
        # its command line, not its flags and its job server.
        flags = environment.pop("MAKEFLAGS", "")
        environment.pop("MFLAGS", None)
        variables = re.search(r"(?:^| )-- (.*)", flags, re.S)
        if variables:
            environment["MAKEFLAGS"] = " -- " + variables[1]
        process = subprocess.run(
            [os.environ.get("MAKE") or "make", "--no-print-directory"]
            + arguments, cwd=self.directory, env=environment, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return process.returncode, process.stdout.decode("utf-8", "replace")

    def programs(self):
        """All programs of the tree: quick ones first."""
        found = []
        on_host = [path for directory in HOST_DIRECTORIES
                   for path in self.files(directory, "_test.c")]
        if on_host:
            found.append(Program(self, "host", "host", on_host,
                                 "host/unit"))
        found += self.proofs("host", ".c", "host", "host/%s")
        if self.has("src/test/main.c"):
            found.append(Program(self, "kernel", "unit",
                                 self.files("src", "_test.c"),
                                 "tests/unit.iso"))
        for path in self.files("tests", ".c", deep=False):
            name = os.path.splitext(os.path.basename(path))[0]
            found.append(Program(self, "kernel", name, [path],
                                 "tests/%s.iso" % name))
        found += self.proofs("kernel", ".c", "kernel", "proofs/%s.iso")
        image = "kernel.iso" if self.has("grub.cfg") else "kernel.elf"
        found += self.proofs("machine", ".py", "machine", image)
        return found

    def files(self, directory, suffix, deep=True):
        """The tree's files with a suffix, sorted."""
        result = []
        for base, directories, names in os.walk(self.path(directory)):
            if not deep:
                directories.clear()
            result += [os.path.join(base, name) for name in names
                       if name.endswith(suffix)]
        return sorted(result)

    def proofs(self, directory, suffix, kind, product):
        """The root's proofs of one kind that are about this tree."""
        result = []
        base = os.path.join(ROOT, "proofs", directory)
        for name in sorted(os.listdir(base) if os.path.isdir(base) else []):
            path = os.path.join(base, name)
            stem, extension = os.path.splitext(name)
            if extension != suffix or not os.path.isfile(path):
                continue
            header = Header(path)
            if not header.wrong and not header.matches(self.directory):
                continue
            target = product % stem if "%s" in product else product
            program = Program(self, kind, "%s/%s" % (directory, stem),
                              [path], target)
            program.proof = header
            program.limit = header.limit or program.limit
            result.append(program)
        return result


def contents(directory, patterns):
    """The files of a tree that match any of the patterns (`src/mm/*`),
    tests aside, by path: what they say."""
    return {os.path.relpath(path, directory): read_text(path)
            for pattern in patterns
            for path in glob.glob(os.path.join(glob.escape(directory),
                                               pattern))
            if not path.endswith("_test.c")}


def read_text(path):
    """A file's text, empty if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


# --- Choosing one -----------------------------------------------------

def choose(programs, wanted):
    """The programs that TEST=wanted means, and the name of the test to
    report, None for all of them."""
    named = [program for program in programs
             if wanted in (program.id, program.id.split("/")[-1])]
    if named:
        return named, None
    holders = [program for program in programs
               if wanted in program.declared()]
    return holders, wanted


def near_names(programs, wanted):
    """Says which names are like the one that matches nothing."""
    tests = {name for program in programs for name in program.declared()}
    names = tests.union(program.id for program in programs)
    near = [name for name in sorted(names) if wanted in name]
    near += difflib.get_close_matches(wanted, sorted(names), 5, 0.5)
    if near:
        return "near it are: " + ", ".join(list(dict.fromkeys(near))[:8])
    if names:
        return "its programs, with %d tests, are:\n%s" % (
            len(tests), textwrap.fill(
                ", ".join(program.id for program in programs), 76,
                initial_indent="    ", subsequent_indent="    ",
                break_on_hyphens=False))
    return "it has no tests"


# --- Building ---------------------------------------------------------

def build(tree, programs, jobs):
    """Builds what the programs need; returns the results of those that
    do not build, by program, and the compiler's warnings."""
    failures = {}
    wanted = []
    for program in programs:
        if program.proof and program.proof.wrong:
            failures[program] = Result(
                program, os.path.basename(program.id), BUILD,
                [program.proof.wrong])
        elif program.product not in wanted:
            wanted.append(program.product)
    if not wanted:
        return failures, []

    def target(product):
        # make knows its products by the path that it uses itself.
        return os.path.relpath(os.path.join(tree.build, product),
                               tree.directory)

    status, output = tree.make(["-k", "-j%d" % jobs]
                               + [target(product) for product in wanted])
    warnings = [line for line in output.splitlines() if " warning: " in line]
    warnings = list(dict.fromkeys(warnings))
    if status == 0:
        return failures, warnings
    broken = {}
    for product in wanted:
        status, output = tree.make([target(product)])
        if status != 0:
            broken[product] = output
    for program in programs:
        if program.product in broken and program not in failures:
            output = broken[program.product]
            program.write_log(output)
            failures[program] = Result(
                program, os.path.basename(program.id), BUILD,
                [build_message(tree, program, output)])
    return failures, warnings


def build_message(tree, program, output):
    """One line about why a program does not build."""
    error = first_error(output)
    for base in (tree.directory + "/../", tree.directory + "/", ROOT + "/"):
        error = error.replace(base, "")
    if program.proof:
        difference = differs_from_chapter(tree, program.proof.needs)
        if difference:
            return "%s, so this proof does not build here (%s)" % (
                difference, error)
    return error


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


def differs_from_chapter(tree, needs):
    """`src/lib/format.h differs from chapter 03-vga's`, if the tree is
    not a chapter and a file that is needed differs from the nearest
    chapter's; else None."""
    chapter = nearest_chapter(tree)
    if chapter is None or chapter == tree.directory:
        return None
    # A changed header is the likelier reason.
    for path in sorted(needs, key=lambda path: not path.endswith(".h")):
        theirs = os.path.join(chapter, path)
        if (os.path.exists(theirs)
                and read_text(theirs) != read_text(tree.path(path))):
            return "%s differs from chapter %s's" % (
                path, os.path.basename(chapter))
    return None


def nearest_chapter(tree):
    """The chapter's directory that has most in common with the tree."""
    def digests(directory):
        found = set()
        for base, _, names in os.walk(os.path.join(directory, "src")):
            for name in names:
                path = os.path.join(base, name)
                digest = hashlib.sha1(read_text(path).encode()).hexdigest()
                found.add((os.path.relpath(path, directory), digest))
        return found

    chapters = [os.path.join(ROOT, name) for name in sorted(os.listdir(ROOT))
                if re.match(r"\d\d-", name)
                and os.path.isdir(os.path.join(ROOT, name, "src"))]
    if tree.directory in chapters:
        return tree.directory
    ours = digests(tree.directory)
    return min(chapters, default=None,
               key=lambda chapter: len(ours ^ digests(chapter)))


# --- Reading a report -------------------------------------------------

class Report:
    """What a program said about its tests.

    total   N of `Running N tests`, None without that line
    tests   (name, True / False / None for no result, its lines)
    """

    START = re.compile(r"^([A-Za-z_][\w:/-]*)\.\.\.(?: |$)", re.M)

    def __init__(self, text, known=()):
        self.total = None
        running = re.search(r"^Running (\d+) tests?\b", text, re.M)
        if running:
            self.total = int(running[1])
            text = text[running.end():]
        starts = [match for match in self.START.finditer(text)
                  if not known or match[1] in known]
        self.tests = []
        for i, match in enumerate(starts):
            last = i + 1 == len(starts)
            end = len(text) if last else starts[i + 1].start()
            result, lines = self._judge(text[match.end():end])
            # Something that only looks like a test has no result.
            if result is not None or last:
                self.tests.append((match[1], result, lines))

    @staticmethod
    def _judge(body):
        result = None
        lines = []
        for line in body.split("\n"):
            mark = re.search(r"\[(ok|failed)\]\s*$", line)
            if mark:
                if result is not False:
                    result = mark[1] == "ok"
                line = line[:mark.start()]
            if line.strip():
                lines.append(visible(line.strip(" ")))
        return result, lines

    def running(self):
        """The test that had begun and not ended, None if there is none."""
        if self.tests and self.tests[-1][1] is None:
            return self.tests[-1]
        return None


def visible(line):
    """The line with its control characters written as escapes."""
    return re.sub(r"[\x00-\x1f\x7f]", lambda match: repr(match[0])[1:-1],
                  line)


def panic_line(text):
    """The line that says that the kernel panicked, None without one."""
    for line in text.splitlines():
        if re.match(r"\s*(kernel )?panic\b", line, re.I):
            return line.strip()
    return None


def tail(text, lines=TAIL):
    """The last lines of a text that are not empty at the end."""
    return text.rstrip().split("\n")[-lines:] if text.strip() else []


def quote(title, lines):
    """Lines under a title, or the remark that there are none."""
    if not lines:
        return [title + ": nothing"]
    return [title + ":"] + ["    " + line for line in lines]


# --- Running a program on the host ------------------------------------

def run_host(program):
    """Runs a host program; returns its results."""
    allowed = qemu.limit(program.limit)
    start = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [program.image], cwd=program.tree.directory,
            stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True)
        late = False
        with Children.hold(process):
            try:
                process.wait(allowed)
            except subprocess.TimeoutExpired:
                late = True
                kill_group(process)
        seconds = time.monotonic() - start
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    program.write_log(text)
    report = Report(text, program.declared())
    if late:
        ending = Ending(HANG, [
            "expected an end within %.1f s; it still ran" % allowed]
            + quote("the last it said", tail(text)))
    elif process.returncode == 0:
        ending = Ending(PASSED, [])
    elif sanitizer_line(text):
        ending = Ending(CRASH, [sanitizer_line(text)]
                        + quote("the sanitizer says", sanitizer_part(text)))
    elif process.returncode == 1:
        ending = Ending(FAILED, ["exit status 1"])
    else:
        ending = Ending(CRASH, [
            "expected exit status 0 or 1; %s" % describe_status(process)]
            + quote("the last it said", tail(text)))
    return judge(program, report, ending, seconds)


def describe_status(process):
    """An unexpected exit status in words."""
    code = process.returncode
    if code < 0:
        try:
            return "ended by %s" % signal.Signals(-code).name
        except ValueError:
            return "ended by signal %d" % -code
    return "exit status %d" % code


SANITIZER = re.compile(r"ERROR: \w+Sanitizer: |: runtime error: ")


def sanitizer_line(text):
    """What a sanitizer complained about, None if none did."""
    for line in text.splitlines():
        if SANITIZER.search(line):
            return re.sub(r"^=*\d*=*ERROR: ", "", line.strip())
    return None


def sanitizer_part(text):
    """The sanitizer's report without what called main, and without the
    memory around the place."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if SANITIZER.search(line))
    part = []
    for line in lines[first:]:
        if line.startswith("SUMMARY: "):
            break
        if line.strip("= ") and not re.search(
                r" in (__libc_start\w*|_start) ", line):
            part.append(line)
    return part[:TAIL]


def kill_group(process):
    """Ends a process with all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (OSError, PermissionError):
        process.kill()
    process.wait()


class Children:
    """The processes that run now, so that an interrupt ends them."""

    _lock = threading.Lock()
    _all = set()

    def __init__(self, process):
        self.process = process

    @classmethod
    def hold(cls, process):
        """A context in which the process is known."""
        return cls(process)

    def __enter__(self):
        with self._lock:
            self._all.add(self.process)

    def __exit__(self, *_):
        with self._lock:
            self._all.discard(self.process)

    @classmethod
    def stop_all(cls):
        """Asks them all to end; those in Python clean up."""
        with cls._lock:
            processes = list(cls._all)
        for process in processes:
            try:
                process.terminate()
            except OSError:
                pass


# --- Running a kernel -------------------------------------------------

class Ending:
    """How a program ended: a status and lines about it."""

    def __init__(self, status, lines):
        self.status = status
        self.lines = lines


def run_kernel(program):
    """Boots a test kernel; returns its results."""
    symbols = faults.Symbols(program.elf, program.tree.directory)
    allowed = qemu.limit(program.limit)
    start = time.monotonic()
    with qemu.Machine(program.image) as machine:
        ending = wait_for_kernel(machine, allowed, symbols)
        seconds = time.monotonic() - start
        text = machine.serial()
    if ending.status == RESET:
        ending.lines += explain_by_second_run(program, symbols, allowed)
    program.write_log(text)
    known = symbols.tests()
    report = Report(text, known)
    results = judge(program, report, ending, seconds)
    if program.id == "unit" and report.total is not None:
        results += check_collected(program, report, known)
    return results


def wait_for_kernel(machine, allowed, symbols):
    """Waits until the kernel leaves, or will never do so."""
    start = time.monotonic()
    asleep = 0
    while True:
        try:
            status = machine.wait_exit(
                max(0.0, min(0.1, start + allowed - time.monotonic())),
                scaled=False)
            return kernel_ended(machine, status)
        except qemu.LimitPassed:
            pass
        try:
            asleep = asleep + 1 if machine.halted_for_ever() else 0
            passed = time.monotonic() - start
            if asleep >= 2:
                return kernel_hangs(machine, symbols, (
                    "it sleeps for ever, halted with interrupts off"))
            if passed >= allowed:
                return kernel_hangs(machine, symbols, (
                    "it still ran after %.1f s" % passed))
        except qemu.MachineEnded:
            continue  # in this very moment: the next round reads how


def kernel_ended(machine, status):
    """The kernel left, or was left by QEMU."""
    if status == qemu.EXIT_SUCCESS:
        return Ending(PASSED, [])
    if status == qemu.EXIT_FAILURE:
        return Ending(FAILED, ["exit status 35"])
    what = "expected exit status 33 or 35; " + machine.how_it_ended()
    if status == 0 and machine.shutdown_reason in (None, "guest-reset"):
        return Ending(RESET, [what])
    return Ending(CRASH, [what] + quote("QEMU says", tail(machine.errors()))
                  if machine.errors().strip() else [what])


def kernel_hangs(machine, symbols, what):
    """The kernel will not leave: says where it is and what it shows."""
    lines = ["expected an end through the exit port; " + what]
    lines.append("it is at " + symbols.place(machine.registers()["rip"]))
    serial, screen = machine.serial(), machine.screen().text
    lines += quote("the last lines of the serial line", tail(serial))
    lines += quote("the screen", tail(screen, qemu.ROWS))
    panic = panic_line(serial) or panic_line(screen)
    if panic:
        return Ending(PANIC, [panic] + lines)
    return Ending(HANG, lines)


def explain_by_second_run(program, symbols, allowed):
    """Boots the kernel again with QEMU's log, and explains its end."""
    with qemu.Machine(program.image, stay=True,
                      log="int,cpu_reset") as machine:
        try:
            machine.wait_exit(allowed, scaled=False)
            screen = machine.screen().text
        except qemu.QemuError:
            return ["a second run, with QEMU's log, was not reset"]
        machine.close()
        log = faults.Log(machine.log())
    return (faults.explain_reset(log, symbols)
            + quote("the screen", tail(screen, qemu.ROWS)))


# --- Judging what was reported ----------------------------------------

def judge(program, report, ending, seconds):
    """The results of a program: its report and its ending together."""
    results = []
    only_one = seconds if len(report.tests) == 1 else None
    for name, passed, lines in report.tests:
        if passed is None:
            continue
        status = PASSED if passed else FAILED
        if not passed and panic_line("\n".join(lines)):
            status = PANIC
        message = [] if passed else lines or ["it said only [failed]"]
        results.append(Result(program, name, status, message, only_one))

    trouble = program_trouble(program, report, ending, results)
    if trouble is not None:
        if report.running() is not None:
            trouble.seconds = only_one
        results.append(trouble)
    return results


def program_trouble(program, report, ending, results):
    """The failure that is not a test's own verdict, None if all is well:
    how the program ended, and whether all tests were reported."""
    program_name = os.path.basename(program.id)
    running = report.running()
    if ending.status != PASSED:
        failed = any(not result.passed() for result in results)
        status, lines = ending.status, list(ending.lines)
        if status == FAILED and running is None and failed:
            tell_of_the_rest(report, results[-1])
            return None
        if running is not None:
            name, _, said = running
            panic = panic_line("\n".join(said))
            if panic and status in (FAILED, HANG):
                status = PANIC
            if status in (FAILED, PANIC):
                lines = said + [line for line in lines if line not in said]
        else:
            name = program_name
            panic = panic_line(read_text(program.log))
            if panic and status == FAILED:
                status, lines = PANIC, [panic] + lines
            elif status == FAILED:
                lines.append("no test has failed, and it left with failure")
                lines += quote("the last it said",
                               tail(read_text(program.log)))
        if report.total is not None and len(report.tests) < report.total:
            lines.append("%d of %d tests have begun"
                         % (len(report.tests), report.total))
        return Result(program, name, status, lines)
    if running is not None:
        return Result(program, running[0], FAILED, running[2] + [
            "it has no result, and the program left with success"])
    if not results:
        return Result(program, program_name, FAILED, [
            "it left with success and reported no test"]
            + quote("it said", tail(read_text(program.log))))
    if any(not result.passed() for result in results):
        return Result(program, program_name, FAILED,
                      ["a test failed, and it left with success"])
    return missing_tests(program, report)


def tell_of_the_rest(report, result):
    """Adds to the last result that it kept others from running."""
    left = (report.total or 0) - len(report.tests)
    if left > 0:
        result.message.append("%d more tests did not run" % left
                              if left > 1 else "one more test did not run")


def tests_in_words(number):
    """`1 test`, `2 tests`."""
    return "%d test%s" % (number, "" if number == 1 else "s")


def missing_tests(program, report):
    """A failure if the number of results is not the number announced."""
    if report.total is None or report.total == len(report.tests):
        return None
    return Result(program, os.path.basename(program.id), FAILED, [
        "it announced %s and reported %d"
        % (tests_in_words(report.total), len(report.tests))])


def check_collected(program, report, known):
    """Compares the tests that ran with those that the linker collected."""
    if len(known) == report.total:
        return []
    lines = ["it runs %s, and %d are linked into %s" % (
        tests_in_words(report.total), len(known),
        os.path.basename(program.elf))]
    missing = sorted(set(known) - {name for name, _, _ in report.tests})
    if missing:
        lines.append("not run: " + ", ".join(missing))
    return [Result(program, "unit", FAILED, lines)]


# --- Proofs that look at the machine from outside ---------------------

class Kernel:
    """What a test_*(kernel) function of proofs/machine/ gets.

    tree, build    directories
    image, elf     what is booted, and its symbols
    symbols        a faults.Symbols
    """

    def __init__(self, tree, image_path):
        self.tree = tree.directory
        self.build = tree.build
        self.image = image_path
        self.elf = os.path.splitext(image_path)[0] + ".elf"
        self._machines = []

    @property
    def symbols(self):
        """The symbols of the kernel."""
        return faults.Symbols(self.elf, self.tree)

    def machine(self, **options):
        """A machine that boots the image, already started; it ends with
        the test if not before.  Options as of qemu.Machine."""
        machine = qemu.Machine(options.pop("image", self.image), **options)
        self._machines.append(machine)
        return machine.start()

    def describe(self):
        """What the machines of the test show, for a failure."""
        lines = []
        for machine in self._machines:
            try:
                if machine.alive():
                    lines += quote("the screen", tail(machine.screen().text,
                                                      qemu.ROWS))
                    serial = tail(machine.serial())
                    if serial:
                        lines += quote("the serial line", serial)
            except qemu.QemuError:
                pass
        return lines

    def close(self):
        """Ends all machines of the test."""
        for machine in self._machines:
            machine.close()
        self._machines = []


def run_machine(program, wanted=None, fail_fast=False):
    """Runs a Python proof in a process of its own, so that one that
    hangs can be ended; returns its results."""
    allowed = qemu.limit(program.limit)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="proof-") as directory:
        findings = os.path.join(directory, "findings")
        # -S: a proof needs nobody's packages, nor the time to find them.
        command = [sys.executable, "-S", os.path.abspath(__file__),
                   program.tree.directory, "--build", program.tree.build,
                   "--proof", program.source[0], "--image", program.image,
                   "--findings", findings]
        if wanted:
            command += ["--only", wanted]
        if fail_fast:
            command += ["--fail-fast"]
        with open(os.path.join(directory, "output"), "w+b") as output:
            process = subprocess.Popen(
                command, cwd=program.tree.directory,
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)
            with Children.hold(process):
                late = not wait_for_proof(process, findings, allowed)
            output.seek(0)
            text = output.read().decode("utf-8", "replace")
        program.write_log(text)
        seconds = time.monotonic() - start
        return machine_results(program, read_text(findings), late, allowed,
                               seconds, process, text)


def wait_for_proof(process, findings, allowed):
    """Waits for a proof's process; ends it and returns False if one of
    its functions takes longer than allowed."""
    known = 0
    deadline = time.monotonic() + allowed
    while True:
        try:
            process.wait(0.1)
            return True
        except subprocess.TimeoutExpired:
            pass
        size = os.path.getsize(findings) if os.path.exists(findings) else 0
        if size != known:
            known, deadline = size, time.monotonic() + allowed
        elif time.monotonic() > deadline:
            end_gently(process)
            return False


def end_gently(process):
    """Lets a proof close its machines; ends it if it does not."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def machine_results(program, findings, late, allowed, seconds, process, text):
    """Turns what the proof's process wrote down into results."""
    results = []
    begun = None
    for line in findings.splitlines():
        finding = json.loads(line)
        if "begun" in finding:
            begun = finding["begun"]
            continue
        begun = None
        results.append(Result(program, finding["name"], finding["status"],
                              finding["message"], finding["seconds"]))
    name = begun or os.path.basename(program.id)
    if late:
        results.append(Result(program, name, HANG, [
            "expected an end within %.1f s; it still ran" % allowed]
            + quote("it said", tail(text)), seconds))
    elif begun or process.returncode != 0:
        results.append(Result(program, name, CRASH, [
            "the proof's program ended (%s)" % describe_status(process)]
            + quote("it said", tail(text)), seconds))
    elif not results:
        results.append(Result(program, name, FAILED,
                              ["it has no function test_*(kernel)"]))
    return results


def proof_main(options):
    """The process of one proof: calls its functions one by one."""
    def note(**finding):
        with open(options.findings, "a", encoding="utf-8") as file:
            file.write(json.dumps(finding) + "\n")

    spec = importlib.util.spec_from_file_location("proof", options.proof)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(options.proof)))
    spec.loader.exec_module(module)
    tree = Tree(options.trees[0], options.build)
    for attribute, function in list(vars(module).items()):
        name = attribute[len("test_"):]
        if not attribute.startswith("test_") or not callable(function):
            continue
        if options.only and options.only != name:
            continue
        note(begun=name)
        start = time.monotonic()
        status, message = proof_function(function, Kernel(tree,
                                                          options.image))
        note(name=name, status=status, message=message,
             seconds=round(time.monotonic() - start, 3))
        if options.fail_fast and status != PASSED:
            break
    return 0


def proof_function(function, kernel):
    """Calls one function of a proof; its status and its message."""
    try:
        function(kernel)
        return PASSED, []
    except (AssertionError, qemu.QemuError) as error:
        lines = str(error).splitlines()
        if not lines:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            lines = ["%s:%d: %s" % (os.path.basename(frame.filename),
                                    frame.lineno, frame.line)]
        if isinstance(error, AssertionError):
            lines += kernel.describe()
    except Exception:  # pylint: disable=broad-except
        lines = ["the proof itself is wrong:"]
        lines += traceback.format_exc().splitlines()[-TAIL:]
    finally:
        kernel.close()
    if function.__doc__:
        first = " ".join(function.__doc__.split("\n\n")[0].split())
        lines.insert(0, first)
    return FAILED, lines


# --- Running all of them ----------------------------------------------

def run_program(program, wanted, fail_fast):
    """Runs a program of any kind.  A fault of ours is a failure too."""
    start = time.monotonic()
    try:
        if program.kind == "host":
            results = run_host(program)
        elif program.kind == "kernel":
            results = run_kernel(program)
        else:
            results = run_machine(program, wanted, fail_fast)
    except qemu.QemuError as error:
        results = [Result(program, os.path.basename(program.id), CRASH,
                          str(error).splitlines())]
    except OSError as error:
        results = [Result(program, os.path.basename(program.id), CRASH,
                          [str(error)])]
    for result in results:
        result.program_seconds = time.monotonic() - start
    return results


def only_wanted(program, results, wanted):
    """Of a program's results those about one test: its own, else what
    kept it from running."""
    if wanted is None:
        return results
    mine = [result for result in results if result.name == wanted]
    if mine:
        return mine
    others = [result for result in results if not result.passed()]
    if not others:
        return [Result(program, wanted, FAILED, ["it was not run"])]
    for result in others:
        result.message.insert(0, "%s was not reached: %s (%s)" % (
            wanted, result.name, result.status))
        result.name = wanted
    return others[-1:]


class Run:
    """The run over one tree: what is to run there, and what came out.

    results    of what has been shown so far
    began      when the first of its programs began, by the clock that
               only goes forward, and when the last ended
    """

    def __init__(self, tree, options, later=()):
        self.tree = tree
        self.options = options
        self.results = []
        self.warnings = []
        self.unbuilt = {}       # by program: why it does not build
        self.contents = {}      # by program, where that can be told
        self.began = self.ended = None
        self.later = []         # the proofs that a later tree runs for us
        self.left_out = []      # the thorough proofs that nobody asked for
        self.wanted = None
        self.programs = tree.programs()
        if options.only:
            chosen, self.wanted = choose(self.programs, options.only)
            if not chosen and len(options.trees) == 1:
                raise SystemExit("no test of %s is called %s; %s" % (
                    tree.name, options.only,
                    near_names(self.programs, options.only)))
            self.programs = chosen
        else:
            self.leave_out(later)
        self.width = max([len(program.id) for program in self.programs]
                         + [10])

    def leave_out(self, later):
        """Keeps the programs that are to run in this tree, before later
        ones."""
        self.later = [
            program for program in self.programs
            if program.proof and any(
                program.proof.same_in(self.tree.directory, directory)
                for directory in later)]
        self.programs = [program for program in self.programs
                         if program not in self.later]
        if not self.options.thorough:
            self.left_out = [program for program in self.programs
                             if program.proof and program.proof.thorough]
            self.programs = [program for program in self.programs
                             if program not in self.left_out]

    def build(self, programs, jobs, surroundings):
        """Builds some of the programs.  With `surroundings` their
        contents are looked at, too."""
        unbuilt, warnings = build(self.tree, programs, jobs)
        self.unbuilt.update(unbuilt)
        self.warnings += warnings
        for program in programs:
            # Of a proof on a machine only what is wanted runs.
            whole = program.kind != "machine" or not self.options.only
            if surroundings and whole and program not in unbuilt:
                content = surroundings.content(program)
                if content:
                    self.contents[program] = content

    def run(self, program):
        """Runs a program; its results."""
        now = time.monotonic()
        self.began = self.began or now
        try:
            return run_program(program, self.wanted, self.options.fail_fast)
        finally:
            self.ended = time.monotonic()

    def show(self, results):
        """Prints a line for each result."""
        for result in results:
            origin = result.origin()
            say("%s %-*s  %s%s" % (
                painted("%-5s" % result.status, result.passed()),
                self.width, result.suite, result.name,
                "  (%s)" % origin if origin else ""))
        self.results += results

    def report(self):
        """What is written to report.json, and is written there."""
        seconds = self.ended - self.began if self.ended else 0.0
        report = as_report(self.tree, self.results, seconds)
        write_json(os.path.join(self.tree.build, "report.json"), report)
        return report


class Batch:
    """Some trees' runs at once: all are built, then all of their
    programs share the workers.  Prints as it goes, tree by tree."""

    def __init__(self, runs, options):
        self.runs = runs
        self.options = options
        self.stopped = False
        self.futures = {}       # by program, of those that run or ran
        self.known = {}         # by program: what is remembered of it
        # Only a run over several trees makes use of what is the same, and
        # the proof of the book, of what has been found before.
        self.surroundings = None
        if remembered.BY_BOOK or (len(options.trees) > 1
                                  and not options.only):
            self.surroundings = remembered.Surroundings()

    def run(self):
        """Runs everything; cheap tests first if one failure is enough."""
        kinds = [("host", "kernel", "machine")]
        if self.options.fail_fast:
            kinds = [("host",), ("kernel", "machine")]
        for group in kinds:
            programs = {run: [program for program in run.programs
                              if program.kind in group] for run in self.runs}
            if any(programs.values()) and not self.stopped:
                self.run_group(programs)

    def run_group(self, programs):
        """Builds and runs some programs of each run; shows the results in
        their order."""
        self.build(programs)
        if any(program.kind != "host" and program not in run.unbuilt
               for run in self.runs for program in programs[run]
               ) and not os.environ.get("TIMEOUT"):
            try:
                qemu.slowness()  # before others keep the machine busy
            except qemu.QemuError:
                pass  # each program will say it
        pool = concurrent.futures.ThreadPoolExecutor(self.options.jobs)
        try:
            self.submit(pool, programs)
            for run in self.runs:
                self.show(run, programs[run])
                if self.stopped:
                    break
        finally:
            # After a failure, or an interrupt, the others may go.
            futures = set(self.futures.values())
            for future in futures:
                future.cancel()
            if not all(future.done() for future in futures):
                self.stopped = True
                Children.stop_all()
                qemu.stop_all()
            pool.shutdown()
            progress("")

    def build(self, programs):
        """Builds for all runs: one tree with all workers, several trees
        side by side."""
        runs = [run for run in self.runs if programs[run]]
        one = len(runs) == 1
        pool = concurrent.futures.ThreadPoolExecutor(self.options.jobs)
        try:
            futures = [pool.submit(run.build, programs[run],
                                   self.options.jobs if one else 1,
                                   self.surroundings) for run in runs]
            for run, future in zip(runs, futures):
                progress("building the tests of %s" % run.tree.name)
                future.result()
        finally:
            for future in futures:
                future.cancel()
            pool.shutdown()

    def submit(self, pool, programs):
        """Gives the workers what is to run: of programs that are the same
        the first one, and nothing that is remembered."""
        first = {}
        for run in self.runs:
            for program in programs[run]:
                if program in run.unbuilt:
                    continue
                content = run.contents.get(program)
                if content in first:
                    self.share(program, first[content])
                    continue
                if content:
                    first[content] = program
                    self.known[program] = (None if self.options.fresh else
                                           self.recall(program, content))
                if not self.known.get(program):
                    self.futures[program] = pool.submit(self.run_one, run,
                                                        program)

    def recall(self, program, content):
        """What is remembered of a program."""
        known = remembered.recall(content)
        if remembered.BY_BOOK:
            for other in self.surroundings.for_book(program):
                known = known or remembered.recall(other)
        return known

    def share(self, program, other):
        """Lets a program have the results of another that is the same."""
        self.known[program] = self.known.get(other)
        if other in self.futures:
            self.futures[program] = self.futures[other]

    def run_one(self, run, program):
        """The work of one thread."""
        if self.stopped:
            return []
        results = run.run(program)
        content = run.contents.get(program)
        if content and results and all(map(Result.passed, results)):
            for each in [content] + self.surroundings.for_book(program):
                remembered.remember(each, [
                    (result.name, result.seconds) for result in results])
        return results

    def results(self, run, program):
        """A program's results; waits for them."""
        if program in run.unbuilt:
            return [run.unbuilt[program]]
        if self.known.get(program):
            return recalled(program, self.known[program])
        results = self.wait_for(program)
        if results and results[0].tree != run.tree.name:
            program.write_log("%s of %s is the same program; it says:\n\n%s"
                              % (program.id, results[0].tree,
                                 read_text(results[0].log)))
            results = [result.for_program(program) for result in results]
        return results

    def wait_for(self, program):
        """Waits for a program's results and shows that time goes by."""
        while True:
            try:
                return self.futures[program].result(timeout=0.2)
            except concurrent.futures.TimeoutError:
                futures = {future: other.id for other, future
                           in reversed(self.futures.items())}
                progress("%d of %d programs done; running %s" % (
                    sum(map(concurrent.futures.Future.done, futures)),
                    len(futures), ", ".join(
                        name for future, name in futures.items()
                        if future.running())))

    def show(self, run, programs):
        """Shows the results of one tree as they come."""
        if len(self.options.trees) > 1 and programs[:1] == run.programs[:1]:
            say("%s%s:" % ("" if run is self.runs[0] else "\n",
                           run.tree.name))
        for line in run.warnings:
            say(line)
        run.warnings = []
        for program in programs:
            results = only_wanted(program, self.results(run, program),
                                  run.wanted)
            run.show(results)
            if self.options.fail_fast and not all(
                    map(Result.passed, results)):
                self.stopped = True
                break


def recalled(program, tests):
    """The results that are remembered of a program."""
    results = [Result(program, name, PASSED, seconds=seconds)
               for name, seconds in tests]
    for result in results:
        # A reader, whose part the book's proof plays, sees nothing of it.
        result.remembered = not remembered.BY_BOOK
    return results


# --- What people see --------------------------------------------------

_progress_length = 0


def progress(text):
    """One line on a terminal that is written over by the next."""
    global _progress_length
    if not sys.stdout.isatty():
        return
    width = shutil.get_terminal_size().columns - 1
    text = text[:width]
    sys.stdout.write("\r" + text.ljust(_progress_length) + (
        "" if text else "\r"))
    _progress_length = len(text)
    sys.stdout.flush()


def say(text):
    """A line that stays."""
    progress("")
    print(text, flush=True)


def painted(text, good):
    """The text in green or red, on a terminal that wants colours."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return "\x1b[%dm%s\x1b[0m" % (32 if good else 31, text)


def shown_path(path):
    """A path as one would type it here."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path


def show_failures(tree, results):
    """A block for each failure; the same message is told once."""
    blocks = {}
    for result in results:
        if not result.passed():
            shared = result.status == BUILD
            key = tuple(result.message) if shared else id(result)
            blocks.setdefault(key, []).append(result)
    for block in blocks.values():
        names = ", ".join("%s %s" % (result.suite, result.name)
                          if result.suite.split("/")[-1] != result.name
                          else result.suite for result in block)
        print("\n%s: %s" % (painted(block[0].status, False), names))
        for line in block[0].message:
            print(("    " + line).rstrip())
        facts = [("log", block[0].log)]
        if block[0].status != BUILD:
            facts.insert(0, ("image", block[0].image))
        for title, path in facts:
            if os.path.exists(path):
                print("    %-6s %s" % (title, shown_path(path)))
        again = "make test TEST=%s" % shlex.quote(block[0].name)
        if os.path.realpath(tree.directory) != os.path.realpath("."):
            again = "cd %s && %s" % (shlex.quote(shown_path(tree.directory)),
                                     again)
        print("    %-6s %s" % ("again", again))


# --- Reports for machines ---------------------------------------------

def as_report(tree, results, seconds):
    """The one format that all other reports are made from."""
    return {
        "tree": tree.name,
        "passed": sum(result.passed() for result in results),
        "failed": sum(not result.passed() for result in results),
        "seconds": round(seconds, 3),
        "programs": {result.suite: round(result.program_seconds, 3)
                     for result in results if result.program_seconds},
        "results": [{
            "suite": result.suite, "name": result.name,
            "status": result.status,
            "seconds": result.seconds and round(result.seconds, 3),
            "message": "\n".join(result.message),
            **({"ran_in": result.ran_in} if result.ran_in else {}),
            **({"remembered": True} if result.remembered else {}),
            "log": os.path.relpath(result.log, ROOT),
        } for result in results],
    }


def write_json(path, report):
    """Writes a report, or a list of them."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1, ensure_ascii=False)
        file.write("\n")


def write_junit(path, reports):
    """Writes reports in the XML that CI systems and graders read."""
    def clean(text):  # XML has no characters for most control codes
        return re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", text)

    top = xml.Element("testsuites")
    for report in reports:
        suites = {}
        for result in report["results"]:
            suites.setdefault(result["suite"], []).append(result)
        for name, results in suites.items():
            suite = xml.SubElement(top, "testsuite", {
                "name": "%s.%s" % (report["tree"], name),
                "tests": str(len(results)),
                "failures": str(sum(result["status"] != PASSED
                                    for result in results)),
                "errors": "0",
                "time": "%.3f" % sum(result["seconds"] or 0
                                     for result in results)})
            for result in results:
                case = xml.SubElement(suite, "testcase", {
                    "classname": "%s.%s" % (report["tree"], name),
                    "name": result["name"]})
                if result["seconds"] is not None:
                    case.set("time", "%.3f" % result["seconds"])
                if result["status"] != PASSED:
                    message = clean(result["message"])
                    failure = xml.SubElement(case, "failure", {
                        "type": result["status"],
                        "message": message.split("\n")[0]})
                    failure.text = message
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    xml.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)


# --- The program ------------------------------------------------------

def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Runs the tests of a kernel.")
    parser.add_argument("trees", metavar="TREE", nargs="+",
                        help="a kernel's directory")
    parser.add_argument("--build", metavar="DIRECTORY",
                        help="where its products are; make says so itself")
    parser.add_argument("--only", metavar="NAME",
                        help="one test, or all tests of one program")
    parser.add_argument("--junit", metavar="FILE",
                        help="write a report in JUnit's XML")
    parser.add_argument("--json", metavar="FILE",
                        help="write the report here too")
    parser.add_argument("--fail-fast", action="store_true",
                        help="stop at the first failure")
    parser.add_argument("--jobs", metavar="N", type=int,
                        help="how many programs run at once (2, over several "
                        "trees 3; on one processor 1 less)")
    # What follows is how the runner calls itself for proofs/machine.
    for name in ("--proof", "--image", "--findings"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build and len(options.trees) > 1:
        parser.error("--build is for one tree")
    if options.jobs is None:
        # Some proofs wait for the time to pass; in a long run somebody
        # else can use the processor meanwhile.
        options.jobs = (min(2, os.cpu_count() or 1)
                        + (len(options.trees) > 1))
    options.jobs = max(1, options.jobs)
    options.thorough = any(map(os.environ.get, ("THOROUGH", "STRICT")))
    options.fresh = bool(os.environ.get("FRESH"))
    return options


def main():
    """Runs the tests; the exit status."""
    def interrupted(*_):
        # Once is enough: the second would disturb the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    options = parse_arguments()
    if options.proof:
        return proof_main(options)
    remembered.forget(everything=options.fresh)
    # Some proofs read what compilers say.
    os.environ["LC_ALL"] = "C"
    runs = []
    for number, directory in enumerate(options.trees, 1):
        runs.append(Run(Tree(directory, options.build), options,
                        options.trees[number:]))
    # Where one failure is enough, a tree need not be built before its turn.
    batches = [[run] for run in runs] if options.fail_fast else [runs]
    reports = []
    for batch in batches:
        work = Batch(batch, options)
        try:
            work.run()
        finally:
            reports += [run.report() for run in batch]
        for run in batch:
            show_failures(run.tree, run.results)
        if work.stopped:
            break
    if options.json:
        write_json(options.json, reports[0] if len(reports) == 1
                   else reports)
    if options.junit:
        write_junit(options.junit, reports)
    passed = sum(report["passed"] for report in reports)
    failed = sum(report["failed"] for report in reports)
    if not passed + failed:
        print("\nthere was no test to run")
    print()
    results = [result for run in runs for result in run.results]
    shared = sum(bool(result.ran_in) for result in results)
    if shared:
        print("%s ran in one tree for several, in which it is the same "
              "program" % tests_in_words(shared))
    old = sum(result.remembered for result in results)
    if old:
        print("%s remembered, for all that went into it is unchanged: "
              "FRESH=1 runs all" % tests_in_words(old))
    later = sum(len(run.later) for run in runs)
    if later:
        print("%d proof%s of code that is the same in a later tree ran only "
              "there" % (later, "" if later == 1 else "s"))
    left_out = sum(len(run.left_out) for run in runs)
    if left_out:
        print("%d thorough proof%s not run: make test THOROUGH=1" % (
            left_out, "" if left_out == 1 else "s"))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:     # `make test | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        progress("")
        print("interrupted", file=sys.stderr)
        sys.exit(130)
