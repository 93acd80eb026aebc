"""A virtual PC, started with QEMU and looked at from outside.

    with qemu.Machine("build/03-vga/kernel.iso") as machine:
        machine.wait_screen("Hello World!")
        print(machine.screen().text)

The tests, `make run` and the proof of the book all start the same
machine through this module.  Everything of a run lies in a short
temporary directory.  Leaving the `with` block always ends QEMU and
removes that directory; so does the end of the tool, however it ends.

Environment: QEMU (the program), QEMU_FLAGS (added to every machine),
MEMORY, ACCEL, TIMEOUT (replaces every time limit), GDB, SLOWNESS (what
slowness() would measure).
"""

import os
import shutil
import subprocess
import tempfile
import time

from common import files, processes, waiting
from common.terminal import indented as indent, visible

from . import arguments
from .errors import (EXIT_FAILURE, EXIT_SUCCESS, LimitPassed,
                     MachineEnded, QemuError, QemuMissing, StartFailed,
                     describe_end)
from .keys import parse_keys, type_slowly
from .limits import busyness, calibrate, limit, slowness
from .programs import displays, find_gdb, find_qemu, flags_in
from .qmp import Connection, parse_registers
from .rest import REST, Rest
from .screen import (COLUMNS, ROWS, SCREEN_ADDRESS, SCREEN_SIZE, Screen,
                     glyph)
from .tail import LogTail

# What other tools call by `qemu.NAME`, and nothing here does.
__all__ = ["COLUMNS", "EXIT_FAILURE", "EXIT_SUCCESS", "ROWS", "calibrate",
           "displays", "glyph", "parse_registers", "slowness"]

SAID = 2000     # characters of the serial line in a complaint


class Machine:
    """A PC that boots `image`, from CD or (disk=True) as a raw disk.

    memory, machine, cpu, accel   as QEMU's flags of these names
    flags          more flags for QEMU, a list
    no_reboot      a reset ends QEMU with status 0 (else it boots again)
    stay           when the machine ends, keep it stopped for inspection
    paused         do not start the processor yet
    gdb            listen for GDB at .gdb_socket
    log            what QEMU writes about the processor (`-d`); the last
                   log_size bytes are kept, see .log()
    display        a QEMU display; the default is none
    terminal       a terminal's file descriptor, for display="curses"
    serial         a file for the serial line; see .serial()
    environment    heed QEMU_FLAGS, MEMORY and ACCEL
    """

    def __init__(self, image, *, disk=False, memory=None, machine="pc",
                 cpu=None, accel=None, flags=(), no_reboot=True, stay=False,
                 paused=False, gdb=False, log=None, log_size=2 << 20,
                 display="none", terminal=None, serial=None,
                 environment=True):
        get = os.environ.get if environment else lambda name: None
        self.image = os.path.abspath(image)
        self.disk = disk
        self.memory_size = memory or get("MEMORY") or "128M"
        self.machine = machine
        self.cpu = cpu
        self.accel = accel or get("ACCEL") or "tcg"
        self.flags = list(flags)
        if environment:
            self.flags = flags_in("QEMU_FLAGS") + self.flags
        self.no_reboot = no_reboot
        self.stay = stay
        self.paused = paused
        self.gdb = gdb
        self.log_items = log
        self.display = display
        self.terminal = terminal
        self.serial_target = serial and os.path.abspath(serial)
        self.process = None
        self.directory = None
        self.status = None           # the exit status, once it has ended
        self.rest = None             # what wait_rest() saw last
        self._qmp = None
        self.tail = LogTail(log_size) if log else None

    # Starting and ending

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def start(self):
        """Starts QEMU, unless it runs already; returns the machine."""
        if self.process is not None:
            return self
        if not os.path.exists(self.image):
            raise QemuMissing("%s does not exist: run make first"
                              % os.path.relpath(self.image))
        program = find_qemu()
        self.directory = short_directory()
        try:
            self._start(program)
        except BaseException:
            self.close()
            raise
        return self

    def _start(self, program):
        self._qmp = Connection(self.path("qmp"))
        ours = (subprocess.DEVNULL if self.terminal is None
                else self.terminal)
        with open(self.path("stderr"), "wb") as errors:
            self.process = processes.start(
                [program] + self.arguments(), stdin=ours, stdout=ours,
                stderr=errors,
                pass_fds=[self.tail.writing] if self.tail else [])
        if self.tail:
            self.tail.begin()
        try:
            waiting.until(self._connected, 30 * busyness(),
                          "QEMU has not connected")
            self.qmp("qmp_capabilities")
        except waiting.TooLate as late:
            raise LimitPassed(str(late)) from None
        except MachineEnded:
            raise StartFailed("QEMU ended at once (status %d): %s" % (
                self.status, self.errors().strip() or "no message"
            )) from None

    def _connected(self):
        if not self.alive():
            raise MachineEnded
        return self._qmp.accept(0.05)

    def arguments(self):
        """QEMU's arguments, without the program's name."""
        return arguments.of(self)

    @property
    def gdb_socket(self):
        """Where GDB reaches the machine: `target remote PATH`."""
        return self.path("gdb")

    @property
    def shutdown_reason(self):
        """QEMU's word for why the machine ended, None before."""
        return self._qmp.reason if self._qmp else None

    def path(self, name):
        """A path in this run's directory."""
        return os.path.join(self.directory, name)

    def close(self):
        """Ends QEMU and removes its directory; may be called twice."""
        if self.process is not None and self.status is None:
            processes.end(self.process)
            self._ended()
        if self._qmp is not None:
            self._qmp.close()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _ended(self):
        """Notes down what is left when the process has ended."""
        self.status = self.process.wait()
        while self._qmp.receive(0):
            pass
        if self.tail is not None:
            self.tail.finish()

    def alive(self):
        """Whether QEMU still runs."""
        if self.process is None or self.status is not None:
            return False
        if self.process.poll() is None:
            return True
        self._ended()
        return False

    def errors(self):
        """What QEMU itself said on its standard error."""
        return files.read_text(self.path("stderr"))

    def log(self):
        """The end of what QEMU logged, log_size bytes at most."""
        return self.tail.text() if self.tail is not None else ""

    def log_bytes(self):
        """How many bytes QEMU has logged, kept or not."""
        return self.tail.total if self.tail is not None else 0

    def qmp(self, command, **arguments):
        """Sends a QMP command and returns its answer."""
        if self.alive():
            try:
                return self._qmp.ask(command, arguments, 60 * busyness())
            except EOFError:
                self._ended()
        raise MachineEnded("QEMU has ended (%s)" % self.how_it_ended())

    def monitor(self, command):
        """Sends a command to QEMU's monitor for people; its answer."""
        answer = self.qmp("human-monitor-command", **{"command-line": command})
        return answer.replace("\r\n", "\n")

    # Looking at it

    def memory(self, address, size, virtual=False):
        """Bytes of physical memory, or of what the processor sees."""
        path = self.path("memory")
        if virtual and address >= 1 << 63:
            # The protocol takes signed numbers; the upper half is ours.
            address -= 1 << 64
        self.qmp("memsave" if virtual else "pmemsave",
                 val=address, size=size, filename=path)
        data = files.read(path)
        if len(data) != size:
            raise QemuError("QEMU could not write to %s: is there space?"
                            % self.directory)
        return data

    def screen_memory(self):
        """The cells of the text screen, as they lie in memory."""
        return self.memory(SCREEN_ADDRESS, SCREEN_SIZE)

    def screen(self):
        """What the text screen shows now."""
        return Screen(self.screen_memory())

    def serial(self):
        """What the machine has sent over its serial line so far."""
        return files.read_text(self.serial_path).replace("\r", "\n")

    def serial_size(self):
        """How many bytes the machine has sent so far."""
        try:
            return os.path.getsize(self.serial_path)
        except OSError:
            return 0

    @property
    def serial_path(self):
        """The file that the serial line goes to."""
        return self.serial_target or self.path("serial")

    def registers(self):
        """The processor's registers by name in lower case: rax, rip,
        rflags, cs, cr0, efer, idt, idt_limit, hlt, …"""
        return parse_registers(self.monitor("info registers"))

    def halted_for_ever(self):
        """Whether the processor sleeps with interrupts off: nothing
        that happens inside the machine will ever wake it."""
        registers = self.registers()
        return registers.get("hlt") == 1 and not registers["rflags"] & 0x200

    # Typing

    def key(self, *names):
        """Presses keys together and lets them go: key("shift", "a")."""
        self.press(*names)
        self.release(*reversed(names))

    def press(self, *names):
        """Presses keys and holds them."""
        self._send_keys(names, True)

    def release(self, *names):
        """Lets keys go."""
        self._send_keys(names, False)

    def _send_keys(self, names, down):
        # The send-key command loses keys unless it is paced.
        self.qmp("input-send-event", events=[
            {"type": "key", "data": {"down": down, "key": {
                "type": "qcode", "data": name}}} for name in names])

    def type(self, text, echoed=None, ahead=3, seconds=10):
        """Types on a US keyboard; for the notation see parse_keys().

        With `echoed`, a function that returns how many of these keys the
        kernel has answered so far, the typing is never more than `ahead`
        keys in front.  Without it, it waits after each key until the
        kernel has taken it.
        """
        if echoed is None:
            type_slowly(self, text)
            return
        for count, names in enumerate(parse_keys(text)):
            self.wait(lambda: echoed() > count - ahead, seconds,
                      lambda: "the kernel answered %d of %d keys"
                      % (echoed(), count))
            self.key(*names)

    # Waiting

    def wait(self, condition, seconds, complaint):
        """Waits until `condition()` is true, and returns what it did."""
        def look():
            alive = self.alive()
            found = condition()
            if not found and not alive:
                raise MachineEnded("QEMU has ended (%s), and %s"
                                   % (self.how_it_ended(), complaint()))
            return found
        try:
            return waiting.until(look, limit(seconds), complaint)
        except waiting.TooLate as late:
            raise LimitPassed(str(late)) from None

    def wait_rest(self, seconds=20, window=REST):
        """Waits until the machine has come to rest (see Rest, which is
        returned); LimitPassed says why it has not."""
        self.rest = Rest(window)
        self.wait(lambda: self.rest.look(self), seconds,
                  lambda: "the kernel did not come to rest: "
                  + self.rest.complaint())
        return self.rest

    def wait_screen(self, wanted, seconds=10):
        """Waits until the screen shows a text, or until a function of
        the Screen returns true; returns the Screen."""
        last = []

        def look():
            last[:] = [self.screen()]
            return _fits(wanted, last[0], last[0].text)

        self.wait(look, seconds, lambda: "the screen does not show %s; it "
                  "shows:\n%s" % (_named(wanted),
                                  indent(last[0].text if last else "")))
        return last[0]

    def wait_serial(self, wanted, seconds=10):
        """Waits until a text came over the serial line, or a function
        of that text returns true; returns all that came."""
        def look():
            text = self.serial()
            return _fits(wanted, text, text)

        self.wait(look, seconds, lambda: "the serial line does not say %s; "
                  "it says:\n%s" % (_named(wanted), indent(
                      visible(self.serial()[-SAID:]))))
        return self.serial()

    def wait_exit(self, seconds=10, scaled=True):
        """Waits until QEMU ends, or (stay=True) until the machine has
        shut down; returns the exit status, None for a machine that
        stays.  `seconds=None` waits for ever."""
        deadline = None
        if seconds is not None:
            deadline = time.monotonic() + (limit(seconds) if scaled
                                           else seconds)
        while self.status is None:
            left = 3600.0
            if deadline is not None:
                left = deadline - time.monotonic()
            if self.stay and self.shutdown_reason is not None:
                return None
            if left <= 0:
                raise LimitPassed("the machine still ran at its limit")
            if not self._qmp.receive(left):
                self._ended()
        return self.status

    def how_it_ended(self):
        """The end of the machine in words."""
        return describe_end(self.status, self.shutdown_reason)


def short_directory():
    """A new directory for a run; the path of a socket in it must stay
    below about 100 characters."""
    parent = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="qemu-",
                            dir="/tmp" if len(parent) > 60 else parent)


def _fits(wanted, seen, text):
    return wanted in text if isinstance(wanted, str) else wanted(seen)


def _named(wanted):
    return repr(wanted) if isinstance(wanted, str) else "what it must"
