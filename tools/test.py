"""Runs the tests of a kernel: `make test` in its directory.

    python3 tools/test.py TREE [--only NAME] [--junit FILE] ...

What a tree's tests are says testing/trees.py.  Every run writes
BUILD/report.json, and a log for each program in BUILD/logs/.  It ends with
`N passed, N failed`; the exit status is 1 if anything failed or nothing
ran.  TIMEOUT replaces the time limits.
"""

import os
import sys

sys.dont_write_bytecode = True
# Where this file seems to be: the project's root is above, although tools/
# may be a link there to that of another.
sys.path[0] = os.path.dirname(os.path.abspath(__file__))

from common import terminal                             # noqa: E402
from testing import command, proofs, qemu               # noqa: E402

if __name__ == "__main__":
    if sys.argv[1:2] == ["--proof"]:    # how the runner calls itself
        terminal.main("proof", lambda: proofs.main(*sys.argv[2:]))
    terminal.main("test", command.main, qemu.QemuError)
