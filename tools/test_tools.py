"""Runs the tests of the tools, `make test-tools`, a class on each processor.

    python3 tools/test_tools.py [NAME]      only files with this in the name

Each class of tools/tests/**/test_*.py runs in a process of its own.  Prints
a line for each, and all of what one says that fails.  The exit status is 1
if one failed or there was none.

A class that was green is not run again while nothing that it depends on
has changed: the whole project, or what its file names in its first lines,

    depends: tools/common tools/testing 04-testing

FRESH=1 runs all.
"""

import collections
import functools
import os
import re
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor, as_completed

sys.dont_write_bytecode = True

from common import files, processes, terminal           # noqa: E402
from common.memory import Memory                        # noqa: E402
from testing.content import PROGRAMS, of_program        # noqa: E402

TESTS = os.path.join(files.ROOT, "tools", "tests")


def tests_of(suite):
    """The single tests of a suite of suites."""
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from tests_of(item)
        else:
            yield item


def find(wanted):
    """The classes with tests: pairs of a file and a name, those with most
    tests first.  A file that cannot be loaded is such a class, too."""
    counts = collections.Counter()
    for path in files.below(TESTS):
        name = os.path.basename(path)
        if re.fullmatch(r"test_\w*%s\w*\.py" % re.escape(wanted), name):
            directory = os.path.dirname(os.path.join(TESTS, path))
            for test in tests_of(unittest.TestLoader().discover(
                    directory, name, directory)):
                counts[path, type(test).__name__] += 1
    return [one for one, _ in counts.most_common()]


@functools.lru_cache(None)
def digest_of(path):
    """A digest of a part of the project, whether file or directory."""
    full = os.path.join(files.ROOT, path)
    if not os.path.exists(full):
        raise terminal.Complaint("a test depends on %s, which there is not"
                                 % path)
    if os.path.isfile(full):
        return files.digest(files.read(full))
    return files.digest_below(full, skip=("build", "site/node_modules"))


def content(path):
    """A digest of all that a file's tests depend on."""
    text = files.read_text(os.path.join(TESTS, path))
    named = " ".join(re.findall(r"(?m)^depends: (.*)$", text)).split()
    return files.digest(text, sys.version, *os.uname(),
                        *map(of_program, PROGRAMS),
                        *map(digest_of, named or ["."]))


def run(path, name):
    """Runs one class; returns how it ended."""
    return processes.run(
        [sys.executable, os.path.basename(path), name],
        cwd=os.path.dirname(os.path.join(TESTS, path)), most=1 << 24)


def main():
    """Runs all; the exit status."""
    memory = Memory("test-tools")
    keys = {one: files.digest(content(one[0]), one[1])
            for one in find("".join(sys.argv[1:2]))}
    left = [one for one in keys if not memory.recall(keys[one])]
    good = bool(keys)
    with ThreadPoolExecutor(processes.cpus()) as pool:
        futures = {pool.submit(run, *one): one for one in left}
        try:
            for future in as_completed(futures):
                one, ended = futures[future], future.result()
                passed = ended.status == 0 and re.search(
                    r"(?m)^Ran [1-9]\d* tests? in", ended.output)
                terminal.say("%-4s  %-22s %-24s %5.1f s" % (
                    "ok" if passed else "FAIL", os.path.basename(one[0]),
                    one[1], ended.seconds))
                if passed:
                    memory.remember(keys[one], True)
                else:
                    good = False
                    terminal.say(ended.output)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.end_all()
    if len(left) < len(keys):
        terminal.say("%d of %d classes were green before, and nothing that "
                     "they depend on has changed: FRESH=1 runs all" % (
                         len(keys) - len(left), len(keys)))
    memory.tidy()
    return 0 if good else 1


if __name__ == "__main__":
    terminal.main("test-tools", main)
