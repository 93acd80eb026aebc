"""Boots a kernel's image: `make run`, `make debug` and `make log`.

    python3 tools/run.py run IMAGE [--display window|curses|none]
    python3 tools/run.py debug IMAGE
    python3 tools/run.py log IMAGE

run    in a window, in the terminal, or (where there is neither) without
       a display: then it prints what the kernel shows, and stops
debug  QEMU waits before its first instruction, GDB is attached
log    explains the last exceptions before a reset

The kernel's ELF file lies beside the image.  Environment: DISPLAY_MODE
(as --display), GDB, GDB_FLAGS, and what tools/qemu.py reads.
"""

import argparse
import fcntl
import os
import platform
import pty
import select
import shlex
import signal
import subprocess
import sys
import termios
import time
import tty

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import faults  # noqa: E402
import qemu  # noqa: E402

WINDOWS = ("gtk", "sdl", "cocoa")

STILL = 1.0          # seconds without a change: the kernel is done
ASLEEP = 0.8         # the same of one that sleeps between interrupts
STILL_BEFORE = 3.0   # the same before the kernel is in long mode
BUSY = 4.0           # a kernel whose screen is never still runs so long
RUN_LIMIT = 20       # nothing that we show takes longer
LOG_LIMIT = 10
ESC_PATIENCE = 0.8   # seconds to find the 2 after an Esc
SERIAL_LINES = 100   # of the serial line, the last ones are shown
BATCH_LIMIT = 60     # for GDB when nobody is there to type
LOG_BYTES = 256 << 20


# --- make run ---------------------------------------------------------

def window():
    """The kind of window that QEMU can open here, None without one."""
    offered = qemu.displays()
    for kind in WINDOWS:
        if kind in offered:
            return kind
    return None


def has_desktop():
    """Whether somebody could see a window."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
                or platform.system() == "Darwin")


def has_terminal():
    """Whether somebody sits at a terminal that curses can use."""
    return (sys.stdin.isatty() and sys.stdout.isatty()
            and os.environ.get("TERM", "dumb") != "dumb")


def choose_display(wanted):
    """A QEMU display for `window`, `curses`, `none` or nothing."""
    if wanted == "window":
        kind = window()
        if kind is None:
            raise qemu.QemuError(
                "this QEMU can open no window (it has neither %s): install "
                "qemu-system-gui, or use DISPLAY_MODE=curses"
                % " nor ".join(WINDOWS))
        return kind
    if wanted in ("curses", "none"):
        return wanted
    if wanted:
        raise qemu.QemuError("DISPLAY_MODE is window, curses or none, not "
                             + wanted)
    if has_desktop():
        kind = window()
        if kind is not None:
            return kind
    if has_terminal() and "curses" in qemu.displays():
        return "curses"
    return "none"


def run(image, wanted):
    """Boots the image for people."""
    display = choose_display(wanted)
    if display == "none":
        return run_unseen(image)
    if display == "curses":
        return run_in_terminal(image)
    print("To leave: close QEMU's window, or press Ctrl-C here.  What "
          "follows came over the serial line.", flush=True)
    with qemu.Machine(image, display=display, serial="stdio") as machine:
        wait_for_user(machine)
    return tell_end(machine)


def run_in_terminal(image):
    """Shows the machine's screen in the terminal.  QEMU's monitor is
    the way out, and the serial line has to go elsewhere."""
    serial = os.path.splitext(image)[0] + ".serial.txt"
    print("QEMU takes over this terminal.  To leave it: press Esc, then 2, "
          "and type `quit`.\nThe serial line goes to %s\n"
          "It starts in 2 seconds, or when you press Enter." % serial,
          flush=True)
    if select.select([sys.stdin], [], [], 2)[0]:
        sys.stdin.readline()
    ours, theirs = pty.openpty()
    copy_size(theirs)
    settings = termios.tcgetattr(sys.stdin)
    machine = qemu.Machine(image, display="curses", terminal=theirs,
                           serial=serial, flags=["-monitor", "vc"])
    try:
        with machine:
            os.close(theirs)
            tty.setraw(sys.stdin)

            def resized(*_):
                copy_size(ours)
                machine.process.send_signal(signal.SIGWINCH)
            signal.signal(signal.SIGWINCH, resized)
            relay(ours, machine)
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)
    print()
    return tell_end(machine)


def copy_size(terminal):
    """Makes another terminal as large as ours."""
    size = fcntl.ioctl(sys.stdin, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)


def relay(terminal, machine):
    """Passes keys to QEMU and its pictures to us until it ends.

    QEMU takes Esc and 2 for its own only if they arrive together, which
    no fingers can do.  So we hold an Esc back for a moment.
    """
    held = False
    while True:
        ready = select.select([terminal, sys.stdin], [], [],
                              ESC_PATIENCE if held else None)[0]
        if not ready:
            os.write(terminal, b"\x1b")
            held = False
        if terminal in ready:
            try:
                picture = os.read(terminal, 65536)
            except OSError:
                picture = b""
            if not picture:
                break
            os.write(sys.stdout.fileno(), picture)
        if sys.stdin in ready:
            keys = os.read(sys.stdin.fileno(), 1024)
            if not keys:
                break  # the terminal is gone
            if held:
                keys = b"\x1b" + keys
            held = keys == b"\x1b"
            if not held:
                os.write(terminal, keys)
    machine.alive()


def wait_for_user(machine):
    """Waits for the end of a machine that somebody is looking at."""
    # Ctrl-C ends QEMU, which we then notice.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    machine.wait_exit(None)


def tell_end(machine):
    """Says how the machine ended, if it was not its user; the status."""
    if machine.shutdown_reason == "guest-reset":
        print("The machine was reset.  `make log` explains why.")
        return 1
    if machine.status and not (machine.shutdown_reason or "").startswith(
            "host"):
        print("QEMU has ended: %s." % machine.how_it_ended())
        return 0 if machine.status == qemu.EXIT_SUCCESS else 1
    return 0


def run_unseen(image):
    """Boots the image without a display and prints what it shows."""
    with qemu.Machine(image, stay=True) as machine:
        finish = wait_until_still(machine)
        screen = machine.screen().text if machine.alive() else None
        serial = last_lines(machine.serial())
        if screen:
            print("On the screen:\n\n%s\n" % screen)
        elif screen is not None:
            print("The screen is empty.\n")
        if serial.strip():
            print("On the serial line:\n\n%s\n" % serial.strip("\n"))
        if finish is not None:
            print(finish)
            return 0
        return tell_end(machine)


def last_lines(text):
    """The end of a text that nobody would read from the beginning."""
    lines = text.rstrip("\n").split("\n")
    if len(lines) <= SERIAL_LINES:
        return text
    return "\n".join(["(%d lines left out)" % (len(lines) - SERIAL_LINES)]
                     + lines[-SERIAL_LINES:])


def wait_until_still(machine):
    """Waits until the kernel has shown what it has to show.  A sentence
    on how that was seen; None if the machine ended by itself."""
    start = last_change = time.monotonic()
    slow = qemu.slowness() * min(2.0, qemu.busyness())
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


# --- make debug -------------------------------------------------------

def debug(image):
    """Boots the image under GDB."""
    elf = elf_of(image)
    gdb = qemu.find_gdb()
    extra = shlex.split(os.environ.get("GDB_FLAGS") or "")
    display = window() if has_desktop() else None
    machine = qemu.Machine(image, paused=True, gdb=True,
                           display=display or "none")
    # Ctrl-C is for GDB: it stops the kernel.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with machine:
        # Software breakpoints would need memory that GRUB has not yet
        # filled; QEMU's own emulation does without memory.
        stop = "break" if machine.accel.startswith("tcg") else "hbreak"
        command = [gdb, "-q", elf, "-ex", "set confirm off",
                   "-ex", "target remote " + machine.gdb_socket,
                   "-ex", stop + " kernel_main"] + extra
        if "-batch" not in extra:
            print("The machine waits before its first instruction.  "
                  "`continue` runs to kernel_main;\n`quit` ends GDB and "
                  "QEMU.", flush=True)
        process = subprocess.Popen(command, preexec_fn=default_interrupts)
        try:
            return process.wait(qemu.limit(BATCH_LIMIT) if "-batch" in extra
                                else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise qemu.LimitPassed(
                "GDB did not come to an end; does its last `continue` "
                "reach a breakpoint?") from None


def default_interrupts():
    """GDB must not inherit that we ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


# --- make log ---------------------------------------------------------

def log(image):
    """Boots the image with QEMU's log and explains what happened."""
    elf = elf_of(image)
    path = os.path.splitext(image)[0] + ".qemu.log"
    with qemu.Machine(image, stay=True, log="int,cpu_reset") as machine:
        finish = wait_for_reset(machine)
        place = None
        screen = ""
        if machine.alive():
            place = machine.registers()["rip"]
            screen = machine.screen().text
        serial = last_lines(machine.serial())
        machine.close()
        text, total = machine.log(), machine.log_bytes()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    show_log(finish, faults.Log(text), faults.Symbols(elf), place)
    if screen:
        print("\nOn the screen:\n\n" + qemu.indent(screen))
    if serial.strip():
        print("\nOn the serial line:\n\n" + qemu.indent(serial.strip("\n")))
    kept = len(text.encode())
    print("\nQEMU's log is in %s%s." % (path, "" if total <= kept else (
        ", its last %d KiB of %d KiB" % (kept >> 10, total >> 10))))
    return 0


def wait_for_reset(machine):
    """Waits for the end of the machine; a sentence on how it ended, None
    for a reset."""
    allowed = qemu.limit(LOG_LIMIT)
    start = time.monotonic()
    while True:
        try:
            machine.wait_exit(0.05, scaled=False)
        except qemu.LimitPassed:
            if machine.log_bytes() > LOG_BYTES:
                return ("QEMU was stopped after %d MiB of log."
                        % (machine.log_bytes() >> 20))
            if time.monotonic() - start > allowed:
                return ("QEMU was stopped after %.0f s; the kernel still "
                        "ran." % allowed)
            if machine.halted_for_ever():
                return "The kernel halted, with interrupts off."
            continue
        if machine.shutdown_reason == "guest-reset":
            return None
        return "QEMU has ended: %s." % machine.how_it_ended()


def show_log(finish, record, symbols, place):
    """Prints the explanation."""
    if finish is None:
        print("\n".join(faults.explain_reset(record, symbols)))
        return
    print("No reset happened.  " + finish)
    if place is not None:
        print("It was at %s." % symbols.place(place))
    told = faults.explain_faults(record, symbols)
    if told:
        print("\nThe last exceptions and interrupts before that:\n")
        print("\n".join("    " + line for line in told))
    else:
        print("The kernel took no exception and no interrupt.")


# --- The program ------------------------------------------------------

def elf_of(image):
    """The ELF file that belongs to an image."""
    elf = os.path.splitext(image)[0] + ".elf"
    for path in (image, elf):
        if not os.path.exists(path):
            raise qemu.QemuMissing("%s does not exist: run make first"
                                   % path)
    return elf


def main():
    """Does what the command line asks for; the exit status."""
    parser = argparse.ArgumentParser(description="Boots a kernel in QEMU.")
    parser.add_argument("command", choices=("run", "debug", "log"))
    parser.add_argument("image", help="the image, beside its ELF file")
    parser.add_argument("--display", metavar="MODE",
                        default=os.environ.get("DISPLAY_MODE"),
                        help="window, curses or none")
    options = parser.parse_args()

    def interrupted(*_):
        # Once is enough: the second would disturb the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        if options.command == "run":
            status = run(options.image, options.display)
        elif options.command == "debug":
            status = debug(options.image)
        else:
            status = log(options.image)
        sys.stdout.flush()
        return status
    except qemu.QemuError as error:
        print("make %s: %s" % (options.command, error), file=sys.stderr)
        return 1
    except BrokenPipeError:     # `make run | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
