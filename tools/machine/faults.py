"""Explains in words what went wrong inside a kernel.

Reads the log that QEMU writes with `-d int,cpu_reset` and finds names
and source lines in the kernel's ELF file.  Used by `make log` and by
the test runner when a test resets the machine.

Environment: NM (a path or name that ends in `nm`; the other programs of
binutils are looked for under the same prefix).
"""

import bisect
import os
import re
import subprocess

from common import files, processes

VECTORS = {
    0: "divide error", 1: "debug exception", 2: "non-maskable interrupt",
    3: "breakpoint", 4: "overflow", 5: "bound range exceeded",
    6: "invalid opcode", 7: "device not available", 8: "double fault",
    9: "coprocessor segment overrun", 10: "invalid TSS",
    11: "segment not present", 12: "stack-segment fault",
    13: "general protection fault", 14: "page fault",
    16: "x87 floating-point exception", 17: "alignment check",
    18: "machine check", 19: "SIMD floating-point exception",
    20: "virtualization exception", 21: "control protection exception",
    28: "hypervisor injection exception",
    29: "VMM communication exception", 30: "security exception",
}
SELECTOR_ERRORS = (10, 11, 12, 13)


def vector_name(vector):
    """`page fault (vector 14)`."""
    name = VECTORS.get(vector)
    if name is None:
        name = "reserved exception" if vector < 32 else "interrupt"
    return "%s (vector %d)" % (name, vector)


# --- Names and lines from the ELF file --------------------------------

def binutils(name):
    """The program of binutils that belongs to the kernel's compiler."""
    nm = os.environ.get("NM") or "nm"
    return nm[:-2] + name if nm.endswith("nm") else name


class Symbols:
    """What the symbol table of an ELF file says; empty without one."""

    def __init__(self, elf, tree=None):
        self.elf = elf
        self.tree = os.path.abspath(tree or ".")
        self.all = []  # (address, size, type, name), sorted
        for line in _run([binutils("nm"), "-n", "-S", elf]).splitlines():
            found = re.fullmatch(
                r"([0-9a-f]+)(?: ([0-9a-f]+))? ([A-Za-z]) (.+)", line)
            if found:
                self.all.append((int(found[1], 16), int(found[2] or "0", 16),
                                 found[3], found[4]))
        self._code = [entry for entry in self.all if entry[2] in "tTwW"]
        self._starts = [entry[0] for entry in self._code]

    def address(self, name):
        """The address of a symbol, None if there is no such symbol."""
        for address, _, _, symbol in self.all:
            if symbol == name:
                return address
        return None

    def tests(self):
        """The names of the tests that the linker has collected."""
        start = self.address("tests")
        return [name[len("test_"):] for address, size, kind, name in self.all
                if name.startswith("test_") and kind in "rRdD" and size
                and (start is None or address >= start)]

    def function(self, address):
        """`function+0x12` for an address in the code, else None."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        start, size, _, name = self._code[index]
        if address - start > max(size, 0x1000):
            return None
        return "%s+%#x" % (name, address - start)

    def line(self, address):
        """`src/kernel/main.c:12`, None if nobody knows."""
        output = _run([binutils("addr2line"), "-e", self.elf,
                       hex(address)]).strip()
        found = re.match(r"(.+):(\d+)", output)
        if not found or found[1] == "??" or found[2] == "0":
            return None
        # NASM repeats the directory: src/boot//src/boot/boot.asm.
        path = re.sub(r"([^/]+(?:/[^/]+)*)//\1/", r"\1/", found[1])
        path = os.path.normpath(os.path.join(self.tree, path))
        for base in (self.tree, files.ROOT):
            if path.startswith(base + os.sep):
                path = os.path.relpath(path, base)
                break
        return "%s:%s" % (path, found[2])

    def place(self, address):
        """An address with all that is known about it."""
        function = self.function(address)
        if function is None:
            return "%#x, outside the kernel's code" % address
        line = self.line(address)
        return "%#x, %s%s" % (address, function,
                              " (%s)" % line if line else "")


def _run(command):
    try:
        return processes.run(command, 30, stderr=subprocess.DEVNULL).output
    except OSError:
        return ""  # without binutils there are numbers only


# --- QEMU's log -------------------------------------------------------

class Fault:
    """One exception or interrupt that the processor took."""

    def __init__(self, vector, error, software, rip):
        self.vector = vector
        self.error = error
        self.software = software    # by an `int` instruction
        self.hardware = False       # by a device
        self.rip = rip
        self.cr0 = 0
        self.cr2 = 0
        self.efer = 0
        self.rsp = 0
        self.idt_limit = None
        self.entry = None           # of the IDT, that it is about
        self.undelivered = None     # the vector raised by its delivery

    def protected(self):
        """Whether it happened in protected mode or beyond."""
        return bool(self.cr0 & 1)

    def long_mode(self):
        """Whether the processor was in long mode."""
        return bool(self.efer & 0x400)

    def about_delivery_of(self, other):
        """Whether it says that the other could not be delivered: its
        error code names the other's entry in the IDT.  A processor
        gives the vector times 8, QEMU (7.2, in long mode) times 16."""
        return (self.vector in SELECTOR_ERRORS and self.error & 2
                and other.vector in (self.error >> 3, self.error >> 4)
                and self.rip == other.rip)

    def name(self):
        """What it is called."""
        if not self.hardware:
            by = ", by an int instruction" if self.software else ""
            return vector_name(self.vector) + by
        if 8 <= self.vector < 16:
            return ("interrupt %d of the PIC at the vector that the firmware "
                    "gave it (vector %d)" % (self.vector - 8, self.vector))
        return "interrupt of a device (vector %d)" % self.vector

    def same_as(self, other):
        """Whether the two cannot be told apart by a reader."""
        return (self.name(), self.error, self.rip, self.cr2) == (
            other.name(), other.error, other.rip, other.cr2)


class Log:
    """What a log of `-d int,cpu_reset` tells.

    faults        what the processor took, oldest first, the firmware's
                  and GRUB's in real mode left out
    triple_fault  whether the log ends in a triple fault
    """

    HEAD = re.compile(r"^ *\d+: v=([0-9a-f]+) e=([0-9a-f]+) i=(\d) cpl=\d "
                      r"IP=[0-9a-f]+:([0-9a-f]+)")
    CHECK = re.compile(r"^check_exception old: (0x[0-9a-f]+) new "
                       r"(0x[0-9a-f]+)")
    VALUE = re.compile(r"\b(CR0|CR2|EFER|RSP|ESP)=([0-9a-f]+)")
    DEVICE = re.compile(r"^Servicing hardware INT=(0x[0-9a-f]+)")
    IDT = re.compile(r"^IDT= +[0-9a-f]+ ([0-9a-f]+)")

    def __init__(self, text):
        self.triple_fault = False
        faults = []
        current = None
        device = None
        for line in text.splitlines():
            head = self.HEAD.match(line)
            if head:
                current = Fault(int(head[1], 16), int(head[2], 16),
                                head[3] == "1", int(head[4], 16))
                current.hardware = current.vector == device
                device = None
                faults.append(current)
                continue
            check = self.CHECK.match(line)
            if check:
                old, new = int(check[1], 16), int(check[2], 16)
                if old != 0xFFFFFFFF and faults:
                    faults[-1].undelivered = new
                current = None
            elif line.startswith("Triple fault"):
                self.triple_fault = True
                current = None
            elif line.startswith(("CPU Reset", "SMM:", "Servicing")):
                found = self.DEVICE.match(line)
                device = int(found[1], 16) if found else None
                current = None
            elif current is not None:
                self._detail(current, line)
        self.faults = [fault for fault in faults if fault.protected()]
        for first, second in zip(self.faults, self.faults[1:]):
            # QEMU's own words leave this link out for some vectors.
            if second.about_delivery_of(first):
                first.undelivered = second.vector
                second.entry = first.vector

    def _detail(self, fault, line):
        for name, value in self.VALUE.findall(line):
            name = "rsp" if name == "ESP" else name.lower()
            setattr(fault, name, int(value, 16))
        idt = self.IDT.match(line)
        if idt:
            fault.idt_limit = int(idt[1], 16)

    def fatal_chain(self):
        """The exceptions that led to the triple fault: the first one and
        those that its delivery raised."""
        chain = []
        for fault in reversed(self.faults[-4:]):
            if fault.undelivered is None:
                break
            chain.insert(0, fault)
        return chain or self.faults[-1:]


# --- In words ---------------------------------------------------------

def explain_error(fault):
    """The error code of an exception in words; None if it has none."""
    error = fault.error
    if fault.vector == 14:
        if error & 0x10:
            what = "an instruction fetch from"
        else:
            what = "a write to" if error & 2 else "a read from"
        who = ", from user mode" if error & 4 else ""
        if error & 8:
            why = "where a page-table entry has a reserved bit set"
        elif error & 1:
            why = "whose page is present but forbids it"
        else:
            why = "where no page is present"
        return "%s address %#x, %s%s (error code %#x)" % (
            what, fault.cr2, why, who, error)
    if fault.vector in SELECTOR_ERRORS:
        if error == 0:
            return "not about a particular segment (error code 0)"
        if error & 2:
            table = "IDT"
            unit = "entry %d" % (error >> 3 if fault.entry is None
                                 else fault.entry)
        else:
            table = "LDT" if error & 4 else "GDT"
            unit = "entry %d (selector %#x)" % (error >> 3, error & 0xFFFC)
        return "about %s of the %s%s (error code %#x)" % (
            unit, table,
            ", while delivering an event" if error & 1 else "", error)
    return None


def explain_fault(fault, symbols):
    """One exception: a line, and indented lines about it."""
    lines = ["%s at %s" % (fault.name(), symbols.place(fault.rip))]
    error = explain_error(fault)
    if error:
        lines.append("    " + error)
    if fault.undelivered is not None:
        lines.append("    the processor could not call a handler: %s"
                     % why_undelivered(fault))
    return lines


def why_undelivered(fault):
    """Why the delivery of an exception failed."""
    size = 16 if fault.long_mode() else 8
    if fault.idt_limit is not None:
        entries = (fault.idt_limit + 1) // size
        if entries == 0:
            return "no interrupt descriptor table is loaded"
        if entries <= fault.vector:
            return "the interrupt descriptor table ends at entry %d" % (
                entries - 1)
    if fault.undelivered == 14:
        return "that caused a page fault (stack pointer %#x)" % fault.rsp
    return "that caused a %s; is entry %d of the table valid?" % (
        VECTORS.get(fault.undelivered, "fault %d" % fault.undelivered),
        fault.vector)


def explain_reset(log, symbols):
    """Lines that tell why the machine was reset."""
    if not log.triple_fault:
        return ["The kernel asked for the reset: there is no triple fault "
                "in QEMU's log."]
    lines = ["A triple fault reset the machine.  What led to it:", ""]
    for number, fault in enumerate(log.fatal_chain(), 1):
        for i, line in enumerate(explain_fault(fault, symbols)):
            lines.append(("%d. " % number if i == 0 else "   ") + line)
    return lines


def explain_faults(log, symbols, most=5):
    """Lines about the last exceptions and interrupts, oldest first; the
    same one many times over is told once."""
    runs = []
    for fault in log.faults:
        if runs and runs[-1][0].same_as(fault):
            runs[-1][1] += 1
        else:
            runs.append([fault, 1])
    lines = []
    for fault, count in runs[-most:]:
        told = explain_fault(fault, symbols)
        if count > 1:
            told[0] += ", %d times" % count
        lines += told
    return lines
