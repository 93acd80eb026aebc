"""Proofs in Python that look at the machine from outside.

Each runs in a process of its own, so that one that hangs can be ended; it
has functions test_*(kernel), see class Kernel.  The process notes down in
a file what it begins and what it has found.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from common import files, processes, terminal, waiting

from . import faults, qemu
from .host import describe_status
from .shown import CRASH, FAILED, HANG, PASSED, Result, write_log
from .spoken import TAIL, quote, tail
from .trees import Tree

RUNNER = os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "test.py")


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


# --- In the runner's process ------------------------------------------

def run(program, wanted=None, fail_fast=False):
    """Runs a proof, or one function of it; returns its results."""
    allowed = qemu.limit(program.limit)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="proof-") as directory:
        findings = os.path.join(directory, "findings")
        with open(os.path.join(directory, "output"), "wb") as output:
            # -S: a proof needs nobody's packages, nor the time to find
            # them.
            process = processes.start(
                [sys.executable, "-S", RUNNER, "--proof",
                 program.tree.directory, program.sources[0], program.image, findings, wanted or "",
                 "1" if fail_fast else ""], cwd=program.tree.directory,
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)
            late = wait(process, findings, allowed)
            # It closes its machines first.
            processes.end(process, signal.SIGTERM)
        text = files.read_text(output.name)
        write_log(program, text)
        notes = files.read_text(findings)
    return results_of(program, notes, allowed if late else None,
                      time.monotonic() - start, process.returncode, text)


def wait(process, findings, allowed):
    """Waits for a proof's process; whether one of its functions takes
    longer than allowed."""
    size, since = 0, time.monotonic()

    def look():
        nonlocal size, since
        if process.poll() is not None:
            return "ended"
        now = os.path.getsize(findings) if os.path.exists(findings) else 0
        if now != size:
            size, since = now, time.monotonic()
        return "late" if time.monotonic() - since > allowed else None

    return waiting.until(look, None, step=0.05) == "late"


def results_of(program, notes, late, seconds, status, text):
    """Turns what the proof's process wrote down into results; `late` is
    the limit if it had to be ended there."""
    results = []
    begun = None
    for note in map(json.loads, notes.splitlines()):
        begun = note.pop("begun", None)
        if not begun:
            results.append(Result(program, **note))
    name = begun or program.name
    if late:
        results.append(Result(program, name, HANG, [
            "expected an end within %.1f s; it still ran" % late]
            + quote("it said", tail(text)), seconds))
    elif begun or status != 0:
        results.append(Result(program, name, CRASH, [
            "the proof's program ended (%s)" % describe_status(status)]
            + quote("it said", tail(text)), seconds))
    elif not results:
        results.append(Result(program, name, FAILED,
                              ["it has no function test_*(kernel)"]))
    return results


# --- In the proof's process -------------------------------------------

def main(directory, proof, image, findings, wanted, fail_fast):
    """Calls a proof's functions one by one."""
    def note(**finding):
        with open(findings, "a", encoding="utf-8") as file:
            file.write(json.dumps(finding) + "\n")

    spec = importlib.util.spec_from_file_location("proof", proof)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, os.path.dirname(os.path.abspath(proof)))
    spec.loader.exec_module(module)
    tree = Tree(directory)
    for attribute, function in list(vars(module).items()):
        name = attribute[len("test_"):]
        if not attribute.startswith("test_") or not callable(function) \
                or wanted not in ("", name):
            continue
        note(begun=name)
        start = time.monotonic()
        status, message = call(function, Kernel(tree, image))
        note(name=name, status=status, message=message,
             seconds=round(time.monotonic() - start, 3))
        if fail_fast and status != PASSED:
            break
    return 0


def call(function, kernel):
    """Calls one function of a proof; its status and its message."""
    try:
        function(kernel)
        return PASSED, []
    except (AssertionError, qemu.QemuError, terminal.Complaint) as error:
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
