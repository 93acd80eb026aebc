"""Where a reader's files are not as the book has them at one point.

Each difference knows the listing that wrote what should be there, or
took away what should not.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import chain

from ..reading import forms
from ..reading.report import one_line
from .units import units

LAST = 1 << 30                  # the order of what no listing tells
SLIDE = 12                      # units
CLOSING = ('}', ';', '},')


@dataclass
class Difference:
    step: int                   # the tree that its listing made, or LAST
    path: str                   # the reader's
    line: int                   # of the reader's file, 0 for all of it
    text: str
    vague: bool = False         # about braces, which are alike


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
            if isinstance(step.item, forms.Given):
                key = step.item.source
            self.starts.setdefault(key, []).append(
                (step.item.line if step.item and key == step.page else 0,
                 at))
        here = place.here()
        for path in sorted(self.tree.files.keys() | here.keys()):
            self.compare(path, here.get(path))
        self.found.sort(key=lambda d: (d.vague, d.step, d.path, d.line))

    def add(self, step, path, line, text, vague=False):
        self.found.append(Difference(
            step, self.place.misplaced.get(path, path), line, text, vague))

    def compare(self, path, lines):
        if path not in self.tree.files:
            self.needless(path)
        elif lines is None:
            self.missing(path)
        else:
            if path in self.place.misplaced:
                self.add(self.born(path), path, 0,
                         'should be %s' % path)
            if lines != self.tree.files[path].lines + ['']:
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
        item = self.course.steps[step - 1].item if step != LAST else None
        total = sum(self.written(path, unit) == step
                    for path in item.touched() if path in self.tree.files
                    for unit in units(path, self.tree.files[path].lines))
        return 0 < total == self.absent.get(step, 0)


class FileComparison:
    """One file of the reader's, compared with the book's."""

    def __init__(self, whole, path, lines):
        self.whole, self.path = whole, path
        self.lines, self.book_lines = lines, whole.tree.files[path].lines
        self.mine = units(path, lines)
        self.book = units(path, self.book_lines)
        self.counts = [Counter(unit.text for unit in some)
                       for some in (self.mine, self.book)]

    def run(self):
        blocks = [self.slid(*block) for block in SequenceMatcher(
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

    def slid(self, tag, i, i2, j, j2):
        """A block, moved to where it is likeliest to be meant: a brace at
        its end may as well be the one before it. Best is what one listing
        wrote, from the beginning of a line on."""
        if tag == 'replace':
            return tag, i, i2, j, j2
        some, start, end = (self.book, j, j2) if tag == 'insert' else \
            (self.mine, i, i2)

        def odd(step):
            first = some[start + step]
            above = some[start + step - 1].tokens[-1][1] \
                if start + step else 0
            listings = {self.written(unit) for unit in
                        some[start + step:end + step]} \
                if tag == 'insert' else ()
            return (len(listings), above == first.line,
                    first.text in CLOSING, abs(step))
        step = min((step for step in range(-SLIDE, SLIDE + 1)
                    if self.slides(some, start, end, step)), key=odd)
        return tag, i + step, i2 + step, j + step, j2 + step

    @staticmethod
    def slides(some, start, end, step):
        """Whether taking away some[start:end], moved by a step, leaves the
        same units."""
        if not 0 <= start + step <= end + step <= len(some):
            return False
        return all(some[start + k].text == some[end + k].text
                   for k in (range(step) if step > 0 else range(step, 0)))

    @staticmethod
    def texts(some, start, end):
        return tuple(unit.text for unit in some[start:end])

    def written(self, unit):
        return self.whole.written(self.path, unit)

    def add(self, step, line, text, vague=False):
        self.whole.add(step, self.path, line, text, vague)

    def shown(self, line):
        return one_line(self.lines[line - 1].strip())

    def in_book(self, line):
        return one_line(self.book_lines[line - 1].strip())

    def missing(self, i, j, j2, moved):
        """Units of the book that are not there, or are elsewhere."""
        above = self.mine[i - 1].tokens[-1][1] if i else 0
        where = 'after line %d (%s)' % (above, self.shown(above)) \
            if above else 'at the top'
        units_here = list(filter(self.lacks, self.book[j:j2])) or \
            self.book[j:j2]
        step = min(map(self.written, units_here))
        if moved:
            line = self.mine[moved[0]].line
            self.add(step, line, '%s should stand %s' % (
                self.shown(line), where))
            return
        for unit in self.book[j:j2]:
            self.whole.note_absent(self.written(unit))
        first = self.book[j].line
        count = len({line for unit in self.book[j:j2]
                     for _, line in unit.tokens})
        if above and j and self.book[j - 1].tokens[-1][1] == first:
            # The line is there, but not all of it.
            self.add(step, above, '%s should be %s' % (
                self.shown(above), self.in_book(first)))
        elif count == 1:
            self.add(step, above, '%s is missing %s' % (
                self.in_book(first), where),
                all(unit.text in CLOSING for unit in self.book[j:j2]))
        else:
            first = next(unit.line for unit in units_here
                         if self.written(unit) == step)
            self.add(step, above, '%d lines are missing %s, with %s' % (
                count, where, self.in_book(first)))

    def lacks(self, unit):
        """Whether the file has too few of a unit; braces tell little."""
        return unit.text not in CLOSING and \
            self.counts[0][unit.text] < self.counts[1][unit.text]

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
        old = [number for number, words in map(self.known, mine) if words]
        if old and all((self.path, unit.text) in self.whole.course.births
                       for unit in mine):
            # Nothing of one's own: what stood here once, or will stand.
            step = min(old) if max(old) <= self.whole.number else max(old)
            for unit in book:
                self.whole.note_absent(self.written(unit))
        # Where nothing is wanting, another place tells more.
        self.add(step, line, '%s should be %s' % (
            self.shown(line), self.in_book(book_line)),
            not old and not any(map(self.lacks, book)))
