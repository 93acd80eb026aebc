"""`make mine`, tried on slips at many points of the real book.

    python3 -m unittest tests.book.test_mine

Each slip is made in the tree that the book has after some listing, as a
reader would make it; the answer must name the place in the book, the
file and line, and the listing to look at. Which lines it hits is chosen
by a generator with a fixed seed, so that a failure can be made again.
"""

import contextlib
import io
import os
import random
import re
import sys
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from book import mine as module  # noqa: E402
from book.history import branch  # noqa: E402
from book.replay import apply, touched  # noqa: E402
from book.report import PageError  # noqa: E402
from book.tree import Tree, write_tree  # noqa: E402

GUIDE = module.Guide(ROOT)
COURSE = GUIDE.course
POINTS = range(12, len(COURSE.trees), 5)
SEED = 2
# Of 100 slips of a kind, so many must be answered rightly.
ENOUGH = 100


def lines_of(number):
    """The tree of a number as a reader's files: path -> lines."""
    return {path: list(file.lines)
            for path, file in COURSE.trees[number].files.items()}


def wrote(number, path, line):
    """The number of the listing that wrote a line."""
    page, at = COURSE.trees[number].files[path].origins[line - 1]
    return max(n for n, step in enumerate(COURSE.steps, 1)
               if step.page == page and step.item.line <= at)


def means_something(path, text):
    """Whether a line is more than a comment, and stands for itself."""
    text = text.strip()
    return len(text) > 4 and not text.startswith(('//', '#', ';', '/*')) \
        and re.search(r'\w{3}', text.split('//')[0].split(';')[0])


def alone(number, path, line):
    """Whether the file has a line only once, so that it can be told."""
    lines = COURSE.trees[number].files[path].lines
    return sum(text.strip() == lines[line - 1].strip()
               for text in lines) == 1


def some_line(number, chance):
    """A line that a reader has typed: path, line (from 1)."""
    files = COURSE.trees[number].files
    found = [(path, line) for path, file in sorted(files.items())
             for line, text in enumerate(file.lines, 1)
             if means_something(path, text) and alone(number, path, line)]
    return chance.choice(found) if found else (None, 0)


class Slips(unittest.TestCase):
    """Counts what was right; a few places may be told otherwise."""

    def setUp(self):
        self.chance = random.Random(SEED)
        self.tried, self.wrong = 0, []

    def expect(self, number, mine, path, lines, listings):
        """The place, and the first difference: its file, one of some
        lines, and one of some listings."""
        self.tried += 1
        answer = GUIDE.look(mine)
        first = (answer.differences or [None])[0]
        if answer.where != GUIDE.where(number) or not first or \
                first.path != path or first.line not in lines or \
                first.step not in listings:
            self.wrong.append('at %d (%s): %s:%s by %s, but: %s' % (
                number, GUIDE.where(number), path, list(lines),
                [GUIDE.listing(n) for n in listings], '\n    '.join(
                    GUIDE.words(answer))))

    def tearDown(self):
        self.assertGreater(self.tried, 20)
        print(self.id(), self.tried, len(self.wrong))
        self.assertGreaterEqual(
            100 * (self.tried - len(self.wrong)), ENOUGH * self.tried,
            '\n'.join(self.wrong))

    def test_a_line_forgotten(self):
        for number in POINTS:
            path, line = some_line(number, self.chance)
            if path:
                mine = lines_of(number)
                del mine[path][line - 1]
                self.expect(number, mine, path, range(line - 3, line + 2),
                            [wrote(number, path, line)])

    def test_a_typo(self):
        for number in POINTS:
            path, line = some_line(number, self.chance)
            if path:
                mine = lines_of(number)
                text = mine[path][line - 1]
                at = self.chance.choice([m.start() + 1 for m in re.finditer(
                    r'\w{3}', text.split('//')[0])])
                mine[path][line - 1] = text[:at] + 'q' + text[at + 1:]
                self.expect(number, mine, path, [line],
                            [wrote(number, path, line)])


if __name__ == '__main__':
    unittest.main()
