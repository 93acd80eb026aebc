"""Waiting until something is so, with a limit: the only such loop."""

import time


class TooLate(Exception):
    """What was waited for did not come within its limit."""


def until(look, seconds, complaint="it did not happen", step=0.01):
    """Calls `look` every `step` seconds until it returns something true,
    and returns that.  After the limit (None: there is none) TooLate says
    the complaint, a text or a function that makes one.  `look` is called
    at least once, and once more at the limit."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while True:
        late = deadline is not None and time.monotonic() >= deadline
        found = look()
        if found:
            return found
        if late:
            raise TooLate("after %.1f s %s" % (
                seconds, complaint() if callable(complaint) else complaint))
        time.sleep(step)
