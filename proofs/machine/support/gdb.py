"""Speaks to QEMU's GDB server, without GDB: a machine can be stopped
at an instruction, and what it holds there read and changed (GDB manual,
"GDB Remote Serial Protocol")."""

import socket
import struct
import time

from machine import qemu

REGISTERS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
             "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"]
FLAGS = 17          # eflags, then the six segments: 32 bits each
SEGMENTS = ["cs", "ss", "ds", "es", "fs", "gs"]

LOOK = 0.5      # seconds until a machine that runs on is looked at

FLAG_INTERRUPT = 1 << 9
FLAG_DIRECTION = 1 << 10
FLAG_ID = 1 << 21


class Gdb:
    """The connection to a machine that was started with gdb=True."""

    def __init__(self, machine):
        self._machine = machine
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(LOOK)
        self._socket.connect(machine.gdb_socket)
        self._received = b""
        # Makes QEMU forget the breakpoints of whoever was here before.
        self.ask("?")
        # QEMU lets registers be changed one by one only by somebody who
        # has asked what they are.
        self.ask("qXfer:features:read:target.xml:0,ffb")

    def close(self):
        """Hangs up."""
        self._socket.close()

    def ask(self, command):
        """Sends a packet and returns the answer to it."""
        data = command.encode()
        self._socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xFF))
        return self._answer()

    def _answer(self):
        deadline = time.monotonic() + qemu.limit(20)
        while True:
            start = self._received.find(b"$")
            end = self._received.find(b"#", start)
            if start >= 0 and 0 <= end <= len(self._received) - 3:
                answer = self._received[start + 1:end]
                self._received = self._received[end + 3:]
                self._socket.sendall(b"+")
                return answer.decode()
            try:
                data = self._socket.recv(65536)
            except socket.timeout:
                if time.monotonic() > deadline or self._gave_up():
                    raise AssertionError(
                        "the machine did not come to the place where it was "
                        "to stop; it is at %#x, and the screen shows\n%s"
                        % (self._stuck_at(),
                           self._machine.screen().text)) from None
                continue
            assert data, "QEMU closed its GDB server"
            self._received += data

    def _gave_up(self):
        """Whether the kernel has halted for ever instead."""
        return (self._machine.halted_for_ever()
                and self._stuck_at() >= 1 << 20)

    def _stuck_at(self):
        return self._machine.registers().get("rip", 0)

    def _must(self, command):
        answer = self.ask(command)
        assert answer == "OK", "QEMU answers %r to %r" % (answer, command)

    def registers(self):
        """The registers by name; `flags` is RFLAGS."""
        data = bytes.fromhex(self.ask("g").replace("x", "0"))
        values = dict(zip(REGISTERS, struct.unpack_from("<17Q", data)))
        small = struct.unpack_from("<7I", data, 17 * 8)
        values["flags"] = small[0]
        values.update(zip(SEGMENTS, small[1:]))
        return values

    def set(self, **registers):
        """Changes registers."""
        for name, value in registers.items():
            if name == "flags":
                self._must("P%x=%s" % (FLAGS, struct.pack("<I", value).hex()))
            else:
                self._must("P%x=%s" % (REGISTERS.index(name),
                                       struct.pack("<Q", value).hex()))

    def memory(self, address, size):
        """Bytes of memory, as the processor sees it."""
        answer = self.ask("m%x,%x" % (address, size))
        assert not answer.startswith("E"), "no memory at %#x" % address
        return bytes.fromhex(answer)

    def write(self, address, data):
        """Changes memory."""
        self._must("M%x,%x:%s" % (address, len(data), data.hex()))

    def write_physical(self, address, data):
        """Changes memory at a physical address."""
        self._must("Qqemu.PhyMemMode:1")
        try:
            self.write(address, data)
        finally:
            self._must("Qqemu.PhyMemMode:0")

    def step(self):
        """Executes one instruction."""
        self.ask("s")

    def run_to(self, address):
        """Goes on until an instruction at this address is next."""
        self._must("Z1,%x,1" % address)
        self.ask("c")
        self._must("z1,%x,1" % address)

    def go(self):
        """Goes on, and leaves the machine alone."""
        self._must("D")
