"""Booted kernels: one machine for each way to start it, shared by the
tests of a proof."""

import atexit
import re

from machine import qemu

from support.elf import Elf

LONG_MODE_ACTIVE = 1 << 10      # in EFER
# The end of a function that has a frame.
RETURN = re.compile(rb"\x90*[\x5d\xc9]\xc3")

_machines = {}
_elves = {}


class Unplugged(qemu.Machine):
    """A machine without one of its parts: `serial` or `exit`."""

    def __init__(self, image, *, without, **options):
        super().__init__(image, **options)
        self.without = without

    def arguments(self):
        result = super().arguments()
        if self.without == "serial":
            result[result.index("-serial") + 1] = "none"
        else:
            place = result.index("isa-debug-exit,iobase=0xf4,iosize=0x04")
            del result[place - 1:place + 1]
        return result


def elf(kernel):
    """The kernel's ELF file."""
    if kernel.elf not in _elves:
        _elves[kernel.elf] = Elf(kernel.elf)
    return _elves[kernel.elf]


def booted(kernel, **options):
    """A machine that has booted the kernel's image and come to rest;
    the same one whenever it is asked for with the same options."""
    key = repr((kernel.image, sorted(options.items())))
    if key not in _machines:
        machine = qemu.Machine(options.pop("image", kernel.image), **options)
        atexit.register(machine.close)
        _machines[key] = machine.start()
        rest(machine)
    return _machines[key]


def rest(machine, seconds=10):
    """Waits until the machine has come to rest: the processor sleeps for
    ever, or is only woken by a timer (see qemu.Rest)."""
    try:
        machine.wait_rest(seconds)
    except qemu.QemuError as error:
        raise AssertionError(str(error)) from None
    return machine


def sleeping_registers(machine, tries=1000):
    """The registers at a moment when the processor sleeps: a machine at
    rest may just have been woken by its timer, and be in the handler."""
    for _ in range(tries):
        registers = machine.registers()
        if registers.get("hlt") == 1:
            return registers
    raise AssertionError("the processor did not sleep in %d looks" % tries)


def check_loop(machine):
    """The processor rests in a loop: behind the hlt where it is, a jump
    leads back to that hlt.  Something may wake it for a moment."""
    registers = sleeping_registers(machine)
    rip = registers["rip"]
    halts = 0xF4
    # Without optimisation the hlt is in a function, which goes back to a
    # loop that calls it again.
    if (registers.get("efer", 0) & LONG_MODE_ACTIVE
            and RETURN.match(machine.memory(rip, 16))):
        place = registers["rbp"] + 8
        rip = int.from_bytes(machine.memory(place, 8, virtual=True), "little")
        halts = 0xE8
    opcode, distance = machine.memory(rip, 2)
    target = rip + 2 + distance - (256 if distance > 127 else 0)
    assert opcode == 0xEB and target < rip, (
        "at %#x, where the processor woke up, no jump leads back: %02x %02x"
        % (rip, opcode, distance))
    assert halts in machine.memory(target, rip - target), (
        "the loop from %#x to %#x does not halt" % (target, rip))
