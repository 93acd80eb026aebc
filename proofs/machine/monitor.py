"""The monitor, typed at from outside: every command, every fault, what
is no command, the keys that edit; and keys at the pace of the echo while
a thousand tasks run.

needs: src/kernel/commands.c src/kernel/faults.c src/kernel/keys.c
limit: 120
"""

import random
import re
import string

from support.boot import elf
from support.gdb import Gdb
from support.start import Start

PROMPT = "\n> "
LINE_MAX = 76
MEMORY = re.compile(
    r"(\d+) of (\d+) KiB are free; (\d+) blocks on the heap")

_starts = {}


class Session:
    """A kernel whose monitor waits for the first key."""

    def __init__(self, kernel):
        start = _starts.get(kernel.image)
        if start is not None and start.machine.alive():
            start.again()
        else:
            start = Start(kernel.image, elf(kernel).address("keys_next"))
            _starts[kernel.image] = start
        self.machine = start.machine
        self.start = start
        self.mark = len(self.machine.serial())
        start.gdb.go()

    def said(self):
        """What came over the serial line since the last command."""
        return self.machine.serial()[self.mark:]

    def type(self, text):
        """Types characters at the pace of their echo."""
        self.mark = len(self.machine.serial())
        self.machine.type(text.replace("<", "<shift-,>"),
                          echoed=lambda: len(self.said()))
        self.machine.wait_serial(lambda _: len(self.said()) >= len(text))
        assert self.said() == text, "the echo of %r is %r" % (
            text, self.said())

    def enter(self, end=PROMPT):
        """Enters the line; what is said until `end` comes."""
        self.mark = len(self.machine.serial())
        self.machine.type("\n", echoed=lambda: 0)
        self.machine.wait_serial(lambda _: end in self.said())
        return self.said()[1:]

    def command(self, text):
        """Types a command; the lines that it prints."""
        self.type(text)
        return self.enter()[:-len(PROMPT) + 1].split("\n")[:-1]

    def expect(self, text, *wanted):
        """A command prints just these lines, on the screen too."""
        lines = self.command(text)
        assert lines == list(wanted), "%r prints %r, expected %r" % (
            text, lines, wanted)
        shown = self.machine.screen().text.rstrip().split("\n")
        wanted = ["> " + text] + list(wanted) + [">"]
        assert [line.rstrip() for line in shown[-len(wanted):]] == [
            line.rstrip() for line in wanted], "\n".join(shown)

    def match(self, text, *patterns):
        """A command prints lines that match; the matches."""
        lines = self.command(text)
        found = [re.fullmatch(pattern, line)
                 for pattern, line in zip(patterns, lines)]
        assert len(lines) == len(patterns) and all(found), (
            "%r prints\n%s" % (text, "\n".join(lines)))
        return found


# --- Commands ----------------------------------------------------------

def test_every_command_of_the_help(kernel):
    """Help lists the commands that are proven here, and no others."""
    lines = Session(kernel).command("help")
    names = [line.split()[0] for line in lines if line.startswith("  ")]
    assert names == ["help", "echo", "clear", "ticks", "memory", "tasks",
                     "walk", "spawn", "wait", "layout", "fault", "reboot",
                     "poweroff"], names
    assert "Ctrl-U edit" in lines[-2] and "earlier" in lines[-1], lines
    assert len(lines) == len(names) + 2, lines


def test_commands_that_tell(kernel):
    """Echo, ticks, memory, tasks and walk."""
    session = Session(kernel)
    session.expect("echo", "")
    session.expect("  echo  a <b>   c ", "a <b> c")
    first, = session.match("ticks", r"(\d+), at 99\.998 Hz: \d+ seconds")
    second, = session.match("ticks", r"(\d+), at 99\.998 Hz: \d+ seconds")
    assert int(second[1]) >= int(first[1]), "the ticks go back"
    lines = session.command("memory")
    free, total, _ = MEMORY.fullmatch(lines[-1]).groups()
    frames = re.fullmatch(r"(\d+) of (\d+) frames are free\.", lines[-2])
    assert [int(free), int(total)] == [4 * int(number)
                                       for number in frames.groups()], lines
    session.match("tasks", " +id +polls +state +name",
                  r" +\d+ +\d+ +(waiting for a tick|ready) +timer",
                  r" +\d+ +\d+ +(sleeping|ready) +clock",
                  r" +\d+ +\d+ +running +monitor",
                  r"\d+ wakes, \d+ polls, asleep \d+ times")
    lines = session.command("walk 0xb8123")
    assert "PML4[  0]" in lines[0] and "present" not in lines[-2], lines
    assert re.search(r" [08]0000000000b8[0-9a-f]{3} ", lines[-2]), lines
    assert lines[-1] == "  physical address 0xb8123", lines
    lines = session.command("walk 0xdeadbeef")
    assert "not present" in lines[-1], lines
    lines = session.command("walk 0x8000000000000000")
    assert "not canonical" in lines[-1], lines


def test_nonsense_is_refused(kernel):
    """And the next command is obeyed."""
    session = Session(kernel)
    session.expect("")
    session.expect("   ")
    session.expect("frobnicate", "frobnicate is not a command; help lists them")
    session.expect("HELP me", "HELP is not a command; help lists them")
    session.expect("walk", "usage: walk ADDRESS")
    session.expect("walk 1 2", "usage: walk ADDRESS")
    session.expect("help me", "usage: help")
    for word in ("0x", "12z", "-1", "99999999999999999999z"):
        session.expect("walk " + word,
                       word + " is not a number: write 1024, or 0xb8000")
    for text, limit in (("walk 18446744073709551616", 2**64 - 1),
                        ("spawn 100001", 100000), ("wait 3601", 3600),
                        ("spawn 99999999999999999999", 100000)):
        session.expect(text, "%s is too large: the limit is %d" % (
            text.split()[1], limit))
    session.expect("layout dvorak",
                   "dvorak is not a layout: choose us or german")
    session.expect("a " * 38, "a is not a command; help lists them")
    session.expect("echo still here", "still here")


def test_the_layout(kernel):
    """German has z where y is, and us goes back."""
    session = Session(kernel)
    session.expect("layout german")
    session.mark = len(session.machine.serial())
    session.machine.type("echo yz", echoed=lambda: len(session.said()))
    session.machine.wait_serial(lambda _: len(session.said()) >= 7)
    said = session.enter()
    assert said == "zy" + PROMPT, "it says %r" % said
    session.mark = len(session.machine.serial())
    session.machine.type("lazout us", echoed=lambda: len(session.said()))
    session.machine.wait_serial(lambda _: len(session.said()) >= 9)
    session.enter()
    session.expect("echo yz", "yz")


def test_waiting(kernel):
    """Until the time is over, or a key comes."""
    session = Session(kernel)
    session.expect("wait 0")
    session.expect("wait 1", "any key ends it")
    session.type("wait 3600")
    session.enter("any key ends it\n")
    session.machine.type("x", echoed=lambda: 0)
    session.machine.wait_serial(lambda _: session.said().endswith("> x"))
    assert session.said().endswith("it\na key ended it\n> x"), (
        session.said())
    session.machine.type("<ctrl-u>", echoed=lambda: 0)
    session.type("wait 3600")
    session.enter("any key ends it\n")
    session.machine.type("<shift>", echoed=lambda: 0)
    session.machine.wait_serial(lambda _: session.said().endswith(
        "a key ended it" + PROMPT))
    session.expect("echo x", "x")


def test_tasks_come_and_go(kernel):
    """A thousand are listed, and gone after three seconds; their memory
    has come back."""
    session = Session(kernel)
    free, _, blocks = memory(session)
    session.expect("spawn 1", "1 task sleeps two to three seconds")
    session.expect("spawn 1000", "1000 tasks sleep two to three seconds")
    less, _, more = memory(session)
    assert less < free and blocks < more <= blocks + 1001, (
        "%d KiB and %d blocks became %d and %d" % (free, blocks, less, more))
    lines = session.command("tasks")
    # A title, twelve of 1,004 tasks, how many more, and the counts.
    assert len(lines) == 15 and "sleeper" in lines[4] and (
        lines[-2] == "and 992 more"), "\n".join(lines)
    wait_for_sleepers(session)
    after = memory(session)[2]
    assert after == blocks, "%d blocks, before: %d" % (after, blocks)
    check_counters(session)


def memory(session):
    """KiB that are free, KiB in all, and blocks on the heap."""
    return [int(number) for number in
            MEMORY.fullmatch(session.command("memory")[-1]).groups()]


def wait_for_sleepers(session):
    """Until only the timer, the clock and the monitor are left."""
    for _ in range(60):
        session.command("wait 1")
        left = session.command("tasks")
        if len(left) == 5:
            return
    raise AssertionError("they do not end:\n" + "\n".join(left))


def check_counters(session):
    """As many wakes as polls, when nobody else is ready just now."""
    for _ in range(10):
        last = session.command("tasks")[-1]
        wakes, polls = (int(number) for number in re.fullmatch(
            r"(\d+) wakes, (\d+) polls, asleep \d+ times", last).groups())
        assert wakes >= polls > 0, last
        if wakes == polls:
            return
    raise AssertionError("never as many wakes as polls: " + last)


def test_reboot(kernel):
    """The machine starts again, and the kernel greets a second time."""
    machine = kernel.machine(no_reboot=False)
    machine.wait_serial(PROMPT)
    machine.type("reboot\n")
    machine.wait_serial(lambda text: text.count("Hello World!") == 2
                        and text.endswith(PROMPT))


def test_poweroff(kernel):
    """The machine is off; one that cannot be switched off says so."""
    machine = kernel.machine()
    machine.wait_serial(PROMPT)
    machine.type("poweroff")
    machine.monitor("sendkey ret")
    machine.wait_exit()
    machine = kernel.machine(machine="pc,acpi=off")
    machine.wait_serial(PROMPT)
    machine.type("poweroff\n")
    machine.wait_serial("Only QEMU can be switched off from here." + PROMPT)


def test_clear(kernel):
    """The screen begins anew with the prompt and the next command."""
    session = Session(kernel)
    session.expect("echo before", "before")
    session.command("clear")
    session.command("echo after")
    shown = session.machine.screen().text.split("\n")
    assert [line.split(" ticks")[0].rstrip("0123456789 ")
            for line in shown[:3]] == ["> echo after", "after", ">"], shown


# --- Faults --------------------------------------------------------------

FAULTS = {
    "page": "page fault (exception 14)",
    "code": "page fault (exception 14)",
    "null": "page fault (exception 14)",
    "stack": "overflow of the ",
    "divide": "(exception 0)",
    "opcode": "(exception 6)",
    "free": "free",
    "lock": "lock",
    "panic": "as you wish",
}


def test_every_fault_is_reported(kernel):
    """Each kind that is listed ends in a panic that says what it is, but
    for the breakpoint."""
    session = Session(kernel)
    lines = session.command("fault")
    assert lines[0] == "there are:", lines
    kinds = [line.split()[0] for line in lines[1:]]
    assert kinds == list(FAULTS) + ["breakpoint"], kinds
    assert session.command("fault of mine") == [
        "usage: fault KIND"]
    assert session.command("fault none") == lines
    session.match("fault breakpoint", r"breakpoint before 0x[0-9a-f]+")
    for kind, wanted in FAULTS.items():
        session = Session(kernel)
        session.type("fault " + kind)
        session.enter("kernel panic")
        try:
            session.machine.wait_rest()
        finally:
            said = session.said()
        assert wanted.lower() in said.lower(), "fault %s says\n%s" % (
            kind, said)
        assert said.count("kernel panic") == 1, said
        assert PROMPT not in said, said
        assert "kernel panic" in session.machine.screen().text, (
            session.machine.screen().text)


# --- Keys ----------------------------------------------------------------

def test_editing_keys(kernel):
    """What is seen is what is entered."""
    session = Session(kernel)
    for keys, line, printed in (
            ("xecho bc<left><left>a<home><delete><end>d<backspace>e",
             "echo abce", "abce"),
            ("<up><backspace>f", "echo abcf", "abcf"),
            ("<up><up>", "echo abce", "abce"),
            ("new<up><down><ctrl-u>echo n", "echo n", "n"),
            ("cho z<ctrl-a>e<ctrl-e>y", "echo zy", "zy"),
            ("<backspace><left><delete>echo q<right><delete>",
             "echo q", "q")):
        session.machine.type(keys)
        session.machine.wait_screen(
            lambda shown, line=line: shown.text.rstrip().endswith(
                "\n> " + line))
        said = session.enter()
        assert said == printed + PROMPT, "%s gives %r" % (keys, said)


def test_a_line_that_is_full(kernel):
    """Takes no more, and is obeyed."""
    session = Session(kernel)
    session.type("echo " + "x" * (LINE_MAX - 5))
    session.machine.type("yz")
    said = session.enter()
    assert said == "x" * (LINE_MAX - 5) + PROMPT, "it says %r" % said


def test_lost_bytes_are_reported(kernel):
    """In a row of their own, once; the prompt and the line go on."""
    session = Session(kernel)
    session.type("ech")
    session.machine.qmp("stop")
    session.start.gdb.close()
    gdb = session.start.gdb = Gdb(session.machine)
    gdb.write(elf(kernel).address("lost"), (7).to_bytes(8, "little"))
    gdb.go()
    session.machine.type("o", echoed=lambda: 0)
    session.machine.wait_serial(lambda _: session.said().endswith("o"))
    session.type(" x")
    session.enter()
    shown = session.machine.screen().text.rstrip().split("\n")
    assert [line.rstrip() for line in shown[-4:]] == [
        "[keyboard: queue full, 7 bytes lost]", "> echo x", "x", ">"], (
            "\n".join(shown))


def type_keys(kernel, count):
    """Types so many keys at the pace of the echo, while a thousand tasks
    run: all are echoed, and all come in order."""
    session = Session(kernel)
    begin = len(session.machine.serial())
    chosen = random.Random(12)    # the same in every run
    typed = 0
    while typed < count:
        session.expect("spawn 1000",
                       "1000 tasks sleep two to three seconds")
        for _ in range(3):
            word = "".join(chosen.choice(
                string.ascii_letters + string.digits + "-=[];',./!@#$%^&*()")
                           for _ in range(LINE_MAX - 5))
            session.expect("echo " + word, word)
            typed += LINE_MAX + 1
    assert "bytes lost" not in session.machine.serial()[begin:]
    wait_for_sleepers(session)
    check_counters(session)


def test_a_thousand_keys_while_tasks_run(kernel):
    """None is lost."""
    type_keys(kernel, 1000)
