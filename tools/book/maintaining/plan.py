"""The edit of a chapter, and the listings that its lines belong to."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import List

from ..reading.forms import Delete, Given, Move
from .history import Refused, branch, steps


@dataclass
class Piece:
    """Some lines of one file that were edited together."""
    path: str
    start: int                  # in the chapter's file before the edit
    end: int
    lines: List[str]            # what stands there now


def pieces(chapter, before, after):
    """The edit of a chapter, line by line where it can be told."""
    for path in sorted(before.files.keys() | after.files.keys()):
        label = '%s/%s' % (chapter, path)
        if path not in before.files:
            raise Refused('%s is new: a file needs a listing of its own; '
                          'write it into the page' % label)
        if path not in after.files:
            raise Refused('%s is gone: a file is deleted by a line of the '
                          'page (**Delete file: `%s`**)' % (label, path))
        old, new = before.files[path], after.files[path]
        if old.executable != new.executable:
            raise Refused('%s: whether a file is executable stands in no '
                          'line of a listing, but in its caption; change '
                          'that by hand' % label)
        if old.complete != new.complete:
            raise Refused('%s does not end with a newline' % label)
        for tag, i1, i2, j1, j2 in SequenceMatcher(
                None, old.lines, new.lines, False).get_opcodes():
            if tag == 'replace' and i2 - i1 == j2 - j1:
                for i, j in zip(range(i1, i2), range(j1, j2)):
                    yield Piece(path, i, i + 1, [new.lines[j]])
            elif tag != 'equal':
                yield Piece(path, i1, i2, new.lines[j1:j2])


class Plan:
    """The steps of the book, and which of them the edit changes."""

    def __init__(self, book, chapter, after):
        self.chapter = chapter
        self.steps = steps(book)
        self.starts = {}        # page -> [(line, index of the step)]
        for number, step in enumerate(self.steps):
            key = step.page if step.item else step.page + ':rest'
            line = step.item.line if step.item else 0
            if isinstance(step.item, Given):
                key, line = step.item.source, 0
            self.starts.setdefault(key, []).append((line, number))
        before = self.steps[self.tip(chapter)].tree
        self.pieces = list(pieces(chapter, before, after))
        self.notes = []
        self.targets = [self.target(piece, before.files[piece.path])
                        for piece in self.pieces]
        self.first = min(target.step for target in self.targets)
        # No line of the edit goes before its chapter ends.
        self.contact = next(
            (number for number in range(self.first + 1, len(self.steps))
             if self.touches(number)), len(self.steps))

    def touches(self, number):
        """Whether a step takes lines away that were edited; then what it
        puts there may have to be edited, too. (A file that goes as a
        whole is another matter.)"""
        before, after = (self.steps[n].tree for n in (number - 1, number))
        for target in self.targets:
            for origin in target.origins if target.step < number else ():
                path, _ = find(before, origin)
                if path in after.files and not find(after, origin)[0]:
                    return True
                if path and path not in after.files and not isinstance(
                        self.steps[number].item, (Delete, Move)):
                    return True
        return False

    def tree(self, number):
        """The tree of a step with the edit in it. What was edited is
        found by the origins of its lines, and nothing is merged."""
        return fix(self.steps[number].tree, [
            target for target in self.targets if target.step <= number])

    def tip(self, chapter):
        """The last step of a chapter, or of those before it."""
        return max((number for number, step in enumerate(self.steps)
                    if step.chapter <= chapter), default=-1)

    def born(self, origin):
        """The step that wrote a line."""
        page, line = origin
        return max(number for start, number in self.starts[page]
                   if start <= line)

    def target(self, piece, file):
        """The step to fold a piece into, and the lines it belongs to."""
        where = '%s/%s:%d' % (self.chapter, piece.path, piece.start + 1)
        span = range(piece.start, piece.end)
        if not span:
            span = [i for i in (piece.start - 1, piece.start)
                    if 0 <= i < len(file.lines)]
        born = [self.born(file.origins[i]) for i in span]
        if not born:
            raise Refused('%s: no line of a listing is near' % where)
        step = max(born)
        chapter = self.steps[min(born) if piece.end > piece.start
                             else step].chapter
        if chapter != self.chapter:
            raise Refused('%s: these lines come from %s; make the edit '
                          'there, and propagate that' % (where, chapter))
        if piece.end > piece.start:
            if min(born) != step:
                self.notes.append(
                    '%s: these lines come from several listings, and went '
                    'into the last of them, %s' % (
                        where, self.steps[step].name))
            return Target(step, [file.origins[i] for i in span],
                          piece.lines, 'instead')
        # New lines belong to the line above, or below an empty one.
        span = [i for i, number in zip(span, born) if number == step]
        at = span[-1] if not file.lines[span[0]].strip() else span[0]
        return Target(step, [file.origins[at]], piece.lines,
                      'below' if at < piece.start else 'above')


@dataclass
class Target:
    """Where a piece of the edit goes: by the origins of lines."""
    step: int
    origins: list
    lines: List[str]
    place: str                  # instead of these lines, below or above


def find(tree, origin):
    """The place of a line in a tree: (path, index), or (None, 0)."""
    for path, file in tree.files.items():
        if not hasattr(file, 'index'):
            file.index = {o: i for i, o in enumerate(file.origins)}
        if origin in file.index:
            return path, file.index[origin]
    return None, 0


def fix(tree, targets):
    """A tree with those pieces of the edit in it whose lines it has."""
    blocks = {}                 # path -> what stands in place of each line
    for target in targets:
        places = [find(tree, origin) for origin in target.origins]
        places = [(path, index) for path, index in places if path]
        for path, _ in places:
            blocks.setdefault(
                path, [[text] for text in tree.files[path].lines])
        for number, (path, index) in enumerate(places):
            here = blocks[path][index]
            if target.place == 'instead':
                here[:] = [] if number else target.lines
            else:
                at = len(here) if target.place == 'below' else 0
                here[at:at] = target.lines
    tree = branch(tree, blocks)
    for path, lines in blocks.items():
        tree.files[path].lines = [text for block in lines for text in block]
    return tree
