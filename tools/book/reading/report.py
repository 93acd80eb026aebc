"""What the tool has to say about the book: errors and warnings by place."""

import threading


class Problem:
    """One sentence about one line of one page."""

    def __init__(self, page, line, text, warning=False):
        self.page, self.line, self.text = page, line, text
        self.warning = warning

    def __str__(self):
        word = 'warning: ' if self.warning else ''
        return '%s:%d: %s%s' % (self.page, self.line, word, self.text)

    def key(self):
        return (self.page, self.line)


class Report:
    """Collects problems from all threads; prints them in book order."""

    def __init__(self):
        self.problems = []
        self.lock = threading.Lock()

    def error(self, page, line, text):
        self.add(Problem(page, line, text))

    def warning(self, page, line, text):
        self.add(Problem(page, line, text, warning=True))

    def add(self, problem):
        with self.lock:
            self.problems.append(problem)

    def errors(self):
        return [p for p in self.problems if not p.warning]

    def warnings(self):
        return [p for p in self.problems if p.warning]

    def print(self, out):
        for problem in sorted(self.problems, key=Problem.key):
            print(problem, file=out)


class PageError(Exception):
    """Stops the reading of one form; becomes an error of the report."""

    def __init__(self, line, text):
        super().__init__(text)
        self.line, self.text = line, text


def one_line(text, limit=100):
    """A line as it is quoted in a message: tabs visible, not too long."""
    text = text.replace('\t', '<tab>')
    if len(text) > limit:
        text = text[:limit - 3] + '...'
    return '`%s`' % text if text.strip() else 'an empty line'
