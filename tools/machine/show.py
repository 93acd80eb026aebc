"""`make run`: boots an image for people."""

import codecs
import os
import platform
import re
import select
import signal
import sys
import time

from common import waiting
from common.terminal import say, visible

from . import qemu
from .frame import Frame

WINDOWS = ("gtk", "sdl", "cocoa")

STILL = 1.0          # seconds without a change: the kernel is done
ASLEEP = 0.8         # the same of one that sleeps between interrupts
STILL_BEFORE = 6.0   # the same before the kernel is in long mode
BUSY = 4.0           # a kernel whose screen is never still runs so long
RUN_LIMIT = 20       # nothing that we show takes longer
SERIAL_LINES = 100   # of the serial line, the last ones are shown
LINE = 1000          # characters of one line

RESET = "The machine was reset.  `make log` explains why."


# --- Which display ----------------------------------------------------

def has_desktop():
    """Whether there is a desktop that could show a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
                or platform.system() == "Darwin")


def has_terminal():
    """Whether we are at a terminal that curses can use."""
    return (sys.stdin.isatty() and sys.stdout.isatty()
            and os.environ.get("TERM", "dumb") != "dumb")


def choices(wanted):
    """The displays to try, in this order, for `window`, `curses`, `none`
    or nothing."""
    if wanted not in (None, "", "window", "curses", "none"):
        raise qemu.QemuError("DISPLAY_MODE is window, curses or none, not "
                             + wanted)
    if wanted in ("curses", "none"):
        if wanted == "curses" and not has_terminal():
            raise qemu.QemuError(
                "DISPLAY_MODE=curses needs a terminal to draw on; "
                "DISPLAY_MODE=none prints what the kernel shows")
        return [wanted]
    offered = qemu.displays()
    windows = [kind for kind in WINDOWS if kind in offered]
    if wanted == "window":
        if not windows:
            raise qemu.QemuError(
                "this QEMU can't open a window (it has neither %s): install "
                "qemu-system-gui, or use DISPLAY_MODE=curses"
                % " nor ".join(WINDOWS))
        return windows
    if not has_desktop():
        windows = []
    curses = ["curses"] if has_terminal() and "curses" in offered else []
    return windows + curses + ["none"]


def try_displays(displays, image, work):
    """What work(display) returns for the first of the displays that can
    be opened."""
    for display in displays:
        try:
            return work(display)
        except qemu.StartFailed as error:
            if display not in WINDOWS:
                raise
            # What fails without the window, too, is not about it.
            with qemu.Machine(image, paused=True):
                reason = str(error).splitlines()[-1].split("): ", 1)[-1]
        if display == displays[-1]:
            break
        if displays[displays.index(display) + 1] not in WINDOWS:
            say("QEMU can't open a window here (%s); DISPLAY_MODE=curses or "
                "none doesn't try to." % reason, sys.stderr)
    raise qemu.QemuError(
        "QEMU can't open a window here (%s): DISPLAY_MODE=curses shows the "
        "machine in the terminal, DISPLAY_MODE=none prints what it shows"
        % reason)


# --- With somebody who looks ------------------------------------------

def run(image, wanted):
    """Boots the image for people; the exit status."""
    def work(display):
        if display == "none":
            return run_unseen(image)
        if display == "curses":
            return run_in_terminal(image)
        return run_in_window(image, display)
    return try_displays(choices(wanted), image, work)


def for_people(image, **options):
    """A machine with QEMU's monitor at hand, which starts again when its
    kernel asks for it.

    QEMU resets it after a triple fault just the same, and says so in its
    log only: there fell() looks.  Other accelerators say nothing.
    """
    machine = qemu.Machine(image, log="cpu_reset", log_size=1 << 16,
                           flags=["-monitor", "vc"], **options)
    machine.no_reboot = (not machine.accel.startswith("tcg")
                         or "-no-reboot" in machine.flags)
    return machine


def fell(machine):
    """Whether a triple fault of the kernel has reset the machine.

    The firmware makes one, too, on the way through a reset that was
    asked for (SeaBIOS, tryReboot); but without paging, below 1 MiB.
    """
    for part in machine.log().split("Triple fault")[1:]:
        if machine.no_reboot:
            return True
        # What follows is the state of the processor, at each reset.
        registers = qemu.parse_registers("".join(
            part.split("CPU Reset")[1:2]))
        if (registers.get("cr0", 0) & 1 << 31
                or registers.get("rip", 0) >= 1 << 20):
            return True
    return False


def run_in_window(image, display):
    """Shows the machine in a window, and its serial line here."""
    with for_people(image, display=display) as machine:
        say("To leave: close QEMU's window, or press Ctrl-C here.  What "
            "follows came over the serial line.")
        try:
            follow_serial(machine)
        except KeyboardInterrupt:
            say()
            return 0
        return tell_end(machine)


def follow_serial(machine):
    """Prints what comes over the serial line until the machine ends."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open(machine.serial_path, "rb") as line:
        def look():
            ended = fell(machine) or not machine.alive()
            # A kernel may move the cursor in a line, and no farther.
            for part in re.split("([\b\r])", decoder.decode(line.read())):
                sys.stdout.write(part if part in ("\b", "\r")
                                 else visible(part))
            sys.stdout.flush()
            return ended
        waiting.until(look, None, step=0.05)


def announce(program, image):
    """Says what is about to happen to the terminal; the file that the
    serial line goes to, since it can't be shown there, too."""
    serial = os.path.splitext(image)[0] + ".serial.txt"
    say("%s takes over this terminal; press Ctrl-C twice to leave it.\n"
        "The serial line goes to %s\n"
        "It starts in 2 seconds, or when you press Enter."
        % (program, serial))
    if select.select([sys.stdin], [], [], 2)[0]:
        sys.stdin.readline()
    return serial


def run_in_terminal(image):
    """Shows the machine's screen in the terminal; the status."""
    serial = announce("QEMU", image)
    with Frame("Ctrl-C twice: leave    Esc, then 2: QEMU's monitor, "
               "Esc, then 1: back") as frame:
        with for_people(image, display="curses", terminal=frame.theirs,
                        serial=serial) as machine:
            frame.show(
                lambda: fell(machine) or not machine.alive(),
                lambda: machine.process.send_signal(signal.SIGWINCH))
            try:
                machine.qmp("quit")     # it leaves the terminal tidy
            except qemu.MachineEnded:
                pass
            frame.finish()
    return tell_end(machine)


def tell_end(machine):
    """Says how the machine ended, if it was not its user; the status."""
    reset = machine.shutdown_reason == "guest-reset"
    machine.close()             # from now on its log is whole
    if fell(machine) or reset and not machine.accel.startswith("tcg"):
        say(RESET)
        return 1
    if reset:
        say("The kernel asked for a reset, and QEMU was stopped.")
        return 0
    if machine.shutdown_reason == "guest-shutdown":
        say("The kernel switched the machine off.")
        return 0
    if machine.status and not (machine.shutdown_reason or "").startswith(
            "host"):
        say("QEMU has ended: %s." % machine.how_it_ended())
        return 0 if machine.status == qemu.EXIT_SUCCESS else 1
    return 0


# --- With nobody who looks --------------------------------------------

def run_unseen(image):
    """Boots the image without a display and prints what it shows."""
    with qemu.Machine(image, stay=True, log="cpu_reset") as machine:
        finish = wait_until_still(machine)
        show_text("screen", machine.screen().text if machine.alive() else "")
        show_text("serial line", machine.serial())
        if finish is not None:
            say(finish)
            return 0
        return tell_end(machine)


def show_text(place, text):
    """Prints what a kernel shows, but nothing that drives our terminal,
    and no more than can be read."""
    text = shortened(text)
    if text:
        say("On the %s:\n\n%s\n" % (place, text))
    elif place == "screen":
        say("The screen is empty.\n")


def shortened(text):
    """The end of a text that is too long to be read from the beginning,
    with its control characters visible."""
    lines = text.strip("\n").split("\n")
    left_out = len(lines) - SERIAL_LINES
    lines = ["(%d lines left out)" % left_out] * (left_out > 0) + [
        line if len(line) <= LINE else line[:LINE] + "…"
        for line in lines[-SERIAL_LINES:]]
    return visible("\n".join(lines)).rstrip()


def wait_until_still(machine):
    """Waits until the kernel has shown what it has to show.  A sentence
    on how that was seen; None if the machine ended by itself."""
    start = last_change = time.monotonic()
    slow = qemu.slowness() * qemu.busyness()
    allowed = qemu.limit(RUN_LIMIT)
    rest = qemu.Rest(ASLEEP * qemu.slowness())
    shown = None
    arrived = None  # when the processor was first seen in long mode
    while True:
        try:
            machine.wait_exit(0.05, scaled=False)
            return None
        except qemu.LimitPassed:
            pass
        if rest.look(machine):
            if rest.for_ever:
                return "The kernel has halted; QEMU was stopped."
            return "The kernel waits for interrupts; QEMU was stopped."
        now = time.monotonic()
        if arrived is None and rest.registers["efer"] & 0x400:
            arrived = now
        showing = (machine.screen().cells, machine.serial_size())
        if showing != shown:
            shown, last_change = showing, now
        still = (STILL if arrived else STILL_BEFORE) * slow
        if now - last_change > still:
            return ("Nothing has changed for %.0f s; QEMU was stopped."
                    % still)
        if (arrived and now - arrived > BUSY * slow
                or now - start > allowed):
            return "The kernel still ran when QEMU was stopped."
