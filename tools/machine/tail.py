"""The end of a log that may be endless."""

import os
import threading


class LogTail:
    """Reads a log from a pipe and keeps its end: a kernel that faults
    for ever makes QEMU write 200 MB a second."""

    def __init__(self, size):
        self.size = size
        self.total = 0
        self._reading, self.writing = os.pipe()
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def begin(self):
        """To be called when the program that writes has started."""
        os.close(self.writing)
        self._thread.start()

    def _read(self):
        with open(self._reading, "rb", buffering=0) as pipe:
            while True:
                data = pipe.read(1 << 16)
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

    def text(self):
        """The end of the log, beginning at a whole line."""
        with self._lock:
            kept = bytes(self._kept[-self.size:])
            cut = self.total > len(kept)
        if cut:
            kept = kept[kept.find(b"\n") + 1:]
        return kept.decode("utf-8", "replace")
