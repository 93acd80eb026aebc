"""What the tool has to say about the book: errors and warnings by place."""

import threading
from collections import Counter
from dataclasses import dataclass

# Pages of the first edition.  What the second one asks of a page is only
# counted in these; a chapter that has been rewritten leaves the list.
OLD_PAGES = (
    '01-freestanding', '02-minimal-kernel', '04-testing',
    '05-exceptions', '06-double-faults', '07-hw-interrupts',
    '08-paging-intro', '09-paging', '10-heap', '11-allocators',
    '12-async')


def is_old(page):
    """Whether a page (book/03-vga.md) waits to be rewritten."""
    return page[len('book/'):-len('.md')] in OLD_PAGES


@dataclass
class Problem:
    """One sentence about one line of one page."""
    page: str
    line: int
    text: str
    warning: bool = False

    def __str__(self):
        word = 'warning: ' if self.warning else ''
        return '%s:%d: %s%s' % (self.page, self.line, word, self.text)


class Report:
    """Collects problems from all threads; prints them in book order."""

    def __init__(self):
        self.problems = []
        self.old = Counter()    # page -> what is only counted there
        self.lock = threading.Lock()

    def error(self, page, line, text):
        self.add(Problem(page, line, text))

    def warning(self, page, line, text):
        self.add(Problem(page, line, text, warning=True))

    def rule(self, page, line, text, warning=False):
        """Something that only the second edition asks for."""
        if is_old(page):
            with self.lock:
                self.old[page] += 1
        else:
            self.add(Problem(page, line, text, warning))

    def add(self, problem):
        with self.lock:
            self.problems.append(problem)

    def take(self, other):
        """Takes over what another report has."""
        self.problems += other.problems
        self.old += other.old

    def errors(self):
        return [p for p in self.problems if not p.warning]

    def warnings(self):
        return [p for p in self.problems if p.warning]

    def lines(self):
        return [str(problem) for problem in sorted(
            self.problems, key=lambda p: (p.page, p.line))]


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
