"""`make run MACHINE=bochs`: the same image on another PC.

Bochs executes every instruction on its own terms: a second opinion.  What
is used here is Debian's (2.7), with its debugger built in: that is told
to continue, and the text screen comes over a terminal that Bochs opens.
Without a sound card its sound overflows a buffer, so it has none.
"""

import os
import re
import select
import shutil
import subprocess
import termios
import time
import tty

from common import files, processes, waiting
from common.terminal import Complaint, say

from . import qemu, show
from .frame import Frame, read
from .screen import COLUMNS, ROWS

PACKAGES = "bochs, bochs-term, bochsbios and vgabios (names of Debian's)"
STILL = 2.0         # seconds without a change, a clock aside
LIMIT = 30

CONFIGURATION = """\
memory: guest={memory}, host={memory}
cpu: model=athlon64_venice, ips=50000000, reset_on_triple_fault=0
clock: sync={clock}
romimage: file=$BXSHARE/BIOS-bochs-latest
vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest
ata0-master: type=cdrom, path="{image}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev="{serial}"
display_library: term
speaker: enabled=0
sound: driver=dummy
log: "{directory}/log"
panic: action=fatal
error: action=report
"""
TRIPLE_FAULT = "exception with no resolution"


class Bochs:
    """A PC that boots `image` from CD.

    clock       "none" (as fast as it can) or "slowdown" (in real time)
    serial      a file for the serial line; see .serial()
    kind, rows  of the terminal that its screen is drawn for
    terminal    the file descriptor of that terminal: pictures and keys
    """

    def __init__(self, image, *, memory="128", clock="none", serial=None,
                 kind="vt100", rows=ROWS):
        self.image = os.path.abspath(image)
        self.memory = memory
        self.clock = clock
        self.serial_path = serial and os.path.abspath(serial)
        self.kind, self.rows = kind, rows
        self.terminal = None
        self.process = None
        self.directory = None
        self.picture = Picture()

    def __enter__(self):
        program = shutil.which(os.environ.get("BOCHS") or "bochs")
        if program is None:
            raise Complaint("Bochs is missing: install %s, or leave out "
                            "MACHINE=bochs" % PACKAGES)
        self.directory = qemu.short_directory()
        try:
            self._start(program)
        except BaseException:
            self.close()
            raise
        return self

    def _start(self, program):
        self.serial_path = self.serial_path or self._path("serial")
        files.write(self._path("bochsrc"), CONFIGURATION.format(
            memory=self.memory, clock=self.clock, image=self.image,
            serial=self.serial_path, directory=self.directory))
        files.write(self._path("commands"), "continue\n")
        with open(self._path("errors"), "wb") as errors:
            self.process = processes.start(
                [program, "-q", "-f", self._path("bochsrc"),
                 "-rc", self._path("commands")],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=errors, env={
                    **os.environ, "TERM": self.kind, "LINES": str(self.rows),
                    "COLUMNS": str(COLUMNS),
                    "BXSHARE": os.environ.get("BXSHARE",
                                              "/usr/share/bochs")})
        try:
            name = waiting.until(self._screen_name, qemu.limit(10), step=0.005)
        except waiting.TooLate:
            raise Complaint("Bochs does not say where its screen is; is it "
                            "Debian's, with %s?" % PACKAGES) from None
        self.terminal = os.open(name, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.terminal)

    def _screen_name(self):
        if not self.alive():
            raise Complaint("Bochs ended at once (%s): it needs %s"
                            % (self.last_words(), PACKAGES))
        found = re.search(r'connected to screen "(.*)"',
                          files.read_text(self._path("errors")))
        return found and found[1]

    def _path(self, name):
        return os.path.join(self.directory, name)

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends Bochs."""
        if self.process is not None:
            processes.end(self.process)
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def alive(self):
        """Whether Bochs still runs."""
        return self.process.poll() is None

    def fell(self):
        """Whether a triple fault has ended it."""
        return TRIPLE_FAULT in files.read_text(self._path("log"))

    def last_words(self):
        """Why it ended, in its own words."""
        errors = files.read_text(self._path("errors"))
        found = re.search(r"exiting with the following message:\n(.*)",
                          errors) or re.search(r"(.*)\s*\Z", errors)
        return found[1].strip()

    def serial(self):
        """What came over the serial line."""
        return files.read_text(self.serial_path)

    def screen(self):
        """The lines of the screen."""
        while select.select([self.terminal], [], [], 0)[0]:
            drawn = read(self.terminal)
            if not drawn:
                break           # Bochs has ended
            self.picture.draw(drawn)
        return self.picture.lines()

    def type(self, text):
        """Types what a terminal can send."""
        os.write(self.terminal, text.encode())


class Picture:
    """What a terminal of kind vt100 shows, of as much as curses uses."""

    SEQUENCE = re.compile(rb"\x1b\[([?0-9;]*)([A-Za-z])|\x1b[()].|\x1b[=>78]"
                          rb"|[^\x1b]", re.DOTALL)

    def __init__(self):
        self.cells = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self.rest = b""         # the beginning of a sequence

    def lines(self):
        """The lines without trailing blanks."""
        return ["".join(row).rstrip() for row in self.cells]

    def draw(self, data):
        """Follows what is drawn."""
        data, at = self.rest + data, 0
        while True:
            found = self.SEQUENCE.match(data, at)
            if not found:
                break
            at = found.end()
            if found[2]:
                self._control(found[2].decode(), [
                    int(number) if number.isdigit() else 0
                    for number in found[1].split(b";")])
            elif len(found[0]) == 1:
                self._character(found[0].decode("latin-1"))
            self.row = min(max(self.row, 0), ROWS - 1)
            self.column = min(max(self.column, 0), COLUMNS)
        self.rest = data[at:]

    def _character(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
        elif character == "\b":
            self.column -= 1
        elif character >= " " and self.column < COLUMNS:
            self.cells[self.row][self.column] = character
            self.column += 1

    def _control(self, name, numbers):
        count = max(1, numbers[0])
        if name in "ABCD":
            self.row += {"A": -count, "B": count}.get(name, 0)
            self.column += {"C": count, "D": -count}.get(name, 0)
        elif name == "H":
            self.row, self.column = count - 1, max(1, numbers[-1]) - 1
            if len(numbers) == 1:
                self.column = 0
        elif name in "JK":
            here = self.cells[self.row]
            here[self.column:] = [" "] * len(here[self.column:])
            if name == "J":
                for row in self.cells[self.row + 1:]:
                    row[:] = [" "] * COLUMNS


def run(image, wanted):
    """Boots the image for people; the exit status."""
    if wanted == "window":
        raise Complaint("MACHINE=bochs knows DISPLAY_MODE=curses and none "
                        "only")
    if wanted == "curses" or not wanted and show.has_terminal():
        return run_in_terminal(image)
    with Bochs(image) as machine:
        finish = wait_until_still(machine)
        show.show_text("screen", "\n".join(machine.screen()))
        show.show_text("serial line", machine.serial())
        if finish:
            say(finish)
        return tell_end(machine)


def run_in_terminal(image):
    """Shows the machine's screen in the terminal; the status."""
    serial = show.announce("Bochs", image)
    rows = min(ROWS, os.get_terminal_size().lines)
    with Bochs(image, clock="slowdown", serial=serial, rows=rows,
               kind=os.environ["TERM"]) as machine:
        with Frame("Ctrl-C twice: leave", machine.terminal) as frame:
            frame.show(lambda: not machine.alive(), lambda: None)
        return tell_end(machine)


def wait_until_still(machine):
    """Waits until the kernel has shown what it has to show; a sentence
    on how that was seen, None if Bochs has ended by itself."""
    slow = qemu.slowness() * qemu.busyness()
    began = since = time.monotonic()
    shown = []
    while machine.alive():
        now, seen = time.monotonic(), machine.screen() + [machine.serial()]
        # One line that changes is a clock.
        if len(seen) != len(shown) or sum(
                a != b for a, b in zip(seen, shown)) > 1:
            shown, since = seen, now
        if now - since > STILL * slow:
            return "Nothing changes any more; Bochs was stopped."
        if now - began > qemu.limit(LIMIT):
            return "The kernel still ran when Bochs was stopped."
        time.sleep(0.05)
    machine.screen()
    return None


def tell_end(machine):
    """Says how the machine ended, if it did; the status."""
    if machine.alive():
        return 0
    if machine.fell():
        say("The machine met a triple fault.  `make log`, without "
            "MACHINE=bochs, explains why.")
    else:
        say("Bochs has ended: %s." % machine.last_words())
    return 1
