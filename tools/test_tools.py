"""Runs the tests of the tools, `make test-tools`: two classes at a time.

    python3 tools/test_tools.py [NAME]      only files with this in the name

Each class of tests/tools/test_*.py and tests/book/test_*.py runs in a
process of its own.  Prints a line for each, and all of what one says that
fails.  The exit status is 1 if one failed or there was none.
"""

import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def find(wanted):
    """The classes with tests: pairs of a file and a name, those that are
    likely to take longest first."""
    found = []
    for directory in ("tools", "book"):
        for path in glob.glob(os.path.join(ROOT, "tests", directory,
                                           "test_*.py")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            parts = re.split(r"(?m)^class (\w+)\(.*\):$", text)
            for name, body in zip(parts[1::2], parts[2::2]):
                count = len(re.findall(r"(?m)^    def test_", body))
                if count and wanted in os.path.basename(path):
                    found.append((count, path, name))
    return [(path, name) for _, path, name in sorted(found, reverse=True)]


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
            min(2, os.cpu_count() or 1)) as pool:
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
