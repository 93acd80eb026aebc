"""The edit of a chapter, and the listings that its lines belong to."""

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import List

from common.terminal import Complaint


@dataclass
class Piece:
    """Some lines of one file that were edited together."""
    path: str
    start: int                  # in the chapter's file before the edit
    end: int
    lines: List[str]            # what is there now


@dataclass
class Target:
    """Where a piece goes: a state, and lines of it by their origins."""
    state: int
    origins: list
    lines: List[str]
    place: str                  # instead of these lines, below or above


def pieces(chapter, before, after):
    """The edit of a chapter, line by line where it can be told."""
    for path in sorted(before.keys() | after.keys()):
        label = '%s/%s' % (chapter, path)
        if path not in before:
            raise Complaint('%s is new: a file needs a listing of its own; '
                            'write it into the page, then ARGS="--page %s"'
                            % (label, chapter[:2]))
        if path not in after:
            raise Complaint('%s is gone: write **Delete file: `%s`** into '
                            'the page, then ARGS="--page %s"'
                            % (label, path, chapter[:2]))
        old, new = before[path], after[path]
        if old.executable != new.executable:
            raise Complaint('%s: a listing makes no file executable, and '
                            'none that is not: undo that' % label)
        if old.complete != new.complete:
            raise Complaint('%s does not end with a newline' % label)
        for tag, i1, i2, j1, j2 in SequenceMatcher(
                None, old.lines, new.lines, False).get_opcodes():
            if tag == 'replace' and i2 - i1 == j2 - j1:
                for i, j in zip(range(i1, i2), range(j1, j2)):
                    yield Piece(path, i, i + 1, [new.lines[j]])
            elif tag != 'equal':
                yield Piece(path, i1, i2, new.lines[j1:j2])


class Plan:
    """Which states of the book an edit changes directly."""

    def __init__(self, states, chapter, after):
        self.states, self.chapter = states, chapter
        self.notes = []         # what could not be told exactly
        self.past = set()       # paths that can only be merged by now
        self.starts = {}        # page -> [(line, state)]
        for number, state in enumerate(states):
            if number:
                page, line = state.course.page, 0
                if state.item is None:
                    page += ':rest'
                elif hasattr(state.item, 'source'):
                    page = state.item.source
                else:
                    line = state.item.line
                self.starts.setdefault(page, []).append((line, number))
        before = states[states.ends[chapter]].tree.files
        self.targets = [self.target(piece, before[piece.path])
                        for piece in pieces(chapter, before, after)]

    def born(self, origin):
        """The state whose listing wrote a line."""
        page, line = origin
        return max(number for start, number in self.starts[page]
                   if start <= line)

    def target(self, piece, file):
        """The state to fold a piece into, and the lines it belongs to."""
        where = '%s/%s:%d' % (self.chapter, piece.path, piece.start + 1)
        span = range(piece.start, piece.end)
        if not span:
            span = [i for i in (piece.start - 1, piece.start)
                    if 0 <= i < len(file.lines)]
        born = [self.born(file.origins[i]) for i in span]
        if not born:
            raise Complaint('%s: no line of a listing is near' % where)
        state = max(born)
        course = self.states[min(born) if piece.end > piece.start
                             else state].course.name
        if course != self.chapter:
            raise Complaint('%s: these lines come from %s; make the edit '
                            'there, and propagate that' % (where, course))
        if piece.end > piece.start:
            if min(born) != state:
                self.notes.append(
                    '%s: these lines come from several listings, and went '
                    'into the last of them, %s' % (
                        where, self.states[state].name))
            return Target(state, [file.origins[i] for i in span],
                          piece.lines, 'instead')
        # New lines belong to the line above, or below an empty one.
        span = [i for i, number in zip(span, born) if number == state]
        at = span[-1] if not file.lines[span[0]].strip() else span[0]
        return Target(state, [file.origins[at]], piece.lines,
                      'below' if at < piece.start else 'above')

    def exact(self, number, path, before, file):
        """A file of a state with the edit in it, and whether that is all
        of it.  What was edited is found by the origins of its lines, so
        nothing is merged, until a listing takes such lines away: what it
        puts there may have to be edited, too."""
        if before and path not in self.past:
            rest = set(before.origins) - set(file.origins)
            if any(rest.intersection(target.origins)
                   for target in self.targets if target.state < number):
                self.past.add(path)
        merged = path in self.past
        return fix(file, [target for target in self.targets
                          if target.state == number
                          or target.state < number and not merged]), \
            not merged


def fix(file, targets):
    """A file with those pieces of the edit in it whose lines it has."""
    index = {origin: i for i, origin in enumerate(file.origins)}
    blocks = [[text] for text in file.lines]
    for target in targets:
        places = [index[origin] for origin in target.origins
                  if origin in index]
        for number, at in enumerate(places):
            if target.place == 'instead':
                blocks[at][:] = [] if number else target.lines
            else:
                end = len(blocks[at]) if target.place == 'below' else 0
                blocks[at][end:end] = target.lines
    lines = [text for block in blocks for text in block]
    return file if lines == file.lines else replace(file, lines=lines)
