"""The listings: the forms of the book that change the reader's tree.

Each is one class.  `touched` are the files that it changes, `apply` does
it, `describe` says it in a few words, and `rewrite` gives the edits that
its page needs after the trees around it have changed.
"""

import os
import re
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import unquote

from . import hunks, rewriting
from .markdown import Fence
from .report import PageError
from .tree import File, check_path, read_file


@dataclass
class Listing:
    """What all listings have: a page, a line, and these four."""
    page: str
    line: int

    def touched(self):
        """The paths of the files that it changes."""
        return [self.path]

    def apply(self, tree):
        """Changes the tree; what does not fit is a PageError."""
        raise NotImplementedError

    def rewrite(self, page, before, after, before2, after2):
        """The edits of its page, (start, end, lines) counted from 0, that
        make it lead from the second pair of trees (path -> lines) to each
        other, as it does from the first."""
        return []

    def describe(self):
        """What it does, in a few words."""
        raise NotImplementedError

    def typed(self):
        """How many lines a reader types for it."""
        return 0


@dataclass
class NewFile(Listing):
    """**New file: `PATH`** above a fence with the whole file."""
    path: str
    fence: Fence
    CAPTION: ClassVar = re.compile(r'^\*\*New file: `([^`]+)`\*\*$')

    @classmethod
    def read(cls, page, fence, found):
        check_path(found.group(1), fence.caption.line)
        if fence.language in ('diff', 'console'):
            raise PageError(fence.line, 'a new file is a fence in its own '
                            'language')
        return cls(page.name, fence.line, found.group(1), fence)

    def apply(self, tree):
        first = self.fence.body_line
        origins = [(self.page, first + i)
                   for i in range(len(self.fence.body))]
        tree.put(self.path, File(list(self.fence.body), origins), self.line)

    def rewrite(self, page, before, after, before2, after2):
        lines = after2[self.path]
        if lines == after[self.path]:
            return []
        return [(self.fence.line, self.fence.end - 1, lines)]

    def describe(self):
        return 'new ' + self.path

    def typed(self):
        return len(self.fence.body)


@dataclass
class Given(Listing):
    """**Given: [`PATH`](LINK)**: the file that the link leads to, whole."""
    path: str
    source: str             # the file's path in the repository
    file: File
    LINE: ClassVar = re.compile(r'^\*\*Given: \[`([^`]+)`\]\(([^)\s]+)\)\*\*'
                                r'(?: — .*)?$')

    @classmethod
    def read(cls, page, prose, found):
        path, link = found.groups()
        check_path(path, prose.line)
        source = os.path.normpath(os.path.join(
            os.path.dirname(page.name), unquote(link))).replace(os.sep, '/')
        full = os.path.join(page.root, source)
        if source.startswith('../') or not os.path.isfile(full):
            raise PageError(prose.line, 'the given file `%s` is not there: '
                            'the link leads to %s' % (path, source))
        if not ('/' + source).endswith('/' + path):
            raise PageError(prose.line, 'the link of a given file leads to a '
                            'file of that path, and %s does not end in `%s`'
                            % (source, path))
        return cls(page.name, prose.line, path, source,
                   read_file(full, source))

    def apply(self, tree):
        there = tree.files.get(self.path)
        if there and there.content() == self.file.content():
            raise PageError(self.line, 'the file `%s` is already there, and '
                            'the same: it is not given again' % self.path)
        tree.files.pop(self.path, None)
        tree.put(self.path, self.file, self.line)

    def describe(self):
        return 'take ' + self.path


@dataclass
class Change(Listing):
    """A `diff` fence."""
    fence: Fence
    diffs: list

    @classmethod
    def read(cls, page, fence):
        return cls(page.name, fence.line, fence, hunks.parse_diff(fence))

    def touched(self):
        return [diff.path for diff in self.diffs]

    def apply(self, tree):
        for diff in self.diffs:
            hunks.apply_diff(tree, diff, self.page)

    def rewrite(self, page, before, after, before2, after2):
        return rewriting.rewrite(page, self, before, after, before2, after2)

    def describe(self):
        return ', '.join(self.touched())

    def count(self, signs):
        """How many of its lines have one of these signs."""
        return sum(len(hunk.side(signs)) for diff in self.diffs
                   for hunk in diff.hunks)

    def typed(self):
        return self.count('+')


@dataclass
class Delete(Listing):
    """**Delete file: `PATH`**"""
    path: str
    LINE: ClassVar = re.compile(r'^\*\*Delete file: `([^`]+)`\*\*$')

    @classmethod
    def read(cls, page, prose, found):
        return cls(page.name, prose.line, found.group(1))

    def apply(self, tree):
        tree.delete(self.path, self.line)

    def describe(self):
        return 'delete ' + self.path


@dataclass
class Move(Listing):
    """**Move file: `OLD` to `NEW`**"""
    old: str
    new: str
    LINE: ClassVar = re.compile(r'^\*\*Move file: `([^`]+)` to '
                                r'`([^`]+)`\*\*$')

    @classmethod
    def read(cls, page, prose, found):
        return cls(page.name, prose.line, *found.groups())

    def touched(self):
        return [self.old, self.new]

    def apply(self, tree):
        tree.move(self.old, self.new, self.line)

    def describe(self):
        return 'move %s to %s' % (self.old, self.new)


@dataclass
class Unreadable(Listing):
    """A listing with an error: its files are not judged any further."""
    paths: list

    def touched(self):
        return self.paths

    def apply(self, tree):
        tree.broken.update(self.paths)
