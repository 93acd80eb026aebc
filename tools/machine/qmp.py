"""The connection to QEMU: its machine protocol (QMP), which is JSON, a
message a line, over a socket; and what its answers mean."""

import json
import re
import select
import socket
import time

from .errors import LimitPassed, QemuError


class Connection:
    """QEMU connects to us: nothing to poll for, nothing to miss.

    events      what QEMU reported unasked, oldest first
    reason      its word for why the machine ended, None before
    """

    def __init__(self, path):
        self.events = []
        self.reason = None
        self._socket = None
        self._received = b""
        self._messages = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(1)

    def accept(self, seconds):
        """Whether QEMU has connected within so many seconds."""
        if not select.select([self._listener], [], [], seconds)[0]:
            return False
        self._socket = self._listener.accept()[0]
        return True

    def close(self):
        """Hangs up."""
        self._listener.close()
        if self._socket is not None:
            self._socket.close()

    def ask(self, command, arguments, seconds):
        """Sends a command and returns the answer; EOFError when QEMU has
        hung up."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            pass  # it has just ended: the next read says so
        answer = self._answer(seconds)
        if "error" in answer:
            raise QemuError("QEMU refuses %s: %s"
                            % (command, answer["error"].get("desc")))
        return answer["return"]

    def _answer(self, seconds):
        deadline = time.monotonic() + seconds
        while not self._messages:
            left = deadline - time.monotonic()
            if left <= 0:
                raise LimitPassed("QEMU did not answer within %.0f s"
                                  % seconds)
            if not self.receive(left):
                raise EOFError
        return self._messages.pop(0)

    def receive(self, seconds):
        """Reads what QEMU has sent; False when it has hung up."""
        if self._socket is None:
            return False
        if not select.select([self._socket], [], [], seconds)[0]:
            return True
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in filter(bytes.strip, lines):
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)
                if message["event"] == "SHUTDOWN":
                    details = message.get("data", {})
                    self.reason = details.get("reason", "shutdown")
            elif "QMP" not in message:  # which is a greeting
                self._messages.append(message)
        return bool(data)


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
