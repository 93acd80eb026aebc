"""What is to be run: the states of the tree, and what is shown there.

A state is the reader's tree after a listing.  A point is one state with
all that the book shows of it, so that what is costly is done once.
"""

import dataclasses
import re
from typing import Dict, List, Optional

from ..reading import forms
from ..reading.tree import read_tree

READER = 'my-kernel'


@dataclasses.dataclass
class Point:
    page: str
    name: str                   # of its directory: 03-vga-120
    trees: Dict[str, dict]      # directory -> snapshot
    home: str                   # where commands run; '.' is the root
    items: List = dataclasses.field(default_factory=list)

    def commands(self):
        """The command lines that sh runs here."""
        for item in self.items:
            if isinstance(item, forms.Transcript):
                yield from (command.text for command in item.commands)
            yield from (clause.command for clause in clauses(item)
                        if clause.of_a_command)

    def needs_build(self):
        return any(isinstance(i, (forms.Promise, forms.Screen))
                   for i in self.items)

    def content(self):
        """What the page says here, without where it says it."""
        return [plain(item) for item in self.items]


@dataclasses.dataclass
class State:
    """The reader's tree after a listing (None: where the page begins)."""
    item: Optional[forms.NewFile]
    tree: dict
    point: Optional[Point] = None
    failure: str = ''           # why it does not build, once it is known

    def shows_failure(self):
        """Whether the page shows at this place how `make` fails."""
        return self.point is not None and any(
            isinstance(item, forms.Transcript) and item.shows_failure()
            for item in self.point.items)


@dataclasses.dataclass
class Route:
    """A page, as the states that it leads through."""
    page: str
    pauses: list = dataclasses.field(default_factory=list)
    promises: list = dataclasses.field(default_factory=list)
    states: List[State] = dataclasses.field(default_factory=list)
    points: List[Point] = dataclasses.field(default_factory=list)


def clauses(item):
    """The clauses of a checkpoint; other forms have none."""
    return item.clauses if isinstance(item, forms.Promise) else ()


def plain(item):
    """A form without its place in the page."""
    def strip(value):
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items()
                    if k not in ('line', 'end', 'body_line')}
        if isinstance(value, (list, tuple)):
            return [strip(v) for v in value]
        return value
    return [type(item).__name__, strip(dataclasses.asdict(item))]


class Collector:
    """Makes the route of a page, form by form."""

    def __init__(self, book, page, name, tree, report):
        self.book, self.name, self.report = book, name, report
        items = book.items[page]
        self.route = Route(
            page, [i for i in items if isinstance(i, forms.Pause)],
            [i for i in items if isinstance(i, forms.Promise)],
            [State(None, tree.snapshot())])
        self.open = {}          # where -> the point of this state

    def take(self, item, tree):
        """The next form of the page, with the tree after it."""
        if isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
            self.open = {}          # another state of the tree
            if not tree.broken:
                self.route.states.append(State(item, tree.snapshot()))
        elif tree.broken:
            return                  # what runs there would say nothing
        elif isinstance(item, (forms.Transcript, forms.Screen,
                               forms.Promise)):
            where = getattr(item, 'where', None)
            point = self.open.get(where) or self.new(where, item)
            if point:
                point.items.append(item)

    def new(self, where, item):
        name = '%s-%d' % (self.name, item.line)
        tree = self.route.states[-1].tree
        if where is None:
            trees, home = {READER: tree}, READER
            if reads_chapters(item):
                trees.update(self.chapter_trees())
        elif where == '.':
            trees, home = self.chapter_trees(), '.'
            trees[READER] = tree
        elif where in self.book.chapters:
            trees, home = {where: self.chapter_tree(where)}, where
        else:
            self.report.error(self.route.page, item.line, 'there is no '
                              'chapter `%s`' % where)
            return None
        point = Point(self.route.page, name, trees, home)
        self.open[where] = point
        self.route.points.append(point)
        if where is None:
            self.route.states[-1].point = point
        return point

    def chapter_tree(self, chapter):
        directory = '%s/%s' % (self.book.root, chapter)
        return read_tree(directory, chapter, skip=()).snapshot()

    def chapter_trees(self):
        return {c: self.chapter_tree(c) for c in self.book.chapters}


def reads_chapters(item):
    """Whether a transcript looks at the chapters beside the tree."""
    return any(re.search(r'\b\d\d-[a-z]|\bmake\b.*\b(diff|new)\b', c.text)
               for c in getattr(item, 'commands', []))
