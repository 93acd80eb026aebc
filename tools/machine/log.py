"""`make log`: boots an image, and explains the last exceptions."""

import os
import time

from common import files
from common.terminal import indented, say

from . import faults, qemu
from .show import shortened

LIMIT = 10
ASLEEP = 1.0            # seconds without a change of a kernel that sleeps
STILL = 3.0             # the same of one that does not
LOG_BYTES = 256 << 20


def log(image):
    """Boots the image with QEMU's log and explains what happened."""
    base = os.path.splitext(image)[0]
    with qemu.Machine(image, stay=True, log="int,cpu_reset") as machine:
        finish = wait_for_reset(machine)
        place, screen = None, ""
        if machine.alive():
            place = machine.registers()["rip"]
            screen = machine.screen().text
        serial = machine.serial()
        machine.close()
        text, total = machine.log(), machine.log_bytes()
    files.write(base + ".qemu.log", text)
    explain(finish, faults.Log(text), faults.Symbols(base + ".elf"), place)
    for name, shown in (("screen", screen), ("serial line", serial)):
        if shown.strip():
            say("\nOn the %s:\n\n%s" % (name, indented(shortened(shown))))
    kept = len(text.encode())
    say("\nQEMU's log is in %s.qemu.log%s." % (base, "" if total <= kept else (
        ", its last %d KiB of %d KiB" % (kept >> 10, total >> 10))))
    return 0


def wait_for_reset(machine):
    """Waits for the end of the machine; a sentence on how it ended, None
    for a reset."""
    allowed = qemu.limit(LIMIT)
    rest = qemu.Rest(ASLEEP * qemu.slowness())
    still = STILL * qemu.slowness() * qemu.busyness()
    if os.environ.get("TIMEOUT"):
        still = allowed         # which was asked for
    start = changed = time.monotonic()
    shown = None
    while True:
        try:
            machine.wait_exit(0.05, scaled=False)
        except qemu.LimitPassed:
            if machine.log_bytes() > LOG_BYTES:
                return ("QEMU was stopped after %d MiB of log."
                        % (machine.log_bytes() >> 20))
            now = time.monotonic()
            showing = (machine.log_bytes(), machine.serial_size(),
                       machine.screen_memory())
            if showing != shown:
                shown, changed = showing, now
            if now - start > allowed:
                return ("QEMU was stopped after %.0f s; the kernel still "
                        "ran." % allowed)
            if now - changed > still:
                return ("Nothing has changed for %.0f s; the kernel still "
                        "ran." % still)
            if rest.look(machine):
                return ("The kernel halted, with interrupts off."
                        if rest.for_ever else
                        "The kernel sleeps, and waits for interrupts.")
            continue
        if machine.shutdown_reason == "guest-reset":
            return None
        return "QEMU has ended: %s." % machine.how_it_ended()


def explain(finish, record, symbols, place):
    """Prints the explanation."""
    if finish is None:
        say("\n".join(faults.explain_reset(record, symbols)))
        return
    say("No reset happened.  " + finish)
    if place is not None:
        say("It was at %s." % symbols.place(place))
    told = faults.explain_faults(record, symbols)
    if told:
        say("\nThe last exceptions and interrupts before that:\n")
        say("\n".join("    " + line for line in told))
    else:
        say("The kernel took no exception and no interrupt.")
