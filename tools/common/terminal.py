"""What people see: lines, progress, colours; and the frame of a command."""

import errno
import os
import re
import shutil
import sys
import threading

from . import processes

_lock = threading.Lock()
_shown = 0              # characters of the progress line


class Complaint(Exception):
    """Something the user can mend; the message is one clear sentence
    with the remedy.  It ends a command with status 1, without a trace."""


def say(text="", stream=None):
    """A line that stays."""
    progress("")
    print(text, file=stream, flush=True)


def progress(text):
    """A line on a terminal that the next one writes over; "" removes
    it."""
    global _shown
    if not sys.stdout.isatty():
        return
    with _lock:
        text = text[:shutil.get_terminal_size().columns - 1]
        sys.stdout.write("\r" + text.ljust(_shown) + ("" if text else "\r"))
        _shown = len(text)
        sys.stdout.flush()


def painted(text, good):
    """The text in green or red, on a terminal that wants colours."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return "\x1b[%dm%s\x1b[0m" % (32 if good else 31, text)


def visible(text):
    """The text with its control characters written as escapes, newlines
    and tabs aside: what a kernel prints must not drive our terminal."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]",
                  lambda found: repr(found[0])[1:-1], text)


def shown_path(path):
    """A path as one would type it here."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path


def indented(text, by="    "):
    """The text with each line moved to the right."""
    return "\n".join((by + line).rstrip() for line in text.split("\n"))


# What goes wrong outside of us, as a sentence with the remedy.
REMEDIES = {
    errno.ENOSPC: "there is no space left for %s: free some, "
                  "`make clean` removes what was built",
    errno.EDQUOT: "your quota leaves no space for %s: free some, "
                  "`make clean` removes what was built",
    errno.EROFS: "%s is on a file system that can only be read: work in a "
                 "copy of the project",
    errno.EACCES: "%s may not be written or read by you: does it belong to "
                  "somebody else (`ls -ld`), after a run as root?",
    errno.EPERM: "%s may not be changed by you: does it belong to somebody "
                 "else (`ls -ld`), after a run as root?",
}


def remedy(error):
    """What the system refuses as a sentence; None if we know no remedy."""
    name = str(error.filename or "")
    if isinstance(error, FileNotFoundError) and name and "/" not in name:
        return "%s is not installed: run ./setup.sh, which installs what " \
            "is missing" % name
    if error.errno not in REMEDIES:
        return None
    return REMEDIES[error.errno] % (shown_path(name) if name else "a file")


def main(name, work, *errors):
    """The frame of every command: ends the process with what `work()`
    returns, and turns interrupts, complaints (`errors` are more classes
    of them) and what the system refuses into one sentence."""
    for stream in (sys.stdout, sys.stderr):
        # In a locale that has no such characters, "?" is better than an
        # exception.
        stream.reconfigure(errors="replace")
    processes.interrupt_on_signals()
    processes.end_with_make()
    try:
        status = work()
        sys.stdout.flush()
    except KeyboardInterrupt:
        progress("")
        print("interrupted", file=sys.stderr)
        status = 130
    except BrokenPipeError:     # `make test | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except (Complaint, *errors) as error:
        progress("")
        print("%s: %s" % (name, error), file=sys.stderr)
        status = 1
    except OSError as error:
        sentence = remedy(error)
        if not sentence:
            raise
        progress("")
        print("%s: %s" % (name, sentence), file=sys.stderr)
        status = 1
    finally:
        processes.end_all()
    sys.exit(status)
