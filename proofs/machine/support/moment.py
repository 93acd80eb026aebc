"""A kernel with a demo of ours, at the moment where that demo stands
still, as often as needed.  From there any function of the demo can be
what comes next."""

import os
import re
import struct

from support import scratch
from support.elf import Elf
from support.start import Start

# To be a part of the demo, which calls stand().
STAND = r"""
void stand(void);
__asm__(".text\n"
        ".type stand, @function\n"
        "stand: ret\n");
"""

_moments = {}


class Moment:
    """The kernel where its demo stands.

    image, elf      the variant's
    machine, gdb    stopped there after again()
    """

    def __init__(self, kernel, name, demo):
        self.image = scratch.variant(kernel, name,
                                     {"src/kernel/demo.c": demo})
        self.elf = Elf(os.path.splitext(self.image)[0] + ".elf")
        self._start = None
        self._said = 0

    @property
    def machine(self):
        """The machine."""
        return self._start.machine

    @property
    def gdb(self):
        """Its GDB server."""
        return self._start.gdb

    def again(self):
        """Goes back to the moment; boots, if the machine has ended."""
        if self._start is None or not self.machine.alive():
            self._start = Start(self.image, self.elf.address("stand"))
        else:
            self._start.again()
        self._said = len(self.machine.serial())
        return self

    def call(self, function, until=None):
        """Lets the kernel go on with a function of the demo's, which need
        not return; with `until`, only to the beginning of that one."""
        self.gdb.set(rip=self.elf.address(function))
        if until is not None:
            self.gdb.run_to(self.elf.address(until))
        self.gdb.go()

    def serial(self):
        """What came over the serial line since the moment."""
        return self.machine.serial()[self._said:]


def moment(kernel, name, demo):
    """The moment of this kernel with this demo, come again."""
    key = kernel.tree, name
    if key not in _moments:
        _moments[key] = Moment(kernel, name, demo)
    return _moments[key].again()


def interrupt_stacks(machine):
    """The tops of the stacks that the TSS names, by their IST number;
    0 for none."""
    base = re.search(r"^TR =[0-9a-f]+ ([0-9a-f]+)",
                     machine.monitor("info registers"), re.M)[1]
    data = machine.memory(int(base, 16), 104)
    return dict(enumerate(struct.unpack_from("<7Q", data, 36), 1))
