"""Starting programs, ending them with all they started, and signals.

Every program that a tool starts comes from start(), so an interrupted
tool leaves nothing running: a signal ends them all, and where `setpriv`
is installed (Linux) the system ends them even if the tool is killed.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

from . import waiting

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 2.0          # seconds for a program to clean up
FLOOD = 1 << 26         # bytes; a program that says more never ends

_running = set()
_lock = threading.Lock()
_setpriv = shutil.which("setpriv")


def cpus():
    """How many processors we may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:      # macOS
        return os.cpu_count() or 1


def start(command, own_group=True, **options):
    """Starts a program, in a process group of its own unless it shares
    our terminal.  The caller ends it, with end() or by waiting."""
    # If we are killed, the system ends what we have started.
    guard = [_setpriv, "--pdeathsig", "KILL", "--"] if _setpriv else []
    process = subprocess.Popen(guard + list(command),
                               start_new_session=own_group, **options)
    process.own_group = own_group
    with _lock:
        _running.difference_update(
            [other for other in _running if other.returncode is not None])
        _running.add(process)
    return process


def end(process, number=signal.SIGKILL):
    """Ends a program with all that it has started; returns its status.
    With another signal than SIGKILL it has a moment to clean up."""
    _send(process, number)
    try:
        process.wait(PATIENCE if number != signal.SIGKILL else None)
    except subprocess.TimeoutExpired:
        pass
    if number != signal.SIGKILL:
        _send(process, signal.SIGKILL)
        process.wait()
    with _lock:
        _running.discard(process)
    return process.returncode


def end_all():
    """Ends every program that still runs; for an interrupted tool."""
    with _lock:
        processes = [process for process in _running
                     if process.returncode is None]
    for process in processes:
        _send(process, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            pass
        _send(process, signal.SIGKILL)


def _send(process, number):
    # The group outlives its leader while something in it still runs.
    try:
        if process.own_group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except (ProcessLookupError, PermissionError):
        pass


@dataclass
class Ended:
    """How a program ended: its status, what it said, whether it had to
    be ended at its limit, the seconds it took."""
    status: int
    output: str
    late: bool
    seconds: float


def run(command, limit=None, most=1 << 20, **options):
    """Runs a program to its end, or to a limit in seconds, with nothing
    to read and its two outputs mixed (stderr= sends one elsewhere); of
    these the first `most` bytes are returned.  A program that floods us,
    and would fill the disk, counts as late."""
    began = time.monotonic()
    options.setdefault("stderr", subprocess.STDOUT)
    with tempfile.TemporaryFile() as output:
        process = start(command, stdin=subprocess.DEVNULL, stdout=output,
                        **options)
        late = False

        def ended():
            if os.fstat(output.fileno()).st_size > FLOOD:
                raise waiting.TooLate
            return process.poll() is not None

        try:
            waiting.until(ended, limit)
        except waiting.TooLate:
            late = True
        finally:
            end(process)
        output.seek(0)
        said = output.read(most).decode("utf-8", "replace")
    return Ended(process.returncode, said, late, time.monotonic() - began)


def interrupt_on_signals():
    """From now on the signals that end a program raise KeyboardInterrupt
    in the main thread: once, since a second would disturb the cleaning
    up."""
    def interrupted(*_):
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt
    for number in ENDING:
        signal.signal(number, interrupted)


def end_with_make():
    """From now on we end when one of the `make`s above us does, even if
    it was killed and could not tell us (Linux 5.3 or newer)."""
    try:
        watched = [os.pidfd_open(pid) for pid in _makes()]
    except (AttributeError, OSError):
        return

    def watch():
        poll = select.poll()
        for process in watched:
            poll.register(process, select.POLLIN)
        poll.poll()
        os.kill(os.getpid(), signal.SIGTERM)
    if watched:
        threading.Thread(target=watch, daemon=True).start()


def _makes():
    """The `make`s that have started us, with shells in between."""
    pid = os.getppid()
    while pid > 1:
        with open("/proc/%d/stat" % pid, encoding="utf-8",
                  errors="replace") as file:
            name, rest = file.read().split("(", 1)[1].rsplit(")", 1)
        if "make" in name:
            yield pid
        elif not name.endswith("sh"):
            return
        pid = int(rest.split()[1])


@contextlib.contextmanager
def uninterrupted():
    """Signals that end a program wait until this is over: for work that
    must be done as a whole or not at all, and is short."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
