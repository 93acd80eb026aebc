"""Reading what a program said about its tests.

Programs in C say `Running N tests`, then for each test `NAME... ` before
it runs, and after it `[ok]` or `[failed]`.
"""

import re

TAIL = 12               # lines of a log that a message shows
FLOOD = 8 << 20         # bytes; a kernel that says more never ends


class Report:
    """What a program said about its tests.

    total   N of `Running N tests`, None without that line
    tests   (name, True / False / None for no result, its lines)
    """

    # A longer name is none: it is something that was printed.
    START = re.compile(r"^([A-Za-z_][\w:/-]{0,99})\.\.\.(?: |$)", re.M)

    def __init__(self, text, known=()):
        self.total = None
        running = re.search(r"^Running (\d+) tests?\b", text, re.M)
        if running:
            self.total = int(running[1])
            text = text[running.end():]
        starts = [match for match in self.START.finditer(text)
                  if not known or match[1] in known]
        self.tests = []
        for i, match in enumerate(starts):
            last = i + 1 == len(starts)
            end = len(text) if last else starts[i + 1].start()
            result, lines = self._judge(text[match.end():end])
            # Something that only looks like a test has no result.
            if result is not None or last:
                self.tests.append((match[1], result, lines))

    @staticmethod
    def _judge(body):
        result = None
        lines = []
        for line in body.split("\n"):
            mark = re.search(r"\[(ok|failed)\]\s*$", line)
            if mark:
                if result is not False:
                    result = mark[1] == "ok"
                line = line[:mark.start()]
            if line.strip():
                lines.append(line.strip(" "))
        return result, lines

    def running(self):
        """The test that had begun and not ended, None if there is none."""
        if self.tests and self.tests[-1][1] is None:
            return self.tests[-1]
        return None


def panic_line(text):
    """The line that says that the kernel panicked, None without one."""
    found = re.search(r"^\s*((?:kernel )?panic\b.*)", text, re.M | re.I)
    return found and found[1].strip()


def tail(text, lines=TAIL):
    """The last lines of a text that are not empty at the end."""
    return text.rstrip().split("\n")[-lines:] if text.strip() else []


def quote(title, lines):
    """Lines under a title, or the remark that there are none."""
    if not lines:
        return [title + ": nothing"]
    return [title + ":"] + ["    " + line for line in lines]
