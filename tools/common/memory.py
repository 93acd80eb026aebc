"""Results remembered by the content of everything they came from.

    known = Memory("tests")
    key = files.digest(...)         # of all that the result depends on
    known.recall(key)               # what was remembered, or None
    known.remember(key, value)      # anything that JSON can hold

One file each, in build/memory/KIND/.  Nothing is judged by a name or a
date, so a memory is never wrong, only unknown; what has not been asked
for in a while is removed.  FRESH=1 in the environment recalls nothing.
A directory that can't be written costs time, not the run.

MEMORY_DIRECTORY puts it elsewhere, for tests: the proof of the book gives
its own to the runs that it starts.  So does `base`, for a tool that works
on another repository than the one that it is in.
"""

import json
import os
import time

from . import files

DAYS = 30


class Memory:
    """What is remembered of one kind of result."""

    def __init__(self, kind, base=None):
        base = (base or os.environ.get("MEMORY_DIRECTORY")
                or os.path.join(files.BUILD, "memory"))
        self.directory = os.path.join(base, kind)
        self.fresh = bool(os.environ.get("FRESH"))

    def recall(self, key):
        """What is remembered under a key; None if nothing is."""
        if self.fresh:
            return None
        path = os.path.join(self.directory, key)
        try:
            with open(path, encoding="utf-8") as file:
                value = json.load(file)
            os.utime(path)
            return value
        except (OSError, ValueError):
            return None

    def remember(self, key, value):
        """Remembers a value under a key."""
        try:
            files.write(os.path.join(self.directory, key),
                        json.dumps(value))
        except OSError:
            pass

    def tidy(self):
        """Removes what nobody has asked for in a month."""
        try:
            paths = [os.path.join(self.directory, name)
                     for name in os.listdir(self.directory)]
            for path in paths:
                if time.time() - os.path.getmtime(path) > DAYS * 86400:
                    os.remove(path)
        except OSError:
            pass
