"""Boots a kernel's image: `make run`, `make debug` and `make log`.

    python3 tools/run.py run IMAGE [--display window|curses|none]
    python3 tools/run.py debug IMAGE
    python3 tools/run.py log IMAGE

run    in a window, in the terminal, or (where there is neither) without
       a display: then it prints what the kernel shows, and stops
debug  QEMU waits before its first instruction, GDB is attached
log    explains the last exceptions before a reset

The kernel's ELF file lies beside the image.  Environment: DISPLAY_MODE
(as --display), MACHINE (bochs: another PC than QEMU's), GDB, GDB_FLAGS,
and what tools/machine/qemu.py reads.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from common import terminal  # noqa: E402
from machine import bochs, debug, log, show  # noqa: E402


def main():
    """Does what the command line asks for."""
    parser = argparse.ArgumentParser(description="Boots a kernel in QEMU.")
    parser.add_argument("command", choices=("run", "debug", "log"))
    parser.add_argument("image", help="the image, beside its ELF file")
    parser.add_argument("--display", metavar="MODE",
                        default=os.environ.get("DISPLAY_MODE"),
                        help="window, curses or none")
    options = parser.parse_args()
    terminal.main("make " + options.command, lambda: work(options))


def work(options):
    """The exit status of one command."""
    check(options.image, options.command)
    machine = os.environ.get("MACHINE") or "qemu"
    if machine not in ("qemu", "bochs"):
        raise terminal.Complaint("MACHINE is qemu or bochs, not " + machine)
    if options.command == "run":
        kind = bochs if machine == "bochs" else show
        return kind.run(options.image, options.display)
    if machine == "bochs":
        raise terminal.Complaint("only `make run` knows MACHINE=bochs")
    if options.command == "debug":
        return debug.debug(options.image, options.display)
    return log.log(options.image)


def check(image, command):
    """Complains of what is no image, or has none beside it."""
    path, ending = os.path.splitext(image)
    if ending == ".elf":
        raise terminal.Complaint(
            "%s cannot be booted yet: chapter 2 adds a grub.cfg, which makes "
            "an image of it%s" % (image, "" if command == "run" else
                                  ".  `make run` shows what is in it"))
    for needed in [image] + ([] if command == "run" else [path + ".elf"]):
        if not os.path.exists(needed):
            raise terminal.Complaint("%s does not exist: run make first"
                                     % needed)


if __name__ == "__main__":
    main()
