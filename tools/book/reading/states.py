"""The book as states: the reader's files after each listing.

State 0 is the empty directory; every other one knows the state that it
follows.  Chapters follow each other, and a side page follows a chapter's
end, so the states are a tree with one long trunk.
"""

import os
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import List, Optional

from common.terminal import Complaint

from . import forms
from .replay import Course, apply, read_book
from .report import PageError, Report
from .tree import File, Tree, read_tree


@dataclass
class State:
    """A listing, and the files after it.  Without a listing: what an
    unfinished page does not tell yet of its chapter's directory."""
    course: Optional[Course]
    item: object
    tree: Tree
    before: int                 # the state that this one follows
    checkpoints: List[str] = field(default_factory=list)

    @property
    def name(self):
        """Where the listing is."""
        if self.item is None:
            return '%s/ (what no listing tells yet)' % self.course.name
        return '%s:%d' % (self.course.page, self.item.line)

    def describe(self):
        """What the listing does, in a few words."""
        return self.item.describe() if self.item else \
            'what no listing tells yet'

    def gives(self, path):
        """Whether the listing is this file, to be taken as a whole."""
        return isinstance(self.item, forms.Given) and self.item.path == path


class States(list):
    """All states of a book; or those after one chapter's end, if `start`
    gives its name and its tree; of `only` one course, if that is named;
    without `listings` the ends of chapters."""

    def __init__(self, book, start=(None, Tree()), only=None,
                 listings=True):
        super().__init__([State(None, None, start[1], 0)])
        self.book, self.listings = book, listings
        self.checkpoints = {}           # name -> number of the state
        self.ends = {start[0]: 0}       # course -> number of the state
        for course in book.courses.values():
            if course.start in self.ends and course.name not in \
                    self.ends and only in (None, course.name) and \
                    (course.end or listings):
                self.follow(course)

    def follow(self, course):
        """Adds the states of a course."""
        at = self.ends[course.start]
        tree = self[at].tree
        for item in self.book.items.get(course.page, []) \
                if self.listings else ():
            if isinstance(item, forms.Promise):
                if item.name not in self.checkpoints:
                    self.checkpoints[item.name] = at
                    self[at].checkpoints.append(item.name)
            if not isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
                continue
            tree = tree.copy()
            try:
                apply(tree, item)
            except PageError as error:
                raise Complaint('%s:%d: %s' % (course.page, error.line,
                                               error)) from None
            if tree.broken:
                raise Complaint('%s:%d: this listing cannot be read: '
                                '`make check-book` says why' % (
                                    course.page, item.line))
            at = self.add(course, item, tree, at)
        if course.end:
            there = read_tree(os.path.join(self.book.root, course.end),
                              course.end)
            if there.snapshot() != tree.snapshot():
                at = self.add(course, None,
                              adopt(tree, there, course.page), at)
        self.ends[course.name] = at

    def add(self, course, item, tree, before):
        self.append(State(course, item, tree, before))
        return len(self) - 1

    # --- Asking ----------------------------------------------------------

    def number_of(self, checkpoint):
        """The state of a checkpoint."""
        if checkpoint in self.checkpoints:
            return self.checkpoints[checkpoint]
        course = checkpoint.rpartition('.')[0] or checkpoint
        near = [name for name in self.checkpoints
                if name.rpartition('.')[0] == course.lstrip('0')] or \
            get_close_matches(checkpoint, self.checkpoints, 3, 0.5)
        raise Complaint('there is no checkpoint %s%s' % (
            checkpoint, ': near it are ' + ', '.join(near) if near else
            '; one is named like 3.40'))

    def after(self, number):
        """The states that follow one directly, of its own course first,
        then of the next chapter."""
        here = self[number].course
        return sorted((at for at, state in enumerate(self)
                       if at and state.before == number), key=lambda at: (
                           self[at].course is not here,
                           self[at].course.end is None))

    def path_to(self, number):
        """The states from the first listing to one, in their order."""
        found = []
        while number:
            found.append(number)
            number = self[number].before
        return found[::-1]

    def born_at(self, number, path):
        """The state whose listing made a file, by this name, as a whole;
        0 if there is none."""
        for at in reversed(self.path_to(number)):
            if self[at].gives(path) or \
                    path not in self[self[at].before].tree.files:
                return at
        return 0


def load(root):
    """The states of the book in a repository."""
    return States(read_book(root, Report()))


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
