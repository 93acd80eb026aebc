#!/usr/bin/env python3
"""Counts instructions: what a kernel's allocators cost, and what becomes
of the memory.

    python3 measure/measure.py 11-allocators
    make measure CHAPTER=11                         the same
    make measure CHAPTER=11 OPT=-O3 CC=clang        as built otherwise

Builds the kernel of allocators.c once for each heap that kmalloc() can
stand on, and boots it in QEMU, whose clock is told to go by instructions
(`-icount`).  Then the processor's time-stamp counter counts them, and
says the same in every run and on every machine: only another compiler,
other flags or other sources change a number.  Nothing here is a time.

What was measured is also written to BUILD/measure/allocators.json, from
which draw.py makes the book's figures.
"""

import argparse
import concurrent.futures
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from common import files, terminal                      # noqa: E402
from machine import qemu                                # noqa: E402
from testing.trees import Header, Tree, first_error     # noqa: E402

KERNEL = "allocators"
HEAPS = ("page", "bump", "list", "block")

# An instruction takes 2 to the power of this nanoseconds.  With 0, what
# GRUB does before takes long.
SHIFT = 3

# What the kernel of allocators.c counts beyond a function's own
# instructions is told by a function that returns at once; a call and a
# return belong to each function.
CALL_AND_RETURN = 2

WORKLOADS = {
    "pairs": "64 B, back at once",
    "shuffled": "1,000 shuffled",
    "slots": "8-512 B, 256 slots",
    "vector": "growing vector",
}
VALUES = ("bump", "atomic", "list", "block")


class Wrong(Exception):
    """It cannot be measured; the message says why."""


# --- Measuring --------------------------------------------------------

def build(tree, heap):
    """Builds the kernel with one of the heaps; the path of its image."""
    variable = "ALLOCATOR=" + heap
    made = tree.make("-s", "print-build", variable)
    if made.status != 0:
        raise Wrong(first_error(made.output))
    image = os.path.join(made.output.strip().split("\n")[-1], "measure",
                         KERNEL + ".iso")
    made = tree.make("-j2", image, variable)
    if made.status != 0:
        raise Wrong(first_error(made.output))
    return tree.path(image)


def run(image):
    """Boots an image; the lines that it printed for us, split."""
    flags = ["-icount", "shift=%d,sleep=off" % SHIFT]
    # Not QEMU_FLAGS, MEMORY and ACCEL: the numbers are to be the same.
    with qemu.Machine(image, flags=flags, environment=False) as machine:
        status = machine.wait_exit(60)
        text = machine.serial()
        if status != qemu.EXIT_SUCCESS:
            raise Wrong("the kernel that measures failed, %s: %s" % (
                machine.how_it_ended(),
                " ".join(text.split("\n")[-3:]).strip() or "no message"))
    return [line.split()[1:] for line in text.split("\n")
            if line.startswith("measure ")]


def instructions(time):
    """How many there were in this time."""
    count, rest = divmod(time, 1 << SHIFT)
    if rest:
        raise Wrong("QEMU does not count instructions: %d ns" % time)
    return count


class Measured:
    """What one kernel has measured.

    costs    (subject, workload, "get" or "give") -> calls, their mean
             and the most that one of them took, in instructions
    states   (subject, workload, "held" or "back") -> bytes asked for,
             used and waiting; holes, the largest one, and all their bytes
    full     (subject, workload) -> the call that found no memory
    pieces   subject -> what is where after the slots: (kind, first
             byte, size), in order
    """

    def __init__(self, lines):
        self.costs, self.states, self.full = {}, {}, {}
        self.pieces = {}
        nothing = {int(line[1]) for line in lines if line[0] == "nothing"}
        if len(nothing) != 1:
            raise Wrong("QEMU does not count instructions: the same took "
                        "%s" % (sorted(nothing) or "no time"))
        self.nothing = instructions(nothing.pop()) - CALL_AND_RETURN
        for kind, *words in lines:
            getattr(self, "read_" + kind)(*words)

    def read_nothing(self, _):
        """Has been read before."""

    def read_cost(self, subject, workload, what, count, time, most):
        """The calls of one kind."""
        count = int(count)
        if count:
            total = instructions(int(time)) - self.nothing * count
            self.costs[subject, workload, what] = (
                count, total / count,
                instructions(int(most)) - self.nothing)

    def read_state(self, subject, workload, when, *numbers):
        """What has become of the memory."""
        self.states[subject, workload, when] = tuple(map(int, numbers))

    def read_full(self, subject, workload, count):
        """That the memory was used up."""
        self.full[subject, workload] = int(count)

    def read_piece(self, kind, subject, start, size):
        """What is somewhere in an arena."""
        pieces = self.pieces.setdefault(subject, [])
        pieces.append((kind, int(start), int(size)))
        pieces.sort(key=lambda piece: piece[1])


def measure(tree):
    """All that was measured: by heap, one Measured each."""
    images = {heap: build(tree, heap) for heap in HEAPS}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        lines = dict(zip(HEAPS, pool.map(run, images.values())))
    # The allocators over an arena are the same in all of them.
    ours = [[line for line in found if "kmalloc" not in line]
            for found in lines.values()]
    if any(found != ours[0] for found in ours):
        raise Wrong("four kernels counted the same allocators and came to "
                    "different numbers")
    return {heap: Measured(found) for heap, found in lines.items()}


# --- Tables -----------------------------------------------------------

LABEL = 20


def heading(titles):
    """Two lines above pairs of numbers."""
    return [" " * LABEL + "".join("%13s" % title for title in titles),
            " " * LABEL + "    get  free" * len(titles)]


def table(columns, number):
    """A line for each workload; `columns` are (title, Measured, subject),
    `number` chooses from a cost."""
    lines = heading([title for title, _, _ in columns])
    for workload, label in WORKLOADS.items():
        line = label.ljust(LABEL)
        for _, measured, subject in columns:
            if (subject, workload) in measured.full:
                line += "%13s" % "full"
                continue
            get, give = (number(measured.costs[subject, workload, what])
                         for what in ("get", "give"))
            line += "%7d%6d" % (get, give)
        lines.append(line.rstrip())
    return lines


def mean(cost):
    """The mean of some calls, to the nearest instruction."""
    return int(cost[1] + 0.5)


def most(cost):
    """The most that one of them took."""
    return cost[2]


def percent(part, whole):
    """Of 100, to the nearest; of nothing all is there."""
    return 100 if whole == 0 else int(100 * part / whole + 0.5)


def memory_table(columns):
    """What becomes of the memory, with the last blocks still there."""
    lines = [" " * LABEL + "   bytes   bytes   bytes  asked       largest",
             " " * LABEL + "   asked    used waiting  /used holes   /free"]
    for workload, label in WORKLOADS.items():
        lines.append(label)
        for title, measured, subject in columns:
            asked, used, waiting, holes, largest, free = measured.states[
                subject, workload, "held"]
            if (subject, workload) in measured.full:
                title += ", full"
            line = "%4s%-16s%8d%8d%8d%7d%%" % (
                "", title, asked, used, waiting, percent(asked, used))
            if subject != "kmalloc":
                line += "%6d%8d%%" % (holes, percent(largest, free))
            lines.append(line)
    return lines


def report(results, compiler):
    """All tables, as lines."""
    one = results["block"]
    values = [(name, one, name) for name in VALUES]
    heaps = [(heap, results[heap], "kmalloc") for heap in HEAPS]
    lines = ["Instructions for a block, from the call to the return",
             compiler, ""]
    for title, columns, number in (
            ("Over an arena of 100 KiB, on the average", values, mean),
            ("At most", values, most),
            ("kmalloc and kfree over a heap, on the average", heaps, mean)):
        lines += [title] + table(columns, number) + [""]
    for (subject, workload), count in one.full.items():
        lines.append("full: %s had no memory for block %d of `%s`" % (
            subject, count, WORKLOADS[workload]))
    lines += ["", "The memory, when the last blocks are still in use"]
    lines += memory_table([(name, one, name) for name in VALUES
                           if name != "atomic"]
                          + [("page", results["page"], "kmalloc")])
    lines.append("")
    return lines


def describe_compiler(says, optimisation):
    """`GCC 12.2.0, -O2`, from what the compiler says of itself."""
    version = re.findall(r"\b\d+\.\d+\.\d+\b", says)
    name = "Clang" if "clang" in says else "GCC"
    return "%s %s, %s" % (name, version[-1] if version else "(unknown)",
                          optimisation)


def as_json(results, compiler):
    """All of it, for other programs."""
    def named(mapping):
        return {" ".join(key): value for key, value in mapping.items()}
    return {"compiler": compiler, "heaps": {
        heap: {"costs": named(measured.costs),
               "states": named(measured.states),
               "full": named(measured.full),
               "pieces": measured.pieces}
        for heap, measured in results.items()}}


def main():
    """The exit status."""
    parser = argparse.ArgumentParser(
        description="Counts what the allocators of a kernel cost.")
    parser.add_argument("tree", metavar="TREE", help="a kernel's directory")
    parser.add_argument("--compiler", metavar="TEXT", default="",
                        help="what the compiler says of itself")
    options = parser.parse_args()
    tree = Tree(options.tree)
    header = Header(os.path.join(ROOT, "measure", KERNEL + ".c"))
    if not header.matches(tree):
        raise Wrong("there is nothing to measure in %s: it has no %s"
                    % (tree.name, next(path for path in header.needs
                                       if not tree.has(path))))
    results = measure(tree)
    compiler = describe_compiler(options.compiler,
                                 os.environ.get("OPT") or "-O2")
    files.write(os.path.join(tree.build, "measure", KERNEL + ".json"),
                json.dumps(as_json(results, compiler), indent=1) + "\n")
    print("\n".join(report(results, compiler)))
    return 0


if __name__ == "__main__":
    terminal.main("measure", main, Wrong, qemu.QemuError)
