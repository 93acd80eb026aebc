"""Runs the tests of the tools, `make test-tools`: as many classes at a
time as there are processors.

    python3 tools/test_tools.py [NAME]      only files with this in the name

Each class of tools/tests/test_*.py and tools/tests/book/test_*.py runs in a
process of its own.  Prints a line for each, and all of what one says that
fails.  The exit status is 1 if one failed or there was none.
"""

import collections
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


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
    for directory in ("", "book"):
        directory = os.path.join(ROOT, "tools", "tests", directory)
        for path in sorted(glob.glob(os.path.join(directory, "test_*.py"))):
            if wanted not in os.path.basename(path):
                continue
            suite = unittest.TestLoader().discover(
                directory, os.path.basename(path), directory)
            for test in tests_of(suite):
                counts[path, type(test).__name__] += 1
    return [one for one, _ in counts.most_common()]


def run(path, name):
    """Runs one class: whether it passed, its output and its seconds."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, os.path.basename(path), name],
        cwd=os.path.dirname(path), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode("utf-8", "replace")
    ran = re.search(r"(?m)^Ran [1-9]\d* tests? in", output)
    return (done.returncode == 0 and bool(ran), output,
            time.monotonic() - start)


def main():
    """Runs all; the exit status."""
    classes = find("".join(sys.argv[1:2]))
    good = bool(classes)
    with concurrent.futures.ThreadPoolExecutor(
            os.cpu_count() or 1) as pool:
        futures = {pool.submit(run, *one): one for one in classes}
        for future in concurrent.futures.as_completed(futures):
            path, name = futures[future]
            passed, output, seconds = future.result()
            good = good and passed
            print("%-4s  %-20s %-24s %5.1f s" % (
                "ok" if passed else "FAIL", os.path.basename(path), name,
                seconds), flush=True)
            if not passed:
                print(output)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
