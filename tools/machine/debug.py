"""`make debug`: boots an image under GDB."""

import os
import signal
import subprocess

from common import processes
from common.terminal import say

from . import qemu, show
from .programs import flags_in

BATCH_LIMIT = 60     # for a GDB that nobody types to


def debug(image, wanted):
    """GDB at a machine that waits; GDB's status."""
    gdb, flags = qemu.find_gdb(), flags_in("GDB_FLAGS")
    # The terminal is GDB's.
    displays = ["none"] if wanted == "curses" else [
        display for display in show.choices(wanted) if display != "curses"]
    return show.try_displays(displays, image, lambda display: run_gdb(
        image, display, gdb, flags))


def run_gdb(image, display, gdb, flags):
    """Starts the machine and GDB; GDB's status."""
    batch = "-batch" in flags
    machine = qemu.Machine(image, paused=True, gdb=True, display=display)
    with machine:
        # Software breakpoints would need memory that GRUB has not yet
        # filled; QEMU's own emulation does without memory.
        stop = "break" if machine.accel.startswith("tcg") else "hbreak"
        command = [gdb, "-q", os.path.splitext(image)[0] + ".elf",
                   "-ex", "set confirm off",
                   "-ex", "target remote " + machine.gdb_socket,
                   "-ex", stop + " kernel_main"] + flags
        if not batch:
            say("The machine waits before its first instruction.  "
                "`continue` runs to kernel_main;\n`quit` ends GDB and "
                "QEMU.")
        # Ctrl-C is for GDB: it stops the kernel.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process = processes.start(
            command, own_group=False, preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL))
        try:
            return process.wait(qemu.limit(BATCH_LIMIT) if batch else None)
        except subprocess.TimeoutExpired:
            raise qemu.LimitPassed(
                "GDB did not come to an end; does its last `continue` "
                "reach a breakpoint?") from None
        finally:
            processes.end(process)
