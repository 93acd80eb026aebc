"""Judging a program: what it reported and how it ended, together."""

from dataclasses import dataclass

from .shown import FAILED, HANG, PANIC, PASSED, Result, in_words
from .spoken import panic_line, quote, tail


@dataclass
class Ending:
    """How a program ended: a status and lines about it."""
    status: str
    lines: list


def judge(program, text, report, ending, seconds):
    """The results of a program that has said `text`."""
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
    trouble = program_trouble(program, text, report, ending, results)
    if trouble is not None:
        if report.running() is not None:
            trouble.seconds = only_one
        results.append(trouble)
    return results


def program_trouble(program, text, report, ending, results):
    """The failure that is not a test's own verdict, None if all is well:
    how the program ended, and whether all tests were reported."""
    def of_program(*lines):
        return Result(program, program.name, FAILED, lines)

    if ending.status != PASSED:
        return bad_end(program, text, report, ending, results)
    if report.running() is not None:
        name, _, said = report.running()
        return Result(program, name, FAILED, said + [
            "it has no result, and the program left with success"])
    if not results:
        return of_program("it left with success and reported no test",
                          *quote("it said", tail(text)))
    if not all(result.passed() for result in results):
        return of_program("a test failed, and it left with success")
    if report.total not in (None, len(report.tests)):
        return of_program("it announced %s and reported %d" % (
            in_words(report.total), len(report.tests)))
    return None


def bad_end(program, text, report, ending, results):
    """What to say of a program that did not leave with success."""
    running = report.running()
    status, lines = ending.status, list(ending.lines)
    left = (report.total or 0) - len(report.tests)
    if running is not None:
        name, _, said = running
        if panic_line("\n".join(said)) and status in (FAILED, HANG):
            status = PANIC
        if status in (FAILED, PANIC):
            lines = said + [line for line in lines if line not in said]
    elif status == FAILED and not all(map(Result.passed, results)):
        # The failed test has said it; it kept others from running.
        if left > 0:
            results[-1].message.append(
                "%d more tests did not run" % left if left > 1
                else "one more test did not run")
        return None
    else:
        name = program.name
        panic = panic_line(text)
        if panic and status == FAILED:
            status, lines = PANIC, [panic] + lines
        elif status == FAILED:
            lines.append("no test has failed, and it left with failure")
            lines += quote("the last it said", tail(text))
    if left > 0:
        lines.append("%d of %d tests have begun" % (len(report.tests),
                                                    report.total))
    return Result(program, name, status, lines)
