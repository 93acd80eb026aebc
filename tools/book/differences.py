"""Where a reader's files are not as the book has them at one point.

Each difference knows the listing that wrote what should be there, or
took away what should not.
"""

from bisect import bisect_right
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from . import forms
from .report import one_line
from .units import units

LAST = 1 << 30                  # the order of what no listing tells


@dataclass
class Difference:
    step: int                   # the tree that its listing made, or LAST
    path: str                   # the reader's
    line: int                   # of the reader's file, 0 for all of it
    text: str


class Comparison:
    """A reader's place, compared with the tree of one number."""

    def __init__(self, place, number):
        self.place, self.number = place, number
        self.course = place.course
        self.tree = self.course.trees[number]
        self.found = []
        self.absent = {}        # tree -> units of its listing not there
        self.starts = {}        # page -> [(line, number of the tree)]
        for at, step in enumerate(self.course.steps, 1):
            key = step.page if step.item else step.page + ':rest'
            self.starts.setdefault(key, []).append(
                (step.item.line if step.item else 0, at))
        here = place.here()
        for path in sorted(self.tree.files.keys() | here.keys()):
            self.compare(path, here.get(path))
        self.found.sort(key=lambda d: (d.step, d.path, d.line))

    def add(self, step, path, line, text):
        self.found.append(Difference(
            step, self.place.misplaced.get(path, path), line, text))

    def compare(self, path, lines):
        if path not in self.tree.files:
            self.needless(path)
        elif lines is None:
            self.missing(path)
        else:
            if path in self.place.misplaced:
                self.add(self.born(path), path, 0,
                         'should be %s' % path)
            FileComparison(self, path, lines).run()

    # --- Whole files -----------------------------------------------------

    def missing(self, path):
        step = self.born(path)
        item = self.course.steps[step - 1].item
        for unit in units(path, self.tree.files[path].lines):
            self.note_absent(self.written(path, unit))
        if isinstance(item, forms.Move) and item.old in self.place.mine:
            self.add(step, path, 0, '%s should have this name now' % item.old)
        else:
            self.add(step, path, 0, 'is missing')

    def needless(self, path):
        gone = [at for at, name, file in self.course.versions
                if name == path and not file and at <= self.number]
        if not gone:
            born = min(at for at, name, _ in self.course.versions
                       if name == path)
            self.add(born, path, 0, 'comes only later')
        elif self.moved(gone[-1], path) in self.place.mine or \
                not self.moved(gone[-1], path):
            self.add(gone[-1], path, 0, 'should be gone')

    def moved(self, number, path):
        """The new name, if a file went by being moved."""
        item = self.course.steps[number - 1].item
        return item.new if isinstance(item, forms.Move) and \
            item.old == path else ''

    def born(self, path):
        """The tree since which there is a file of this name."""
        return max(at for at, name, file in self.course.versions
                   if name == path and at <= self.number
                   and path not in self.course.trees[at - 1].files)

    # --- Lines -----------------------------------------------------------

    def wrote(self, path, line):
        """The tree whose listing wrote a line of the book."""
        page, at = self.tree.files[path].origins[line - 1]
        starts = self.starts[page]
        return starts[bisect_right(starts, (at, LAST)) - 1][1]

    def written(self, path, unit):
        return max(self.wrote(path, line) for _, line in unit.tokens)

    def note_absent(self, step):
        self.absent[step] = self.absent.get(step, 0) + 1

    def nothing_of(self, step):
        """Whether the reader's files have nothing of what a listing
        wrote."""
        total = sum(self.written(path, unit) == step
                    for path, file in self.tree.files.items()
                    for unit in units(path, file.lines))
        return 0 < total == self.absent.get(step, 0)


class FileComparison:
    """One file of the reader's, compared with the book's."""

    def __init__(self, whole, path, lines):
        self.whole, self.path = whole, path
        self.lines, self.book_lines = lines, whole.tree.files[path].lines
        self.mine = units(path, lines)
        self.book = units(path, self.book_lines)

    def run(self):
        blocks = [block for block in SequenceMatcher(
            None, [u.text for u in self.mine], [u.text for u in self.book],
            False).get_opcodes() if block[0] != 'equal']
        too_many = {self.texts(self.mine, i, i2): (i, i2)
                    for tag, i, i2, _, _ in blocks if tag == 'delete'}
        moved = {}
        for tag, _, _, j, j2 in blocks:
            run = self.texts(self.book, j, j2)
            if tag == 'insert' and run in too_many:
                moved[j] = too_many.pop(run)
        elsewhere = set(moved.values())
        for tag, i, i2, j, j2 in blocks:
            if tag == 'insert':
                self.missing(i, j, j2, moved.get(j))
            elif tag == 'replace':
                self.replaced(self.mine[i:i2], self.book[j:j2])
            elif (i, i2) not in elsewhere:
                self.needless(i, i2)

    @staticmethod
    def texts(some, start, end):
        return tuple(unit.text for unit in some[start:end])

    def add(self, step, line, text):
        self.whole.add(step, self.path, line, text)

    def shown(self, line):
        return one_line(self.lines[line - 1].strip())

    def in_book(self, line):
        return one_line(self.book_lines[line - 1].strip())

    def missing(self, i, j, j2, moved):
        """Units of the book that are not there, or are elsewhere."""
        step = min(self.whole.written(self.path, unit)
                   for unit in self.book[j:j2])
        above = self.mine[i - 1].tokens[-1][1] if i else 0
        where = 'after line %d (%s)' % (above, self.shown(above)) \
            if above else 'at the top'
        if moved:
            line = self.mine[moved[0]].line
            self.add(step, line, '%s should stand %s' % (
                self.shown(line), where))
            return
        for unit in self.book[j:j2]:
            self.whole.note_absent(self.whole.written(self.path, unit))
        first = self.book[j].line
        count = len({line for unit in self.book[j:j2]
                     for _, line in unit.tokens})
        if above and j and self.book[j - 1].tokens[-1][1] == first:
            # The line is there, but not all of it.
            self.add(step, above, '%s should be %s' % (
                self.shown(above), self.in_book(first)))
        elif count == 1:
            self.add(step, above, '%s is missing %s' % (
                self.in_book(first), where))
        else:
            self.add(step, above, '%d lines are missing %s, from %s on' % (
                count, where, self.in_book(first)))

    def needless(self, i, i2):
        """Units that the book does not have, here or any more."""
        unit = self.mine[i]
        step, words = self.known(unit)
        line = unit.line
        if i and self.mine[i - 1].tokens[-1][1] == line and \
                not words:
            words = 'has %s too much' % one_line(
                ' '.join(self.texts(self.mine, i, i2)))
        self.add(step, line, '%s %s' % (
            self.shown(line), words or 'is not in the book at this place'))

    def known(self, unit):
        """What the book knows of a unit: its listing, and words."""
        course, number = self.whole.course, self.whole.number
        birth = course.births.get((self.path, unit.text))
        if birth is None:
            return LAST, ''
        if birth > number:
            return birth, 'comes only later'
        gone = course.gone(number, self.path, unit.text)
        return (LAST, '') if gone is None else (gone, 'should be gone')

    def replaced(self, mine, book):
        """Units in place of others: the first line that differs."""
        ours, theirs = (list(chain.from_iterable(u.tokens for u in some))
                        for some in (mine, book))
        same = 0
        while same < min(len(ours), len(theirs)) and \
                ours[same][0] == theirs[same][0]:
            same += 1
        if same == len(ours) == len(theirs):
            return              # only laid out in other lines
        at = book_at = same
        if same and (same == len(ours) or same == len(theirs)
                     or ours[same - 1][1] == ours[same][1]
                     or theirs[same - 1][1] == theirs[same][1]):
            at = book_at = same - 1
        line, book_line = ours[at][1], theirs[book_at][1]
        step = self.whole.wrote(self.path, theirs[min(
            same, len(theirs) - 1)][1])
        old = [self.known(unit) for unit in mine]
        if all(words for _, words in old):
            step = min(number for number, _ in old) if all(
                number <= self.whole.number for number, _ in old) else \
                max(number for number, _ in old)
            for unit in book:
                self.whole.note_absent(self.whole.written(self.path, unit))
        self.add(step, line, '%s should be %s' % (
            self.shown(line), self.in_book(book_line)))
