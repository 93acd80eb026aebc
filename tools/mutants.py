"""Breaks the statements of a chapter one at a time: do its tests notice?

    python3 tools/mutants.py 03-vga             make mutants CHAPTER=03
    python3 tools/mutants.py 03-vga --list      only lists them
    python3 tools/mutants.py 03-vga --sample 40
    python3 tools/mutants.py 03-vga --changed-since HEAD~1
    python3 tools/mutants.py 03-vga --quick --seconds 90

What survives needs a test, or was needless, or is excused with a reason in
proofs/excuses/.  For each survivor the line to paste there is printed.  The
result is

    killed of (those that count, less the survivors that are excused)

in whole points of 100, rounded down; the exit status is 1 below 85.  What
is broken says mutants/changes.py, what counts mutants/run.py.  Nothing is
changed but files below build/.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True

from common import terminal                             # noqa: E402
from mutants.run import Run                             # noqa: E402
from testing.trees import find                          # noqa: E402

# What a `make` above us or a user has set for other builds.
NOT_OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "STRICT", "TEST", "JUNIT",
            "V", "OPT", "QEMU_FLAGS", "MEMORY_DIRECTORY")


def main():
    """Tries the mutants of each tree; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trees", metavar="TREE", nargs="+",
                        help="03-vga, 03, or a directory of your own")
    parser.add_argument("--list", action="store_true",
                        help="list the mutants, try none")
    parser.add_argument("--file", metavar="FILE",
                        help="only this file; * and ? as in the shell")
    parser.add_argument("--changed-since", metavar="REV",
                        help="only lines changed since a commit")
    parser.add_argument("--sample", metavar="N", type=int,
                        help="only N of them, the same ones each time")
    parser.add_argument("--seconds", metavar="N", type=float,
                        help="begin none, nor go on, after so much time; "
                        "those without a verdict do not count")
    parser.add_argument("--quick", action="store_true",
                        help="without the thorough proofs")
    options = parser.parse_args()
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ["THOROUGH"] = "" if options.quick else "1"
    enough = True
    for name in options.trees:
        tree = os.path.realpath(find(name))
        if len(options.trees) > 1:
            terminal.say("%s:" % os.path.basename(tree))
        enough = Run(tree, options).run() and enough
    return 0 if enough else 1


if __name__ == "__main__":
    terminal.main("mutants", main)
