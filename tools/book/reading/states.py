"""The book as points: the reader's files after each listing.

A course is a page whose listings change the reader's files: a chapter,
which goes on where the one before it ended, or a side page, which starts
from a chapter's end.  Point 0 is the empty directory; every other point
knows the one that it follows.  The commands for readers and the
maintainers' tools see the book only through this.
"""

import os
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import List, Optional

from common.terminal import Complaint

from . import forms
from .replay import apply, read_book, touched
from .report import PageError, Report
from .tree import File, Tree, read_tree


@dataclass
class Course:
    """A page, and the files that it starts from."""
    name: str                   # 03-vga, or a side page's recursive
    page: str                   # book/03-vga.md
    start: str                  # the course that it follows; '' for none
    chapter: bool = True        # has a directory that it leads to


@dataclass
class Point:
    """A listing, and the files after it.  Without a listing: what an
    unfinished page does not tell yet of its chapter's directory."""
    course: Optional[Course]
    item: object
    tree: Tree
    before: int                 # the point that this one follows
    checkpoints: List[str] = field(default_factory=list)

    @property
    def name(self):
        """Where the listing is."""
        if self.item is None:
            return '%s/ (what no listing tells yet)' % self.course.name
        return '%s:%d' % (self.course.page, self.item.line)


def courses(book):
    """Every course, each after the one that it starts from."""
    found = [Course(name, book.page_of(name), before) for before, name
             in zip([''] + book.chapters, book.chapters)]
    return found + [Course(os.path.basename(page)[:-3], page, start, False)
                    for page, start in sorted(
                        getattr(book, 'starts', {}).items())]


class Points:
    """All points of a book, from the empty directory on; or those after
    one chapter's end, which `start` gives: (chapter, tree)."""

    def __init__(self, book, start=None):
        self.book = book
        self.points = [Point(None, None, Tree(), 0)]
        self.checkpoints = {}   # name -> number of the point
        self.ends = {'': 0}     # course -> number of the point
        if start:
            self.ends = {start[0]: 0}
            self.points[0].tree = start[1]
        for course in courses(book):
            if course.start in self.ends and course.name not in self.ends:
                self.follow(course)

    def __getitem__(self, number):
        return self.points[number]

    def __len__(self):
        return len(self.points)

    def follow(self, course):
        """Adds the points of a course."""
        at = self.ends[course.start]
        tree = self.points[at].tree
        for item in self.book.items.get(course.page, []):
            if isinstance(item, forms.Promise):
                if item.name not in self.checkpoints:
                    self.checkpoints[item.name] = at
                    self.points[at].checkpoints.append(item.name)
                continue
            if not isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
                continue
            tree = branch(tree, touched(item))
            try:
                apply(tree, item, course.page)
            except PageError as error:
                raise Complaint('%s:%d: %s' % (course.page, error.line,
                                               error)) from None
            if tree.broken:
                raise Complaint('%s:%d: this listing cannot be read: '
                                '`make check-book` says why' % (
                                    course.page, item.line))
            at = self.add(course, item, tree, at)
        if course.chapter:
            there = read_tree(os.path.join(self.book.root, course.name),
                              course.name)
            if there.snapshot() != tree.snapshot():
                at = self.add(course, None,
                              adopt(tree, there, course.page), at)
        self.ends[course.name] = at

    def add(self, course, item, tree, before):
        self.points.append(Point(course, item, tree, before))
        return len(self.points) - 1

    # --- Asking ----------------------------------------------------------

    def number_of(self, checkpoint):
        """The point of a checkpoint."""
        if checkpoint in self.checkpoints:
            return self.checkpoints[checkpoint]
        course = checkpoint.rpartition('.')[0] or checkpoint
        near = [name for name in self.checkpoints
                if name.rpartition('.')[0] == course.lstrip('0')] or \
            get_close_matches(checkpoint, self.checkpoints, 3, 0.5)
        raise Complaint('there is no checkpoint %s%s' % (
            checkpoint, '; there is ' + ', '.join(near) if near else
            '; one is named like 3.40'))

    def after(self, number):
        """The points that follow one directly, in its course first."""
        found = [at for at, point in enumerate(self.points)
                 if at and point.before == number]
        here = self.points[number].course
        return sorted(found, key=lambda at: (
            self.points[at].course is not here,
            not self.points[at].course.chapter))

    def path_to(self, number):
        """The points from the first listing to one, in their order."""
        found = []
        while number:
            found.append(number)
            number = self.points[number].before
        return found[::-1]

    def born_at(self, number, path):
        """The point since which a file has been there as it is now, by
        the listing that wrote it as a whole; 0 if there is none."""
        for at in reversed(self.path_to(number)):
            before = self.points[self.points[at].before].tree.files
            if is_given(self.points[at].item, path) or path not in before:
                return at
        return 0


def load(root):
    """The points of the book in a repository."""
    return Points(read_book(root, Report()))


def is_given(item, path):
    """Whether a listing is a file that is taken, not typed."""
    given = getattr(forms, 'Given', ())
    return isinstance(item, given) and item.path == path


def describe(item):
    """What a listing does, in a few words."""
    if item is None:
        return 'what no listing tells yet'
    if isinstance(item, forms.NewFile):
        return 'new ' + item.path
    if isinstance(item, forms.Delete):
        return 'delete ' + item.path
    if isinstance(item, forms.Move):
        return 'move %s to %s' % (item.old, item.new)
    if isinstance(item, forms.Change):
        return ', '.join(diff.path for diff in item.diffs)
    return 'given ' + item.path


def branch(tree, paths):
    """A tree that can be changed at these paths; the rest is shared."""
    files = dict(tree.files)
    for path in paths:
        if path in files:
            old = files[path]
            files[path] = File(list(old.lines), list(old.origins),
                               old.executable, old.complete)
    return Tree(files)


def adopt(tree, there, page):
    """The tree of a directory; unchanged lines keep their origins."""
    born = 0
    for path, file in there.files.items():
        old = tree.files.get(path, File([], []))
        origins = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(
                None, old.lines, file.lines, False).get_opcodes():
            origins += old.origins[i1:i2] if tag == 'equal' else [
                (page + ':rest', born + j) for j in range(j1, j2)]
        file.origins = origins
        born += len(file.lines)
    return there
