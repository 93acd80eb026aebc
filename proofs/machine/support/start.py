"""A moment in a kernel's life, as often as needed: a machine boots once,
and goes back to it."""

import atexit

from machine import qemu

from support.boot import elf
from support.gdb import Gdb

_starts = {}


class Start:
    """A machine that has come to an address of its kernel, and its GDB
    server."""

    def __init__(self, image, address):
        # QEMU keeps a state in a disk: this one is empty, nobody sees it,
        # and nothing is ever written to the image that it is based on.
        self.machine = qemu.Machine(image, gdb=True, paused=True, flags=[
            "-drive", "if=none,snapshot=on,format=raw,file="
            + image.replace(",", ",,")])
        atexit.register(self.machine.close)
        self.machine.start()
        self.gdb = Gdb(self.machine)
        self.gdb.run_to(address)
        self._state("savevm")

    def _state(self, command):
        complaint = self.machine.monitor(command + " start").strip()
        assert not complaint, "QEMU's %s: %s" % (command, complaint)

    def again(self):
        """Goes back, whatever has been done since."""
        self.machine.qmp("stop")
        self.gdb.close()
        self._state("loadvm")
        self.gdb = Gdb(self.machine)


def at_start(kernel):
    """The machine and its GDB server, where GRUB has just handed over to
    the kernel; the same one for all tests of a proof."""
    start = _starts.get(kernel.image)
    if start is not None and start.machine.alive():
        start.again()
    else:   # the first, or one was reset and is gone
        start = Start(kernel.image, elf(kernel).entry)
        _starts[kernel.image] = start
    return start.machine, start.gdb
