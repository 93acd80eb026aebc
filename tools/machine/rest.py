"""Whether a machine has come to rest."""

import time

from .limits import busyness
from .screen import changed_cells

REST = 0.3           # seconds that a sleeping kernel is looked at
REST_SAMPLES = 10    # at least, within that time
REST_SLEEP = 0.75    # the share of them in which the processor sleeps
REST_CELLS = 20      # so many cells of one row may change meanwhile


class Rest:
    """Whether a machine has come to rest, from looks at it.

    At rest is a processor that has halted with interrupts off, in code
    above 1 MiB (the BIOS and most of GRUB lie below): at once.  A
    kernel that sleeps and is woken by a timer is at rest when it was
    looked at for `window` seconds and all that time
    - it was in long mode with interrupts on, and asleep (halted) in
      three of four looks,
    - nothing came over the serial line,
    - the screen stayed as it was, but for at most 20 cells, all in one
      row: a clock or a counter of ticks.
    A processor that never halts is never at rest, whatever is shown.

    moving   the cells that changed, pairs (row, column)
    """

    def __init__(self, window=REST):
        self.window = window * min(2.0, busyness())
        self.for_ever = False
        self.registers = {}
        self.moving = set()
        self._looks = []     # (time, whether it sleeps)
        self._shown = None   # the screen's memory and the serial line's
                             # size when the present looks began

    def look(self, machine):
        """Looks once; whether the machine is at rest."""
        now = time.monotonic()
        registers = self.registers = machine.registers()
        sleeps = registers.get("hlt") == 1
        interrupts = registers["rflags"] & 0x200
        self.for_ever = (sleeps and not interrupts
                         and registers["rip"] >= 1 << 20)
        if self.for_ever:
            return True
        if not registers.get("efer", 0) & 0x400:
            self._looks = []
            return False
        shown = (machine.screen_memory(), machine.serial_size())
        if not self._looks or not self._still(shown):
            self._looks, self._shown, self.moving = [], shown, set()
        self._looks.append((now, sleeps))
        while (len(self._looks) > REST_SAMPLES
               and now - self._looks[1][0] >= self.window):
            self._looks.pop(0)
        return (len(self._looks) >= REST_SAMPLES
                and now - self._looks[0][0] >= self.window
                and self._asleep() >= REST_SLEEP * len(self._looks))

    def _still(self, shown):
        """Whether no more than a clock has moved on the screen, and
        nothing came over the serial line."""
        self.moving |= changed_cells(self._shown[0], shown[0])
        return (shown[1] == self._shown[1]
                and len(self.moving) <= REST_CELLS
                and len({row for row, _ in self.moving}) <= 1)

    def _asleep(self):
        """In how many of the looks the processor slept."""
        return sum(sleeps for _, sleeps in self._looks)

    def complaint(self):
        """Why the machine is not at rest."""
        if not self._looks:
            return "no kernel in long mode runs, and none has halted"
        if self._looks[-1][0] - self._looks[0][0] < self.window:
            return "what it shows keeps changing"
        return "the processor slept in %d of %d looks and is at %#x" % (
            self._asleep(), len(self._looks), self.registers["rip"])
