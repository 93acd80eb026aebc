"""A virtual PC, started with QEMU and looked at from outside.

    with Machine("build/03-vga/kernel.iso") as machine:
        machine.wait_screen("Hello World!")
        print(machine.screen().text)

The tests, `make run` and the proof of the book all start the same
machine through this module.  QEMU answers questions over a socket of
its machine protocol (QMP), which lies with everything else of a run in
a short temporary directory.  Leaving the `with` block always ends QEMU
and removes that directory.

Environment: QEMU (the program), QEMU_FLAGS (added to every machine),
MEMORY, ACCEL, TIMEOUT (replaces every time limit), GDB, SLOWNESS (what
slowness() would measure).
"""

import json
import os
import platform
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# A value v written to the exit port ends QEMU with status 2v + 1.
EXIT_SUCCESS = 33
EXIT_FAILURE = 35

COLUMNS = 80
ROWS = 25
SCREEN_ADDRESS = 0xB8000

# The text screen has glyphs where ASCII has control characters.
LOW_GLYPHS = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"


class QemuError(Exception):
    """Something is wrong with QEMU or with what it was asked."""


class QemuMissing(QemuError):
    """There is no QEMU, or no image for it to boot."""


class MachineEnded(QemuError):
    """QEMU ended while somebody still waited for the machine."""


class LimitPassed(QemuError):
    """What was waited for did not happen in time."""


# --- Time -------------------------------------------------------------

# A boot sector that counts down from 40 million and leaves through
# the exit port.  It needs nothing of ours, so it says how fast this
# machine is even when our own kernel hangs.
CALIBRATION_CODE = bytes.fromhex(
    "66b9005a6202"  # mov ecx, 40000000
    "6649" "75fc"   # dec ecx; jnz to it
    "b010" "e6f4"   # mov al, 0x10; out 0xf4, al
    "f4")           # hlt
# What it takes on the machine where the limits were chosen.
CALIBRATION_SECONDS = 0.16

_slowness = None
_slowness_lock = threading.Lock()


def limit(seconds):
    """A time limit for this machine: never shorter than `seconds`,
    longer where QEMU is slow or others keep the processors busy."""
    override = os.environ.get("TIMEOUT")
    if override:
        try:
            return float(override)
        except ValueError:
            raise QemuError("TIMEOUT is a number of seconds, not %r"
                            % override) from None
    return seconds * slowness() * busyness()


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
    1.  Measured by a boot, once a day, and remembered in build/; or told
    by somebody who has measured it."""
    global _slowness
    with _slowness_lock:
        if os.environ.get("SLOWNESS"):
            try:
                return max(1.0, float(os.environ["SLOWNESS"]))
            except ValueError:
                raise QemuError("SLOWNESS is a number, not %r"
                                % os.environ["SLOWNESS"]) from None
        if _slowness is None:
            _slowness = _remembered_slowness()
        return _slowness


def _remembered_slowness():
    path = os.path.join(ROOT, "build", "calibration.json")
    about = [platform.node(), find_qemu(), os.environ.get("ACCEL") or "tcg"]
    try:
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
        if known["about"] == about and time.time() - known["when"] < 86400:
            return max(1.0, float(known["slowness"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    seconds = calibrate()
    result = max(1.0, seconds / CALIBRATION_SECONDS)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        temporary = "%s.%d" % (path, os.getpid())
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump({"about": about, "when": time.time(),
                       "seconds": round(seconds, 3),
                       "slowness": round(result, 2)}, file)
        os.replace(temporary, path)
    except OSError:
        pass  # a build directory that cannot be written costs a boot
    return result


def calibrate():
    """Boots the calibration sector; returns the seconds of processor
    time that QEMU took: who else is busy at the moment is no matter."""
    with tempfile.TemporaryDirectory(prefix="qemu-") as directory:
        image = os.path.join(directory, "calibration.img")
        with open(image, "wb") as file:
            file.write(CALIBRATION_CODE.ljust(510, b"\0") + b"\x55\xaa")
            file.write(bytes(512 * 1024 - 512))
        start = _children_seconds()
        machine = Machine(image, disk=True, memory="128M", environment=False)
        with machine:
            try:
                machine.wait_exit(60, scaled=False)
            except LimitPassed:
                pass  # 200 times slower, and the limits say so
        return _children_seconds() - start


def _children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


# --- The programs -----------------------------------------------------

def find_qemu():
    """The path of QEMU, or an exception that says how to get it."""
    name = os.environ.get("QEMU") or "qemu-system-x86_64"
    path = shutil.which(name)
    if path is None:
        raise QemuMissing("QEMU (%s) is missing: run ./setup.sh in the "
                          "project's directory, or name yours with QEMU="
                          % name)
    return path


def find_gdb():
    """The path of a GDB that knows x86-64."""
    wanted = os.environ.get("GDB")
    names = [wanted] if wanted else []
    if wanted in (None, "", "gdb"):
        # A plain gdb of another architecture knows only that one.
        here = platform.machine() in ("x86_64", "AMD64")
        others = ["gdb-multiarch", "x86_64-elf-gdb"]
        names = ["gdb"] + others if here else others + ["gdb"]
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise QemuMissing("GDB (%s) is missing: run ./setup.sh in the project's "
                      "directory, or name yours with GDB=" % names[0])


def displays():
    """The kinds of display that this QEMU was built with or can load."""
    result = subprocess.run([find_qemu(), "-display", "help"],
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=False,
                            universal_newlines=True)
    return [line.strip() for line in result.stdout.splitlines()
            if re.fullmatch(r"[a-z-]+", line.strip())]


# --- What is on the screen --------------------------------------------

class Screen:
    """The text screen at one moment.

    lines   25 strings without trailing blanks
    cells   25 rows of 80 pairs (character, attribute byte)
    text    the lines as one string, without trailing empty lines
    """

    def __init__(self, memory):
        self.cells = []
        for row in range(ROWS):
            start = row * COLUMNS * 2
            line = memory[start:start + COLUMNS * 2]
            self.cells.append([(glyph(line[i]), line[i + 1])
                               for i in range(0, len(line), 2)])
        self.lines = ["".join(char for char, _ in row).rstrip()
                      for row in self.cells]
        self.text = "\n".join(self.lines).rstrip("\n")

    def __eq__(self, other):
        return isinstance(other, Screen) and self.cells == other.cells

    __hash__ = None


def glyph(byte):
    """What the VGA shows for a byte (code page 437)."""
    if byte < len(LOW_GLYPHS):
        return LOW_GLYPHS[byte]
    if byte == 0x7F:
        return "⌂"
    return bytes([byte]).decode("cp437").replace("\xa0", " ")


# --- Keys -------------------------------------------------------------

# The names that QEMU has for the keys of a US keyboard.
PLAIN_KEYS = {
    " ": "spc", "\n": "ret", "\t": "tab", "\b": "backspace", "\x1b": "esc",
    "-": "minus", "=": "equal", "[": "bracket_left", "]": "bracket_right",
    "\\": "backslash", ";": "semicolon", "'": "apostrophe",
    "`": "grave_accent", ",": "comma", ".": "dot", "/": "slash",
}
SHIFTED_KEYS = {
    "!": "1", "@": "2", "#": "3", "$": "4", "%": "5", "^": "6", "&": "7",
    "*": "8", "(": "9", ")": "0", "_": "minus", "+": "equal",
    "{": "bracket_left", "}": "bracket_right", "|": "backslash",
    ":": "semicolon", '"': "apostrophe", "~": "grave_accent",
    "<": "comma", ">": "dot", "?": "slash",
}

# What stands in angle brackets: the keys that print nothing.
NAMED_KEYS = {
    "enter": "ret", "backspace": "backspace", "tab": "tab", "escape": "esc",
    "space": "spc", "backquote": "grave_accent",
    "up": "up", "down": "down", "left": "left", "right": "right",
    "home": "home", "end": "end", "page up": "pgup", "page down": "pgdn",
    "insert": "insert", "delete": "delete", "menu": "menu",
    "shift": "shift", "right shift": "shift_r", "ctrl": "ctrl",
    "right ctrl": "ctrl_r", "alt": "alt", "altgr": "alt_r",
    "left windows": "meta_l", "right windows": "meta_r",
    "caps lock": "caps_lock", "num lock": "num_lock",
    "scroll lock": "scroll_lock", "pause": "pause",
    "print screen": "print", "keypad enter": "kp_enter",
    "keypad +": "kp_add", "keypad -": "kp_subtract",
    "keypad *": "kp_multiply", "keypad /": "kp_divide",
    "keypad .": "kp_decimal",
}
NAMED_KEYS.update(("f%d" % n, "f%d" % n) for n in range(1, 13))
NAMED_KEYS.update(("keypad %d" % n, "kp_%d" % n) for n in range(10))


def keys_for(char):
    """The keys pressed together for a character on a US keyboard."""
    if char in PLAIN_KEYS:
        return [PLAIN_KEYS[char]]
    if char in SHIFTED_KEYS:
        return ["shift", SHIFTED_KEYS[char]]
    if char.isascii() and char.isalnum():
        return ["shift", char.lower()] if char.isupper() else [char]
    raise ValueError("no key of a US keyboard gives %r" % char)


def parse_keys(text):
    """What is typed, as a list of the keys pressed together.

    Characters stand for themselves, names in angle brackets for keys
    that print nothing: `Hello<backspace>`, `<f2>`, `<caps lock>`.  Keys
    held together are joined by hyphens, the last one by its name or its
    character without shift: `<ctrl-c>`, `<shift-,>` (which is how `<`
    is typed), `<ctrl-alt-delete>`.
    """
    result, at = [], 0
    while at < len(text):
        if text[at] != "<":
            result.append(keys_for(text[at]))
            at += 1
            continue
        end = text.find(">", at + 2)
        if end < 0:
            raise ValueError("`%s` begins a key's name and has no `>`: the "
                             "key of `<` is <shift-,>" % text[at:])
        result.append(_chord(text[at + 1:end]))
        at = end + 1
    return result


def _chord(text):
    """`ctrl-alt-delete` -> [ctrl, alt, delete]."""
    *held, last = text[:-1].split("-")
    names = []
    for name in held + [last + text[-1]]:
        if name in NAMED_KEYS:
            names.append(NAMED_KEYS[name])
        elif name in PLAIN_KEYS or re.fullmatch("[a-z0-9]", name):
            names += keys_for(name)
        else:
            raise ValueError("there is no key <%s>: %s, and characters that "
                             "need no shift" % (text, ", ".join(
                                 sorted(NAMED_KEYS))))
    return names


# --- Whether it has come to rest --------------------------------------

REST = 0.3           # seconds that a sleeping kernel is looked at
REST_SAMPLES = 10    # at least, within that time
REST_SLEEP = 0.75    # the share of them in which the processor sleeps
REST_CELLS = 20      # so many cells of one row may change meanwhile

KEY_PATIENCE = 0.05  # seconds for a key that was read to show something
KEY_LIMIT = 0.3      # seconds for a key to be read
MOVING_ROOM = 8      # cells beside a counter that may be the counter's


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
        shown = (machine.memory(SCREEN_ADDRESS, COLUMNS * ROWS * 2),
                 machine.serial_size())
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


def changed_cells(before, after):
    """The cells in which two screens differ, pairs (row, column)."""
    if before == after:
        return set()
    return {(at // COLUMNS, at % COLUMNS) for at in range(COLUMNS * ROWS)
            if before[2 * at:2 * at + 2] != after[2 * at:2 * at + 2]}


# --- The machine ------------------------------------------------------

_running = set()
_running_lock = threading.Lock()


def stop_all():
    """Ends every QEMU that this program has started: for an interrupted
    test run, whose threads still wait for their machines."""
    with _running_lock:
        processes = list(_running)
    for process in processes:
        process.kill()


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
    serial         "capture" (see .serial()), "stdio", or a file's path
    environment    heed QEMU_FLAGS, MEMORY and ACCEL
    """

    def __init__(self, image, *, disk=False, memory=None, machine="pc",
                 cpu=None, accel=None, flags=(), no_reboot=True, stay=False,
                 paused=False, gdb=False, log=None, log_size=2 << 20,
                 display="none", terminal=None, serial="capture",
                 environment=True):
        get = os.environ.get if environment else lambda name: None
        self.image = os.path.abspath(image)
        self.disk = disk
        self.memory_size = memory or get("MEMORY") or "128M"
        self.machine = machine
        self.cpu = cpu
        self.accel = accel or get("ACCEL") or "tcg"
        self.flags = shlex.split(get("QEMU_FLAGS") or "") + list(flags)
        self.no_reboot = no_reboot
        self.stay = stay
        self.paused = paused
        self.gdb = gdb
        self.log_items = log
        self.log_size = log_size
        self.display = display
        self.terminal = terminal
        self.serial_target = serial
        self.process = None
        self.directory = None
        self.status = None           # the exit status, once it has ended
        self.shutdown_reason = None  # QEMU's word for why it ended
        self.events = []
        self.rest = None             # what wait_rest() saw last
        self._qmp = None
        self._received = b""
        self._messages = []
        self._log = None

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
        # The path of a socket must stay below about 100 characters.
        parent = tempfile.gettempdir()
        self.directory = tempfile.mkdtemp(
            prefix="qemu-", dir="/tmp" if len(parent) > 60 else parent)
        try:
            self._start(program)
        except BaseException:
            self.close()
            raise
        return self

    def _start(self, program):
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(self._path("qmp"))
            listener.listen(1)
            # With the serial line on our terminal, Ctrl-C there ends QEMU;
            # else it is for us, or for the GDB that we started.
            shared = self.serial_target == "stdio"
            nowhere = subprocess.DEVNULL
            ours = self.terminal if self.terminal is not None else nowhere
            with open(self._path("stderr"), "wb") as errors:
                self.process = subprocess.Popen(
                    [program] + self.arguments(),
                    stdin=None if shared else ours,
                    stdout=None if shared else ours,
                    stderr=subprocess.PIPE if self.log_items else errors,
                    start_new_session=not shared)
            with _running_lock:
                _running.add(self.process)
            if self.log_items:
                self._log = LogTail(self.process.stderr, self.log_size)
            self._accept(listener)
        finally:
            listener.close()

    def _accept(self, listener):
        """QEMU connects to us: nothing to poll for, nothing to miss."""
        deadline = time.monotonic() + 30 * busyness()
        while not select.select([listener], [], [], 0.05)[0]:
            if self.process.poll() is not None:
                self._ended()
                raise MachineEnded("QEMU ended at once (status %d): %s" % (
                    self.status, self.errors().strip() or "no message"))
            if time.monotonic() > deadline:
                raise LimitPassed("QEMU started but did not connect")
        self._qmp = listener.accept()[0]
        self._wait_message(lambda message: "QMP" in message, 30 * busyness())
        self.qmp("qmp_capabilities")

    def arguments(self):
        """QEMU's arguments, without the program's name."""
        def escaped(path):  # a comma ends a value in QEMU's options
            return path.replace(",", ",,")

        result = ["-accel", self.accel, "-machine", self.machine,
                  "-m", self.memory_size, "-nodefaults", "-vga", "std"]
        if self.cpu:
            result += ["-cpu", self.cpu]
        if self.disk:
            result += ["-drive",
                       "format=raw,if=ide,file=" + escaped(self.image)]
        else:
            result += ["-boot", "d", "-cdrom", self.image]
        result += ["-display", self.display]
        if self.serial_target == "capture":
            result += ["-chardev", "file,id=serial,path="
                       + escaped(self._path("serial")),
                       "-serial", "chardev:serial"]
        elif self.serial_target == "stdio":
            result += ["-serial", "stdio"]
        else:
            result += ["-chardev", "file,id=serial,path="
                       + escaped(os.path.abspath(self.serial_target)),
                       "-serial", "chardev:serial"]
        result += ["-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
        result += ["-chardev", "socket,id=qmp,path="
                   + escaped(self._path("qmp")),
                   "-mon", "chardev=qmp,mode=control"]
        if self.no_reboot:
            result.append("-no-reboot")
        if self.stay:
            result.append("-no-shutdown")
        if self.paused:
            result.append("-S")
        if self.gdb:
            result += ["-gdb", "unix:" + escaped(self.gdb_socket)
                       + ",server=on,wait=off"]
        if self.log_items:
            result += ["-d", self.log_items]
        return result + self.flags

    @property
    def gdb_socket(self):
        """Where GDB reaches the machine: `target remote PATH`."""
        return self._path("gdb")

    def _path(self, name):
        return os.path.join(self.directory, name)

    def close(self):
        """Ends QEMU and removes its directory; may be called twice."""
        if self.process is not None and self.status is None:
            self.process.kill()
            self._ended()
        if self._qmp is not None:
            self._qmp.close()
            self._qmp = None
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _ended(self):
        """Notes down what is left when the process has ended."""
        self.status = self.process.wait()
        with _running_lock:
            _running.discard(self.process)
        if self._log is not None:
            self._log.finish()

    def alive(self):
        """Whether QEMU still runs."""
        if self.process is None or self.status is not None:
            return False
        if self.process.poll() is None:
            return True
        self._receive(0)
        self._ended()
        return False

    def errors(self):
        """What QEMU itself said on its standard error."""
        if self._log is not None:
            return ""
        return _read(self._path("stderr")).decode("utf-8", "replace")

    def log(self):
        """The end of what QEMU logged, log_size bytes at most."""
        return self._log.text() if self._log is not None else ""

    def log_bytes(self):
        """How many bytes QEMU has logged, kept or not."""
        return self._log.total if self._log is not None else 0

    # QEMU's machine protocol

    def qmp(self, command, **arguments):
        """Sends a QMP command and returns its answer."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        if not self.alive():
            raise MachineEnded("QEMU has ended (%s)" % self.how_it_ended())
        try:
            self._qmp.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            pass  # it has just ended: the next read says so
        answer = self._wait_message(
            lambda message: "return" in message or "error" in message,
            60 * busyness())
        if "error" in answer:
            raise QemuError("QEMU refuses %s: %s"
                            % (command, answer["error"].get("desc")))
        return answer["return"]

    def _wait_message(self, wanted, seconds):
        deadline = time.monotonic() + seconds
        while True:
            while self._messages:
                message = self._messages.pop(0)
                if wanted(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise LimitPassed("QEMU did not answer within %.0f s"
                                  % seconds)
            if not self._receive(left):
                self._ended()
                raise MachineEnded("QEMU has ended (%s)"
                                   % self.how_it_ended())

    def _receive(self, seconds):
        """Reads what QEMU has sent; False when it has hung up."""
        if not select.select([self._qmp], [], [], seconds)[0]:
            return True
        try:
            data = self._qmp.recv(65536)
        except OSError:
            data = b""
        if not data:
            return False
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            if not line.strip():
                continue
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)
                if message["event"] == "SHUTDOWN":
                    details = message.get("data", {})
                    self.shutdown_reason = details.get("reason", "shutdown")
            else:
                self._messages.append(message)
        return True

    def monitor(self, command):
        """Sends a command to QEMU's monitor for people; its answer."""
        answer = self.qmp("human-monitor-command", **{"command-line": command})
        return answer.replace("\r\n", "\n")

    # Looking at it

    def memory(self, address, size, virtual=False):
        """Bytes of physical memory, or of what the processor sees."""
        path = self._path("memory")
        if virtual:
            # The protocol takes signed numbers; the upper half is ours.
            if address >= 1 << 63:
                address -= 1 << 64
            self.qmp("memsave", val=address, size=size, filename=path)
        else:
            self.qmp("pmemsave", val=address, size=size, filename=path)
        return _read(path)

    def screen(self):
        """What the text screen shows now."""
        return Screen(self.memory(SCREEN_ADDRESS, COLUMNS * ROWS * 2))

    def screendump(self, path):
        """Writes a picture of the screen (PNG)."""
        self.qmp("screendump", filename=os.path.abspath(path), format="png")

    def serial(self):
        """What the machine has sent over its serial line so far."""
        text = _read(self._serial_path()).decode("utf-8", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def serial_size(self):
        """How many bytes the machine has sent so far."""
        try:
            return os.path.getsize(self._serial_path())
        except OSError:
            return 0

    def _serial_path(self):
        if self.serial_target in ("capture", "stdio"):
            return self._path("serial")
        return self.serial_target

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

        The keyboard's queue is short, 16 bytes, of which a key with shift
        takes four: what does not fit is lost.  With
        `echoed`, a function that returns how many of these keys the
        kernel has answered so far, the typing is never more than
        `ahead` keys in front.  Without it, it waits after each key until
        the kernel has taken it: see _taken().
        """
        moving = self.rest.moving if self.rest else set()
        for count, names in enumerate(parse_keys(text)):
            if echoed is not None:
                self._wait(lambda: echoed() > count - ahead, seconds,
                           lambda: "the kernel answered %d of %d keys"
                           % (echoed(), count))
                self.key(*names)
                continue
            before = self._shown(moving)
            self.key(*names)
            self._taken(before, moving)

    def _taken(self, before, moving):
        """Waits until the kernel has read all that the keyboard has
        sent, and shows something new.  A kernel that reads and does
        nothing that can be seen (shift, a key that is ignored) is left
        alone after KEY_PATIENCE, one that does not read after
        KEY_LIMIT."""
        start = time.monotonic()
        taken = None
        while time.monotonic() - start < KEY_LIMIT * busyness():
            if not self.alive():
                return
            # Bit 0 of the controller's status: a byte waits to be read.
            status = self.monitor("i /b 0x64")
            if not int(status.split("=")[1], 16) & 1:
                taken = taken or time.monotonic()
                late = time.monotonic() - taken > KEY_PATIENCE * busyness()
                if late or self._shown(moving) != before:
                    return
            time.sleep(0.005)

    def _shown(self, moving):
        """What the kernel shows, without what moves by itself: around a
        counter there is room for its digits to grow."""
        memory = bytearray(self.memory(SCREEN_ADDRESS, COLUMNS * ROWS * 2))
        for row, column in moving:
            first = row * COLUMNS + max(0, column - MOVING_ROOM)
            last = row * COLUMNS + min(COLUMNS, column + MOVING_ROOM + 1)
            memory[2 * first:2 * last] = bytes(2 * (last - first))
        return bytes(memory), self.serial_size()

    # Waiting

    def wait_rest(self, seconds=20, window=REST):
        """Waits until the machine has come to rest (see Rest, which is
        returned); LimitPassed says why it has not."""
        self.rest = Rest(window)
        self._wait(lambda: self.rest.look(self), seconds,
                   lambda: "the kernel did not come to rest: "
                   + self.rest.complaint())
        return self.rest

    def wait_screen(self, wanted, seconds=10):
        """Waits until the screen shows a text, or until a function of
        the Screen returns true; returns the Screen."""
        predicate = wanted
        if isinstance(wanted, str):
            def predicate(screen):
                return wanted in screen.text
        found = []

        def look():
            found[:] = [self.screen()]
            return predicate(found[0])

        def complaint():
            return "the screen does not show %s; it shows:\n%s" % (
                repr(wanted) if isinstance(wanted, str) else "what it must",
                indent(found[0].text if found else ""))

        self._wait(look, seconds, complaint)
        return found[0]

    def wait_serial(self, wanted, seconds=10):
        """Waits until a text came over the serial line, or a function
        of that text returns true; returns all that came."""
        predicate = wanted
        if isinstance(wanted, str):
            def predicate(text):
                return wanted in text

        def complaint():
            return "the serial line does not say %s; it says:\n%s" % (
                repr(wanted) if isinstance(wanted, str) else "what it must",
                indent(self.serial()))

        self._wait(lambda: predicate(self.serial()), seconds, complaint)
        return self.serial()

    def _wait(self, condition, seconds, complaint):
        allowed = limit(seconds)
        deadline = time.monotonic() + allowed
        while True:
            alive = self.alive()
            late = time.monotonic() > deadline
            if condition():
                return
            if not alive:
                raise MachineEnded("QEMU has ended (%s), and %s"
                                   % (self.how_it_ended(), complaint()))
            if late:
                raise LimitPassed("after %.1f s %s" % (allowed, complaint()))
            time.sleep(0.01)

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
            if not self._receive(left):
                self._ended()
        return self.status

    def how_it_ended(self):
        """The end of the machine in words."""
        return describe_end(self.status, self.shutdown_reason)

    def run_gdb(self, elf, commands, seconds=30):
        """Runs GDB's commands on the machine (started with gdb=True)
        and returns what GDB printed."""
        arguments = [find_gdb(), "-nx", "-q", "-batch"]
        for command in ["set pagination off", "set confirm off",
                        "target remote " + self.gdb_socket] + list(commands):
            arguments += ["-ex", command]
        try:
            result = subprocess.run(
                arguments + [elf], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=limit(seconds), check=False)
        except subprocess.TimeoutExpired:
            raise LimitPassed("GDB did not end within its limit") from None
        return result.stdout.decode("utf-8", "replace")


class LogTail:
    """Reads a log from a pipe and keeps its end: a kernel that faults
    for ever makes QEMU write 200 MB a second."""

    def __init__(self, pipe, size):
        self.size = size
        self.total = 0
        self._pipe = pipe
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            data = os.read(self._pipe.fileno(), 1 << 16)
            if not data:
                return
            with self._lock:
                self.total += len(data)
                self._kept += data
                if len(self._kept) > 2 * self.size:
                    del self._kept[:-self.size]

    def finish(self):
        """To be called when the writer has ended: reads the rest."""
        self._thread.join(5)
        if not self._thread.is_alive():
            self._pipe.close()

    def text(self):
        """The end of the log, beginning at a whole line."""
        with self._lock:
            kept = bytes(self._kept[-self.size:])
            cut = self.total > len(kept)
        if cut:
            kept = kept[kept.find(b"\n") + 1:]
        return kept.decode("utf-8", "replace")


# --- Small helpers ----------------------------------------------------

def parse_registers(text):
    """Turns QEMU's register listing into numbers by name."""
    result = {}
    for name, value in re.findall(
            r"\b([A-Z][A-Z0-9]{1,4}) ?=\s*([0-9a-f]+)\b", text):
        result.setdefault(name.lower(), int(value, 16))
    for name in ("gdt", "idt"):
        found = re.search(name.upper() + r"=\s+([0-9a-f]+) ([0-9a-f]+)", text)
        if found:
            result[name + "_limit"] = int(found.group(2), 16)
    # Outside long mode QEMU prints the 32-bit names.
    for short in ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip"):
        if "e" + short in result:
            result.setdefault("r" + short, result["e" + short])
    for name in ("rfl", "efl"):
        if name in result:
            result["rflags"] = result[name]
    return result


def describe_end(status, reason):
    """How a QEMU ended, in words: exit status and shutdown reason."""
    if status is None:
        return "it still runs" if reason is None else reason
    if status == EXIT_SUCCESS:
        return "exit status 33, success"
    if status == EXIT_FAILURE:
        return "exit status 35, failure"
    if status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = "signal %d" % -status
        return "QEMU itself was ended by %s" % name
    if status == 0 and reason == "guest-reset":
        return "the machine was reset"
    if status == 0 and reason == "guest-shutdown":
        return "the machine was switched off"
    if status == 0:
        return "exit status 0, a reset or an end from outside"
    if status == 1:
        return ("exit status 1, which is 0 written to the exit port or a "
                "complaint of QEMU's")
    if status % 2 == 1:
        return "exit status %d, which is %#x written to the exit port" % (
            status, status // 2)
    return "exit status %d" % status


def indent(text, by="    "):
    """The text with each line moved to the right."""
    return "\n".join((by + line).rstrip() for line in text.split("\n"))


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
