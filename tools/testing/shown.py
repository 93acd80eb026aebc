"""Results: one of them, and how they are shown to people and machines."""

import json
import os
import re
import shlex
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from typing import Any, Optional

from common import files
from common.terminal import painted, say, shown_path, visible

# A test's last word in the report, by status.
PASSED = "ok"
FAILED = "fail"
PANIC = "panic"
HANG = "hang"
CRASH = "crash"
RESET = "reset"
BUILD = "build"

# What a message holds at most; a log keeps more.
LINES = 100
COLUMNS = 500
LOG_SIZE = 1 << 20


@dataclass(eq=False)
class Result:
    """What became of one test."""
    program: Any
    name: str
    status: str
    message: list = ()
    seconds: Optional[float] = None
    program_seconds: Optional[float] = None  # what all of its program took
    ran_in: Optional[str] = None    # another tree, with the same program
    remembered: bool = False        # it was green in an earlier run

    def __post_init__(self):
        # Whatever was printed: it must neither flood nor drive a terminal.
        lines = [visible(line if len(line) <= COLUMNS else
                         "%s … (%d characters more, see the log)" % (
                             line[:COLUMNS], len(line) - COLUMNS))
                 for line in self.message[:LINES]]
        if len(self.message) > LINES:
            lines.append("(%d lines more, see the log)"
                         % (len(self.message) - LINES))
        self.message = lines

    def passed(self):
        """Whether the test passed."""
        return self.status == PASSED

    def for_program(self, program):
        """The same result for another tree's program, which is the same
        to the last byte."""
        where = self.program.tree.name
        return Result(program, self.name, self.status, self.message + (
            [] if self.passed() else
            ["it ran in %s, and is the same program here" % where]),
            ran_in=where)

    def origin(self):
        """Where the result is from, if not from a run of its own."""
        if self.remembered:
            return "  (remembered)"
        return "  (ran in %s)" % self.ran_in if self.ran_in else ""

    def shown(self):
        """The test's program, and its name if that is another one."""
        program = self.program
        return program.id if program.name == self.name else \
            "%s %s" % (program.id, self.name)


def in_words(number, thing="test"):
    """`1 test`, `2 tests`."""
    return "%d %s%s" % (number, thing, "" if number == 1 else "s")


def write_log(program, text):
    """Keeps what the program said, for people, but not all of a flood."""
    if len(text) > LOG_SIZE:
        half = LOG_SIZE // 2
        text = "%s\n\n… %d characters are left out here …\n\n%s" % (
            text[:half], len(text) - 2 * half, text[-half:])
    files.write(program.log, text)


def show(results, width):
    """Prints a line for each result."""
    for result in results:
        say("%s %-*s  %s%s" % (
            painted("%-5s" % result.status, result.passed()), width,
            result.program.id, result.name, result.origin()))


def show_failures(tree, results):
    """A block for each failure; what keeps several programs from being
    built is told once."""
    blocks = {}
    for result in results:
        if not result.passed():
            shared = result.status == BUILD
            key = tuple(result.message) if shared else id(result)
            blocks.setdefault(key, []).append(result)
    for first, *others in blocks.values():
        say("\n%s: %s" % (painted(first.status, False), ", ".join(
            result.shown() for result in (first, *others))))
        for line in first.message:
            say(("    " + line).rstrip())
        facts = [("log", first.program.log)]
        if first.status != BUILD:
            facts.insert(0, ("image", first.program.image))
        for title, path in facts:
            if os.path.exists(path):
                say("    %-6s %s" % (title, shown_path(path)))
        again = "make test TEST=%s" % shlex.quote(first.name)
        if os.path.realpath(tree.directory) != os.path.realpath("."):
            again = "cd %s && %s" % (
                shlex.quote(shown_path(tree.directory)), again)
        say("    %-6s %s" % ("again", again))


# --- Files for machines -----------------------------------------------

def write_report(tree, results, seconds):
    """Writes BUILD/report.json; returns what is in it."""
    report = {
        "tree": tree.name,
        "passed": sum(result.passed() for result in results),
        "failed": sum(not result.passed() for result in results),
        "seconds": round(seconds, 3),
        "programs": {result.program.id: round(result.program_seconds, 3)
                     for result in results if result.program_seconds},
        "results": [{
            "suite": result.program.id, "name": result.name,
            "status": result.status,
            "seconds": result.seconds and round(result.seconds, 3),
            "message": "\n".join(result.message),
            **({"ran_in": result.ran_in} if result.ran_in else {}),
            **({"remembered": True} if result.remembered else {}),
            "log": os.path.relpath(result.program.log, files.ROOT),
        } for result in results],
    }
    files.write(os.path.join(tree.build, "report.json"), json.dumps(
        report, indent=1, ensure_ascii=False) + "\n")
    return report


def write_junit(path, reports):
    """Writes reports in the XML that CI systems and graders read."""
    top = xml.Element("testsuites")
    for report in reports:
        suites = {}
        for result in report["results"]:
            suites.setdefault(result["suite"], []).append(result)
        for name, results in suites.items():
            name = "%s.%s" % (report["tree"], name)
            suite = xml.SubElement(top, "testsuite", {
                "name": name, "tests": str(len(results)), "errors": "0",
                "failures": str(sum(result["status"] != PASSED
                                    for result in results)),
                "time": "%.3f" % sum(result["seconds"] or 0
                                     for result in results)})
            for result in results:
                case = xml.SubElement(suite, "testcase", {
                    "classname": name, "name": result["name"]})
                if result["seconds"] is not None:
                    case.set("time", "%.3f" % result["seconds"])
                if result["status"] != PASSED:
                    # XML has no such characters, not even escaped.
                    message = re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?",
                                     result["message"])
                    xml.SubElement(case, "failure", {
                        "type": result["status"],
                        "message": message.split("\n")[0]}).text = message
    files.write(path, xml.tostring(top, "utf-8", xml_declaration=True))
