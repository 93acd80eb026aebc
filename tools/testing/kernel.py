"""Booting a test kernel in QEMU.

It leaves through QEMU's exit port; status 33 is success, nothing else is.
"""

import os
import time

from . import faults, qemu
from .shown import (CRASH, FAILED, HANG, PANIC, PASSED, RESET, Result,
                    in_words, write_log)
from .spoken import FLOOD, Report, panic_line, quote, tail
from .verdicts import Ending, judge


def run(program):
    """Boots a test kernel; returns its results."""
    symbols = faults.Symbols(program.elf, program.tree.directory)
    allowed = qemu.limit(program.limit)
    start = time.monotonic()
    with qemu.Machine(program.image) as machine:
        ending = wait(machine, allowed, symbols)
        seconds = time.monotonic() - start
        text = machine.serial()
    if ending.status == RESET:
        ending.lines += explain_by_second_run(program, symbols, allowed)
    write_log(program, text)
    known = symbols.tests()
    report = Report(text, known)
    results = judge(program, text, report, ending, seconds)
    if program.id == "unit" and report.total not in (None, len(known)):
        results.append(not_collected(program, report, known))
    return results


def wait(machine, allowed, symbols):
    """Waits until the kernel leaves, or will never do so."""
    start = time.monotonic()
    asleep = 0
    while True:
        try:
            status = machine.wait_exit(
                max(0.0, min(0.1, start + allowed - time.monotonic())),
                scaled=False)
            return ended(machine, status)
        except qemu.LimitPassed:
            pass
        try:
            asleep = asleep + 1 if machine.halted_for_ever() else 0
            passed = time.monotonic() - start
            if asleep >= 2:
                return hangs(machine, symbols, "it sleeps for ever, halted "
                             "with interrupts off")
            if machine.serial_size() > FLOOD:
                return hangs(machine, symbols, "it had printed %d MB and "
                             "went on" % (FLOOD >> 20))
            if passed >= allowed:
                return hangs(machine, symbols,
                             "it still ran after %.1f s" % passed)
        except qemu.MachineEnded:
            continue  # in this very moment: the next round reads how


def ended(machine, status):
    """The kernel left, or was left by QEMU."""
    if status == qemu.EXIT_SUCCESS:
        return Ending(PASSED, [])
    if status == qemu.EXIT_FAILURE:
        return Ending(FAILED, ["exit status 35"])
    lines = ["expected exit status 33 or 35; " + machine.how_it_ended()]
    if status == 0 and machine.shutdown_reason in (None, "guest-reset"):
        return Ending(RESET, lines)
    if machine.errors().strip():
        lines += quote("QEMU says", tail(machine.errors()))
    return Ending(CRASH, lines)


def hangs(machine, symbols, what):
    """The kernel will not leave: says where it is and what it shows."""
    lines = ["expected an end through the exit port; " + what,
             "it is at " + symbols.place(machine.registers()["rip"])]
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


def not_collected(program, report, known):
    """The tests that ran are not those that the linker collected."""
    lines = ["it runs %s, and %d are linked into %s" % (
        in_words(report.total), len(known), os.path.basename(program.elf))]
    missing = sorted(set(known) - {name for name, _, _ in report.tests})
    if missing:
        lines.append("not run: " + ", ".join(missing))
    return Result(program, "unit", FAILED, lines)
