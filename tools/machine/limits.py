"""How long things may take on this machine, as busy as it is."""

import math
import os
import platform
import resource
import tempfile
import threading
import time

from common import files, processes
from common.memory import Memory

from .errors import QemuError
from .programs import find_qemu

# A boot sector that counts down from 40 million and leaves through the
# exit port.  It needs nothing of ours, so it says how fast this machine
# is even when our own kernel hangs.
CALIBRATION_CODE = bytes.fromhex(
    "66b9005a6202"  # mov ecx, 40000000
    "6649" "75fc"   # dec ecx; jnz to it
    "b010" "e6f4"   # mov al, 0x10; out 0xf4, al
    "f4")           # hlt
# What it takes on the machine where the limits were chosen.
CALIBRATION_SECONDS = 0.16
DAY = 86400

_slowness = None
_slowness_lock = threading.Lock()


def limit(seconds):
    """A time limit for this machine: never shorter than `seconds`,
    longer where QEMU is slow or other programs keep the processors
    busy.  TIMEOUT replaces it."""
    return _number("TIMEOUT") or seconds * slowness() * busyness()


def busyness():
    """How many programs compete for each processor: from 1 to 4, lest
    a hanging test on a busy machine takes minutes to be noticed."""
    try:
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        return min(4.0, max(1.0, load))
    except OSError:
        return 1.0


def slowness():
    """How many times slower than the reference QEMU runs here; at least
    1.  Measured by a boot, once a day; SLOWNESS replaces it."""
    global _slowness
    with _slowness_lock:
        told = _number("SLOWNESS")
        if told:
            return max(1.0, told)
        if _slowness is None:
            _slowness = _remembered_slowness()
        return _slowness


def _number(variable):
    """A variable's number, None if it is not set."""
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise QemuError("%s is a number above 0, for instance 10, and not %s"
                        % (variable, ascii(text)))
    return value


def _remembered_slowness():
    memory = Memory("slowness")
    key = files.digest(platform.node(), find_qemu(), _accelerator())
    known = memory.recall(key)
    if known is None or time.time() - known["when"] > DAY:
        known = {"when": time.time(), "seconds": calibrate()}
        memory.remember(key, known)
    return max(1.0, known["seconds"] / CALIBRATION_SECONDS)


def _accelerator():
    return os.environ.get("ACCEL") or "tcg"


def calibrate():
    """Boots the calibration sector; returns the seconds of processor
    time that QEMU took: how busy the machine is does not matter."""
    with tempfile.TemporaryDirectory(prefix="qemu-") as directory:
        image = os.path.join(directory, "calibration.img")
        files.write(image, CALIBRATION_CODE.ljust(510, b"\0") + b"\x55\xaa"
                    + bytes(512 * 1024 - 512))
        start = _children_seconds()
        # A machine that is 200 times slower is ended; the limits say so.
        processes.run(
            [find_qemu(), "-accel", _accelerator(), "-m", "128M",
             "-nodefaults", "-display", "none", "-no-reboot",
             "-drive", "format=raw,if=ide,file=" + image.replace(",", ",,"),
             "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"], 60)
        return _children_seconds() - start


def _children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
