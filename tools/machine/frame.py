"""A terminal for a program that draws on one, shown in ours."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
import tty

from .screen import ROWS

ESC_PATIENCE = 0.8      # seconds to find the 2 after an Esc
AGAIN = 2.0             # seconds for a second Ctrl-C
LOOK = 0.1              # seconds between two looks at the program
GAP = 0.01              # seconds that part two pictures
TELL = 1.0              # seconds between two times that we tell the way out

CTRL_C = b"\x03"
ESC = b"\x1b"
# Leaves what a program may have switched on: the other screen, colours,
# the keypad's mode; the cursor is shown.
TIDY = b"\x1b[?1049l\x1b[m\x1b[?1l\x1b>\x1b[?25h"


class Frame:
    """The inner terminal, with a line below it that says how to leave,
    where ours is large enough for one.  Leaving the `with` block gives
    the terminal back as it was.

    theirs      the file descriptor for the program
    """

    def __init__(self, hint):
        self.hint = hint
        self.ours, self.theirs = pty.openpty()
        self.rows, self.roomy = 0, False
        self.settings = termios.tcgetattr(sys.stdin)
        self.resize()

    def __enter__(self):
        tty.setraw(sys.stdin)
        return self

    def __exit__(self, *_):
        try:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.settings)
            write(TIDY + b"\r\n")
        except (termios.error, OSError):
            pass                # our terminal is gone
        for terminal in (self.ours, self.theirs):
            os.close(terminal)

    def resize(self):
        """Makes the inner terminal as large as ours, but for the hint."""
        size = fcntl.ioctl(sys.stdin, termios.TIOCGWINSZ, bytes(8))
        self.rows, *others = struct.unpack("4H", size)
        self.roomy = self.rows > ROWS
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack(
            "4H", self.rows - self.roomy, *others))

    def tell(self, text):
        """Shows a text in our last line, and puts the cursor back."""
        write(b"\x1b7\x1b[%d;1H\x1b[7m %s \x1b[m\x1b[K\x1b8"
              % (self.rows, text.encode()))

    def show(self, over, redraw):
        """Passes keys to the program and its pictures to us until
        over() says that it has ended, or Ctrl-C was pressed twice.
        redraw() asks it for all of its picture.

        QEMU takes Esc and 2 for its own only if they arrive together,
        which no fingers can do.  So an Esc is held back for a moment.
        """
        def resized(*_):
            self.resize()
            redraw()
        signal.signal(signal.SIGWINCH, resized)
        held = asked = None     # when an Esc, when a Ctrl-C was pressed
        told = 0.0              # when the last line was written
        fresh = True            # whether there is a new picture since
        while not over():
            ready = select.select([self.ours, sys.stdin], [], [],
                                  GAP if fresh else LOOK)[0]
            now = time.monotonic()
            if self.ours in ready:
                write(os.read(self.ours, 65536))
                fresh = True
            elif fresh and now - told > TELL and (self.roomy or asked):
                # Between two pictures, lest it split a sequence.
                self.tell("Ctrl-C again: leave" if asked else self.hint)
                told, fresh = now, False
            if asked and now - asked > AGAIN:
                asked, told, fresh = None, 0.0, True
                redraw()        # what the question covered
            if held and now - held > ESC_PATIENCE:
                os.write(self.ours, ESC)
                held = None
            if sys.stdin in ready:
                keys = os.read(sys.stdin.fileno(), 1024)
                if not keys or keys.count(CTRL_C) + bool(asked) > 1:
                    return
                if CTRL_C in keys:
                    asked, told, fresh = now, 0.0, True
                if held:
                    keys, held = ESC + keys, None
                if keys == ESC:
                    held = now
                else:
                    os.write(self.ours, keys)

    def finish(self):
        """Shows what an ending program still draws."""
        while select.select([self.ours], [], [], LOOK)[0]:
            write(os.read(self.ours, 65536))


def write(picture):
    """Shows bytes as they are."""
    os.write(sys.stdout.fileno(), picture)
