"""Which point of the book is nearest to a reader's own files.

A reader who has come as far as some listing may have slipped before it:
forgotten a line, or a whole listing. So what is missing counts less than
what the book brings only later, and what the book never has, a reader's
own lines and files, says nothing about the place.
"""

from collections import Counter

from ..reading.tree import Tree
from .units import units

LATER = 5                       # the weight of what comes only later
ALIKE = 0.7                     # what a file of another name must share
FOREIGN = 40                    # files that are looked at for that


class Course:
    """The trees of the book's steps, from the empty one on. Tree number n
    is the one after the n-th step."""

    def __init__(self, steps):
        self.steps = steps
        self.trees = [Tree()] + [step.tree for step in steps]
        self.counters = {}
        self.versions = list(self.changes())
        self.known = {path for _, path, _ in self.versions}
        self.births = {}        # (path, unit) -> the first tree with it
        for number, path, file in self.versions:
            for unit in self.counter(path, file):
                self.births.setdefault((path, unit), number)

    def changes(self):
        """(number of the tree, path, file or None) for all that changes."""
        before = {}
        for number, tree in enumerate(self.trees):
            for path, file in tree.files.items():
                if before.get(path) is not file:
                    yield number, path, file
            for path in sorted(before.keys() - tree.files.keys()):
                yield number, path, None
            before = tree.files

    def counter(self, path, file):
        """The units of a version of a file; the trees share most."""
        key = path, id(file)
        if key not in self.counters:
            self.counters[key] = count(path, file.lines if file else ())
        return self.counters[key]

    def gone(self, number, path, unit):
        """The last tree, up to a number, that took a unit away."""
        found, before = None, 0
        for at, name, file in self.versions:
            if name == path and at <= number:
                now = self.counter(path, file)[unit]
                found, before = (at if now < before else found), now
        return found


class Place:
    """A reader's files (path -> lines) beside a course."""

    def __init__(self, course, mine):
        self.course, self.mine = course, mine
        self.misplaced = {}     # the book's path -> the reader's
        self.counted = {path: count(path, lines)
                        for path, lines in mine.items()}
        self.find_misplaced()

    def find_misplaced(self):
        """Files that only their name keeps from being the book's."""
        course = self.course
        foreign = sorted(self.mine.keys() - course.known)[:FOREIGN]
        absent = [(path, course.counter(path, file))
                  for _, path, file in course.versions
                  if file and path not in self.mine]
        for name in foreign:
            lines = self.mine[name]
            best = max(((alike(count(path, lines), counter), path)
                        for path, counter in absent), default=(0, ''))
            if best[0] >= ALIKE and best[1] not in self.misplaced:
                self.misplaced[best[1]] = name
                self.counted[best[1]] = count(best[1], lines)

    def here(self):
        """The files as far as the book knows them: path -> lines."""
        found = {path: lines for path, lines in self.mine.items()
                 if path in self.course.known}
        found.update((path, self.mine[name])
                     for path, name in self.misplaced.items())
        return found

    def own(self):
        """The reader's files that the book knows nothing of."""
        return sorted(self.mine.keys() - self.course.known
                      - set(self.misplaced.values()))

    def nearest(self):
        """The numbers of the nearest trees; 0 is the empty one. There are
        several where they differ in comments only, or in the order."""
        here = self.here()
        costs = {path: self.cost(0, path, None) for path in here}
        totals, at = [], 0
        for number, path, file in self.course.versions:
            totals += [sum(costs.values())] * (number - at)
            at = number
            costs[path] = self.cost(number, path, file)
        totals += [sum(costs.values())] * (len(self.course.trees) - at)
        least = min(totals)
        return [n for n, total in enumerate(totals) if total == least]

    def cost(self, number, path, file):
        """How far a version of a file is from the reader's."""
        mine = self.counted.get(path, Counter())
        book = self.course.counter(path, file)
        total = sum((book - mine).values())
        for unit, extra in (mine - book).items():
            birth = self.course.births.get((path, unit))
            if birth is not None:
                total += extra * (LATER if birth > number else 1)
        return total

    def rest(self, number):
        """How many lines differ in any way but blanks."""
        here = self.here()
        files = self.course.trees[number].files
        total = 0
        for path in files.keys() | here.keys():
            one, other = (Counter(''.join(text.split()) for text in lines)
                          for lines in (
                              files[path].lines if path in files else (),
                              here.get(path, ())))
            total += sum(((one - other) + (other - one)).values())
        return total

    def resembles(self, number):
        """Whether the reader's files have most of a tree at all."""
        same = total = 0
        for path, file in self.course.trees[number].files.items():
            book = self.course.counter(path, file)
            total += sum(book.values())
            same += sum((book & self.counted.get(path, Counter())).values())
        return 0 < total <= 2 * same


def count(path, lines):
    return Counter(unit.text for unit in units(path, lines))


def alike(one, other):
    """From 0 to 1: the part that two files have in common."""
    total = sum(one.values()) + sum(other.values())
    return 2 * sum((one & other).values()) / total if total >= 4 else 0
