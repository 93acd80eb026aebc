#!/usr/bin/env python3
"""Counts instructions: what a kernel's functions cost, and what its
allocators make of their memory.

    make measure CHAPTER=11
    make measure CHAPTER=11 OPT=-O3 CC=clang        as built otherwise
    make measure CHAPTER=11 KEEP=1                  as the new standard

Boots the kernels of costs.c and allocators.c in QEMU, whose clock is told
to go by instructions (`-icount`).  Then the processor's time-stamp counter
counts them, and says the same in every run and on every machine: only
another compiler, other flags or other sources change a number.

The table is compared with NAME.txt beside this file, if that was made by
the same compiler: a count that is more than 5 % larger is an error.
"""

import json
import os
import re
import shlex
import shutil
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))

from common import files, processes, terminal           # noqa: E402

KERNELS = ("costs", "allocators")
EXIT_SUCCESS = 33
LIMIT = 300             # seconds, for a machine that is busy

# An instruction takes 2 to the power of this nanoseconds.  With 0, what
# GRUB does before takes long.
SHIFT = 3

# A call and a return belong to each function; what the counting adds to
# them is told by a function that returns at once.
CALL_AND_RETURN = 2

WORSE = 1.05            # times the standard: an error
WORKLOADS = {
    "pairs": "64 B, back at once",
    "shuffled": "1,000 shuffled",
    "slots": "8-512 B, 256 slots",
    "vector": "growing vector",
}
VALUES = ("bump", "list", "block")
HEAPS = ("page_heap", "bump_heap", "list_heap", "block_heap")


# --- Measuring --------------------------------------------------------

def run(image):
    """Boots an image; the lines that it printed for us, split."""
    program = shlex.split(os.environ.get("QEMU") or "qemu-system-x86_64")
    if not shutil.which(program[0]):
        raise terminal.Complaint("QEMU (%s) is missing: run ./setup.sh"
                                 % program[0])
    # Not QEMU_FLAGS, MEMORY and ACCEL: the numbers are to be the same.
    done = processes.run(program + [
        "-nodefaults", "-accel", "tcg", "-m", "128M", "-vga", "std",
        "-display", "none", "-boot", "d", "-cdrom", image,
        "-serial", "stdio", "-no-reboot",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
        "-icount", "shift=%d,sleep=off" % SHIFT], LIMIT)
    lines = done.output.replace("\r", "").strip().split("\n")
    if done.status != EXIT_SUCCESS:
        raise terminal.Complaint(
            "the kernel %s %s, its last words: %s" % (
                terminal.shown_path(image),
                "did not end" if done.late else "failed",
                terminal.visible(" ".join(lines[-3:])) or "none"))
    return [line.split()[1:] for line in lines
            if line.startswith("measure ")]


class Measured:
    """What the two kernels have measured, in instructions.

    costs    name -> a call's, where there were many their mean
    blocks   "subject workload get", or "give" -> calls, their mean, and
             the most that one of them took
    states   "subject workload held", or "back" -> bytes asked for, used
             and waiting; holes, the largest one, and all their bytes
    full     "subject workload" -> the call that found no memory
    pieces   subject -> what is where after the slots: (kind, first
             byte, size), in order
    """

    def __init__(self, lines):
        self.costs, self.blocks, self.states = {}, {}, {}
        self.full, self.pieces = {}, {}
        nothing = {int(line[1]) for line in lines if line[0] == "nothing"}
        if len(nothing) != 1 or any(time % (1 << SHIFT) for time in nothing):
            raise terminal.Complaint(
                "QEMU does not count instructions here: the same call took "
                "%s" % (sorted(nothing) or "no time"))
        self.nothing = (nothing.pop() >> SHIFT) - CALL_AND_RETURN
        for kind, *words in lines:
            getattr(self, "read_" + kind)(*words)

    def read_nothing(self, _):
        """Has been read before."""

    def instructions(self, time, calls):
        """How many there were in a time, without the counting's own."""
        return (int(time) >> SHIFT) - self.nothing * int(calls)

    def read_cost(self, parts, calls, time, *name):
        """One function's cost: the mean over `parts`, 1 for a sum."""
        self.costs[" ".join(name)] = round(
            self.instructions(time, calls) / int(parts))

    def read_block(self, subject, workload, what, calls, time, most):
        """The calls of one kind."""
        if int(calls):
            self.blocks["%s %s %s" % (subject, workload, what)] = (
                int(calls), self.instructions(time, calls) / int(calls),
                self.instructions(most, 1))

    def read_state(self, subject, workload, when, *numbers):
        """What has become of the memory."""
        self.states["%s %s %s" % (subject, workload, when)] = tuple(
            map(int, numbers))

    def read_full(self, subject, workload, count):
        """That the memory was used up."""
        self.full["%s %s" % (subject, workload)] = int(count)

    def read_piece(self, kind, subject, start, size):
        """What is somewhere in an arena."""
        pieces = self.pieces.setdefault(subject, [])
        pieces.append((kind, int(start), int(size)))
        pieces.sort(key=lambda piece: piece[1])


def bytes_of(elf):
    """How many bytes of code, constants and data are in a kernel's file:
    of its sections that are loaded and not empty memory (ELF-64)."""
    content = files.read(elf)
    start, = struct.unpack_from("<Q", content, 40)
    size, count = struct.unpack_from("<HH", content, 58)
    total = 0
    for number in range(count):
        kind, flags = struct.unpack_from("<IQ", content,
                                         start + number * size + 4)
        if flags & 2 and kind != 8:     # SHF_ALLOC, SHT_NOBITS
            total += struct.unpack_from("<Q", content,
                                        start + number * size + 32)[0]
    return total


# --- Tables -----------------------------------------------------------

def cost_table(measured):
    """A line for each cost."""
    return ["%-44s %12s" % (name, format(count, ","))
            for name, count in measured.costs.items()]


def block_table(measured, subjects):
    """A line for each workload, two numbers for each subject."""
    lines = ["%20s" % "" + "".join("%13s" % name.replace("_heap", "")
                                   for name in subjects),
             "%20s" % "" + "    get  free" * len(subjects)]
    for workload, label in WORKLOADS.items():
        line = "%-20s" % label
        for subject in subjects:
            key = "%s %s" % (subject, workload)
            line += "%13s" % "full" if key in measured.full else (
                "%7d%6d" % tuple(round(measured.blocks[key + what][1])
                                 for what in (" get", " give")))
        lines.append(line)
    return lines


def percent(part, whole):
    """Of 100, to the nearest; of nothing all is there."""
    return 100 if whole == 0 else int(100 * part / whole + 0.5)


def memory_table(measured):
    """What becomes of the memory, with the last blocks still there."""
    lines = ["%20s" % "" + "   bytes   bytes   bytes  asked       largest",
             "%20s" % "" + "   asked    used waiting  /used holes   /free"]
    for workload, label in WORKLOADS.items():
        lines.append(label)
        for subject in VALUES + ("page_heap",):
            asked, used, waiting, holes, largest, free = measured.states[
                "%s %s held" % (subject, workload)]
            full = "%s %s" % (subject, workload) in measured.full
            line = "    %-16s%8d%8d%8d%7d%%" % (
                subject.replace("_heap", "") + ", full" * full, asked, used,
                waiting, percent(asked, used))
            if subject in VALUES:
                line += "%6d%8d%%" % (holes, percent(largest, free))
            lines.append(line)
    return lines


def report(measured, how):
    """All tables, as lines; `how` says how the kernel was built."""
    lines = ["Instructions, from the call to the return", how, ""]
    lines += cost_table(measured)
    for title, subjects in (
            ("A block of an arena of 100 KiB, on the average", VALUES),
            ("A block of a heap, on the average", HEAPS)):
        lines += ["", title] + block_table(measured, subjects)
    lines += [""] + [
        "full: %s had no memory for block %d of `%s`" % (
            key.split()[0], count, WORKLOADS[key.split()[1]])
        for key, count in measured.full.items()]
    return lines + ["", "The memory, when the last blocks are still in use"
                    ] + memory_table(measured)


def check(measured, how, standard):
    """Complains of costs that are larger than those of the standard, a
    table that was kept."""
    if not os.path.exists(standard):
        return
    kept = files.read_text(standard).split("\n")
    if kept[1] != how:
        return
    for line in kept:
        found = re.fullmatch(r"(\S.*?) +([\d,]+)", line)
        name, most = found.groups() if found else (None, "0")
        count = measured.costs.get(name, 0)
        if count > WORSE * int(most.replace(",", "")):
            raise terminal.Complaint(
                "%s: %d instructions or bytes are more than 5 %% above the "
                "%s of %s; if that is worth it, keep it with KEEP=1" % (
                    name, count, most, terminal.shown_path(standard)))


def main(build, name, compiler, variant):
    """Measures the kernel NAME in the directory BUILD."""
    version = re.findall(r"\b\d+\.\d+\.\d+\b", compiler)
    how = "%s %s, %s" % ("Clang" if "clang" in compiler else "GCC",
                         version[-1] if version else "(unknown)", variant)
    base = os.path.join(build, "measure")
    measured = Measured([line for kernel in KERNELS for line in
                         run(os.path.join(base, kernel + ".iso"))])
    measured.costs["code, constants and data, in bytes"] = bytes_of(
        os.path.join(build, "kernel.elf"))
    files.write(os.path.join(base, "measured.json"), json.dumps(
        dict(vars(measured), how=how), indent=1) + "\n")
    text = "\n".join(report(measured, how)) + "\n"
    print(text, end="")
    standard = os.path.join(HERE, name + ".txt")
    if os.environ.get("KEEP"):
        files.write(standard, text)
    check(measured, how, standard)
    return 0


if __name__ == "__main__":
    terminal.main("measure", lambda: main(*sys.argv[1:]))
