"""Boots an image and looks whether it shows what the book promises.

All promises about one image and the same flags are kept in one boot.
"""

import os
import re
import time

from ..emulator import module
from ..reading.checkpoints import COLOURS
from ..reading.report import one_line
from . import match

LIMIT = 20              # seconds, on a machine of usual speed
PAUSE = 0.03
TYPED_LIMIT = 5         # the same for a kernel at rest after typing
STEADY = 0.2            # what is shown must still be there after this


class Seen:
    """What was to be seen at one moment."""

    def __init__(self):
        self.lines, self.cells, self.serial = [], [], ''
        self.end = ''           # how the machine ended, if it has


class ShownScreen:
    """A whole screen or serial line of the book."""

    def __init__(self, item):
        self.item, self.line = item, item.line
        self.cells = None       # of the last look at which it was true

    def actual(self, seen):
        if self.item.source == 'screen':
            return match.without_end(seen.lines)
        return match.split_output(seen.serial)

    def wrong(self, seen):
        """None, or the place and the words for the error."""
        actual = self.actual(seen)
        difference = match.first_difference(self.item.body, actual)
        if difference is None:
            self.cells = seen.cells
            return None
        line = self.item.body_line + min(difference[0],
                                         max(len(self.item.body) - 1, 0))
        return line, 'the %s shows something else%s:\n%s' % (
            self.item.source, seen.end,
            match.side_by_side(self.item.body, actual,
                               ('the book', 'the machine')))


class ShownText:
    """A checkpoint's `make run` shows `TEXT` ..."""

    def __init__(self, promise, clause):
        self.promise, self.clause = promise, clause
        self.line = clause.line

    def wrong(self, seen):
        clause = self.clause
        if clause.place == 'serial':
            lines = match.split_output(seen.serial)
            if any(match.line_has(clause.text, text) for text in lines):
                return None
            return self.complaint('the serial line does not have it', seen,
                                  lines)
        shown = match.without_end(seen.lines)
        rows = range(len(shown))
        if clause.place == 'last':
            rows = rows[-1:]
        elif clause.place:
            rows = [int(clause.place) - 1]
        colours = []
        for number in rows:
            if not 0 <= number < len(shown):
                continue
            colours += colours_of(clause.text, shown[number],
                                  seen.cells[number])
        if not colours:
            return self.complaint('it is not there', seen, shown)
        if clause.colour and not any(fits(clause.colour, c)
                                     for c in colours):
            return self.complaint('it is in %s' % ', '.join(
                sorted({name(a) for a in colours[0]})), seen, shown)
        return None

    def complaint(self, why, seen, lines):
        clause, place = self.clause, self.clause.place
        wanted = one_line(clause.text)
        if clause.colour:
            front, back = clause.colour
            wanted += ' in ' + COLOURS[front]
            wanted += '' if back is None else ' on ' + COLOURS[back]
        if place:
            wanted += ' on line ' + place if place.isdigit() else \
                ' on the %s line' % place
        if clause.keys:
            wanted += ' after typing `%s`' % clause.keys
        screen = ''.join('\n    %2d| %s' % (n, text)
                         for n, text in enumerate(lines, 1))
        return self.line, 'checkpoint %s: `%s` does not show %s: %s%s%s' % (
            self.promise.name, clause.command, wanted, why, seen.end,
            screen or '\n    (nothing)')


def colours_of(text, line, cells):
    """The attributes of each place where a line has the text; a blank
    tells no colour of its own."""
    found = []
    for place in re.finditer(match.pattern(text), line):
        there = cells[place.start():place.end()]
        found.append([attribute for char, attribute in there
                      if char.strip()] or [a for _, a in there])
    return found


def fits(colour, attributes):
    front, back = colour
    return all(a & 15 == front and back in (None, a >> 4)
               for a in attributes)


def name(attribute):
    return '%s on %s' % (COLOURS[attribute & 15], COLOURS[attribute >> 4])


def observe(root, image, flags, stages, check):
    """Boots the image; `stages` are pairs (what is typed by then, what
    is expected then), each with all the keys of the one before; `check` is
    called again and again, and may raise. Returns (line, text) for what
    never came."""
    qemu = module(root)
    wrong, typed = [], ''
    line = stages[0][1][0].line
    try:
        with qemu.Machine(image, flags=list(flags), stay=True,
                          accel=os.environ.get('ACCEL'),
                          environment=False) as machine:
            for keys, expected in stages:
                line = expected[0].line
                if keys != typed:
                    type_keys(machine, keys[len(typed):], not typed)
                    typed = keys
                wrong += watch(qemu, machine, expected, qemu.limit(
                    TYPED_LIMIT if typed else LIMIT), check)
    except qemu.QemuError as error:
        wrong.append((line, 'QEMU: %s' % error))
    return wrong


def type_keys(machine, keys, first):
    """Types to a machine that is at rest, and waits for it to be again."""
    if first:
        machine.wait_rest(LIMIT)
    machine.type(keys)
    machine.wait_rest(LIMIT)


def watch(qemu, machine, expected, limit, check):
    """Looks until everything is there and stays, the machine ends or
    halts for ever, or the time is over. (line, text) for what is wrong."""
    seen = Seen()
    deadline = time.monotonic() + limit
    steady_since = None
    halted = False
    while True:
        check()
        late = time.monotonic() > deadline
        running = look(qemu, machine, seen)
        wrong = [w for w in (e.wrong(seen) for e in expected) if w]
        if halted or late or not running:
            break
        if wrong:
            steady_since = None
        else:
            steady_since = steady_since or time.monotonic()
            if time.monotonic() - steady_since >= STEADY:
                return []
        # What a machine shows that has halted for ever is the last: one
        # more look at it is enough.
        halted = halts_for_ever(qemu, machine)
        if not halted:
            time.sleep(PAUSE)
    if late and wrong:
        seen.end = ' (after %d s)' % limit
    return [w for w in (e.wrong(seen) for e in expected) if w]


def halts_for_ever(qemu, machine):
    """Whether nothing that happens inside the machine can wake it."""
    rest = qemu.Rest()
    try:
        return rest.look(machine) and rest.for_ever
    except qemu.MachineEnded:
        return False


def look(qemu, machine, seen):
    """Updates what is seen; False when the machine has ended."""
    running = machine.alive() and machine.shutdown_reason is None
    if running or machine.alive():
        try:
            screen = machine.screen()
            seen.lines, seen.cells = screen.lines, screen.cells
            running = machine.shutdown_reason is None
        except qemu.MachineEnded:
            running = False
    seen.serial = machine.serial()
    if not running:
        seen.end = ' (the machine has ended: %s)' % machine.how_it_ended()
    return running
