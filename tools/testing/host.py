"""Running a program on this machine, under the sanitizers."""

import re
import signal

from common import processes

from . import qemu
from .shown import CRASH, FAILED, HANG, PASSED, write_log
from .spoken import FLOOD, TAIL, Report, quote, tail
from .verdicts import Ending, judge

SANITIZER = re.compile(r"ERROR: \w+Sanitizer: |: runtime error: ")


def run(program):
    """Runs a host program; returns its results."""
    allowed = qemu.limit(program.limit)
    ended = processes.run([program.image], allowed, FLOOD,
                          cwd=program.tree.directory)
    write_log(program, ended.output)
    ending = ending_of(ended, allowed)
    return judge(program, ended.output,
                 Report(ended.output, program.declared()), ending,
                 ended.seconds)


def ending_of(ended, allowed):
    """How it ended, as far as its status and its output tell."""
    text = ended.output
    last = quote("the last it said", tail(text))
    if ended.late:
        return Ending(HANG, [
            "it had said %d MB and went on" % (processes.FLOOD >> 20)
            if ended.seconds < allowed else
            "expected an end within %.1f s; it still ran" % allowed] + last)
    if ended.status == 0:
        return Ending(PASSED, [])
    if SANITIZER.search(text):
        return Ending(CRASH, sanitizer_part(text))
    if ended.status == 1:
        return Ending(FAILED, ["exit status 1"])
    return Ending(CRASH, ["expected exit status 0 or 1; "
                          + describe_status(ended.status)] + last)


def describe_status(status):
    """An unexpected exit status in words."""
    if status >= 0:
        return "exit status %d" % status
    try:
        return "ended by %s" % signal.Signals(-status).name
    except ValueError:
        return "ended by signal %d" % -status


def sanitizer_part(text):
    """A sanitizer's complaint, then its report without what called main,
    and without the memory around the place."""
    lines = text.splitlines()
    first = next(i for i, line in enumerate(lines) if SANITIZER.search(line))
    part = []
    for line in lines[first:]:
        if line.startswith("SUMMARY: "):
            break
        if line.strip("= ") and not re.search(
                r" in (__libc_start\w*|_start) ", line):
            part.append(line)
    complaint = re.sub(r"^=*\d*=*ERROR: ", "", lines[first].strip())
    return [complaint] + quote("the sanitizer says", part[:TAIL])
