"""`make mine`: where in the book a reader's own directory is.

The directory is compared with every state of the book; the nearest one
gives the place, and what differs from it is told in words, the earliest
listing first.  The directory is only read.
"""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import List

from common.terminal import Complaint, say, shown_path

from ..reading.listings import Move
from ..reading.report import one_line
from ..reading.states import load
from . import directory
from .nearest import Counted, Place, pieces

LAST = 1 << 30                  # the order of what no listing tells
CLOSING = ('}', ';', '},')
MORE = 5                        # other places that are told


@dataclass
class Difference:
    """A place in which the reader's files are not as the book's."""
    state: int                  # of the listing that tells it, or LAST
    path: str                   # the reader's
    line: int                   # of the reader's file, 0 for all of it
    text: str
    vague: bool = False         # about braces, which are alike


@dataclass
class Answer:
    """What is known of a directory."""
    number: int                 # of the state it is nearest to
    where: str
    differences: List[Difference]
    skipped: bool               # nothing of the first one's listing is there
    compared: bool              # with a checkpoint that was asked for
    own: List[str] = field(default_factory=list)
    dos: List[str] = field(default_factory=list)


class Guide:
    """The book, ready to be asked about directories."""

    def __init__(self, root):
        self.states = load(root)
        self.book = Counted(self.states)

    def ask(self, name, checkpoint=None):
        """The answer for a directory."""
        mine, dos = directory.read(name, self.book.last)
        if not mine:
            raise Complaint('%s is empty: the book begins with %s' % (
                shown_path(name), self.states[1].name))
        return self.look(mine, dos, name, checkpoint)

    def look(self, mine, dos=(), name='this', checkpoint=None):
        """The same for files that are read already: path -> lines."""
        place = Place(self.book, mine)
        number = place.nearest()
        if not place.resembles(number):
            raise Complaint('%s does not look like a kernel of this book'
                            % name)
        if checkpoint:
            number = self.states.number_of(checkpoint)
        comparison = Comparison(place, number)
        found = comparison.found
        return Answer(number, self.where(number, checkpoint), found,
                      bool(found) and comparison.nothing_of(found[0].state),
                      bool(checkpoint), place.own(), list(dos))

    def where(self, number, checkpoint=None):
        """A state among the checkpoints of its course."""
        if checkpoint:
            return 'compared with checkpoint %s' % checkpoint
        at = self.states[number].checkpoints
        if at:
            return 'you are at checkpoint %s' % at[-1]
        before = [name for n in self.states.path_to(number)
                  for name in self.states[n].checkpoints]
        after, here = [], number
        while not after and self.states.after(here):
            here = self.states.after(here)[0]
            after = self.states[here].checkpoints
        if not after:
            return 'you are after checkpoint %s, the last' % before[-1]
        if not before:
            return 'you are before checkpoint %s' % after[0]
        return 'you are between %s and %s' % (before[-1], after[0])

    # --- In words --------------------------------------------------------

    def words(self, answer):
        """The answer, as lines."""
        found = answer.differences
        lines = [answer.where + ('' if not answer.number else
                                 '; the last listing is %s'
                                 % self.states[answer.number].name)]
        if found:
            lines.append(self.first(found[0], answer))
            places = ['%s:%d' % (d.path, d.line) if d.line else d.path
                      for d in found[1:]]
            if places:
                lines.append('then look at '
                             + some(list(dict.fromkeys(places))))
        else:
            lines.append('everything is as the book has it')
        if answer.dos:
            lines.append('%s: the lines end as in DOS (CR LF), which the '
                         'tools do not take here: sed -i "s/\\r$//" %s'
                         % (', '.join(answer.dos), ' '.join(answer.dos)))
        if answer.own:
            lines.append('files of your own, not looked at: '
                         + some(answer.own))
        if not answer.compared:
            lines += ['%s %s, %s' % (
                'or go to' if n else 'next comes', self.states[at].name,
                self.states[at].describe())
                for n, at in enumerate(self.states.after(answer.number))
                if self.states[at].item]
        return lines

    def first(self, found, answer):
        place = 'in %s, line %d, ' % (found.path, found.line) \
            if found.line else found.path + ' '
        text = place + found.text
        if found.state != LAST:
            text += '; the listing is ' + self.states[found.state].name
        if answer.number < found.state < LAST and not answer.compared:
            text += ', but %s is to be done first' % self.states[
                self.states.after(answer.number)[0]].name
        if answer.skipped:
            text += ', and nothing of it is there'
        return text


def some(names):
    """A list of names, not too long."""
    rest = len(names) - MORE
    return ', '.join(names[:MORE]) + (
        ' and %d more' % rest if rest > 0 else '')


class Comparison:
    """A reader's files, compared with one state of the book."""

    def __init__(self, place, number):
        self.place, self.number, self.book = place, number, place.book
        self.states = self.book.states
        self.path_to = self.states.path_to(number)
        self.files = self.states[number].tree.files
        self.found = []
        self.absent = Counter()     # state -> pieces of it not there
        self.starts = {}            # page -> [(line, number of the state)]
        for at in self.path_to:
            state = self.states[at]
            self.starts.setdefault(
                state.course.page + ('' if state.item else ':rest'),
                []).append((state.item.line if state.item else 0, at))
        here = place.here()
        for path in sorted(self.files.keys() | here.keys()):
            self.compare(path, here.get(path))
        self.found.sort(key=lambda d: (d.vague, d.state, d.path, d.line))

    def add(self, state, path, line, text, vague=False):
        self.found.append(Difference(
            state, self.place.misplaced.get(path, path), line, text, vague))

    def compare(self, path, lines):
        if path not in self.files:
            self.needless_file(path)
        elif lines is None:
            self.missing_file(path)
        else:
            if path in self.place.misplaced:
                self.add(self.states.born_at(self.number, path), path, 0,
                         'should be %s' % path)
            if lines != self.files[path].lines + ['']:
                self.compare_lines(path, lines)

    # --- Whole files -----------------------------------------------------

    def missing_file(self, path):
        state = self.states.born_at(self.number, path)
        item = self.states[state].item
        for piece in pieces(path, self.files[path].lines):
            self.absent[self.wrote(path, piece)] += 1
        if self.states[state].gives(path):
            text = 'is missing: `make take` writes it'
        elif isinstance(item, Move) and item.old in self.place.mine:
            text = '%s should have this name now' % item.old
        else:
            text = 'is missing'
        self.add(state, path, 0, text)

    def needless_file(self, path):
        before, gone, item = {}, 0, None
        for at in self.path_to:
            now = self.states[at].tree.files
            if path in before and path not in now:
                gone, item = at, self.states[at].item
            before = now
        if not gone:
            born = min(at for at, name, _ in self.book.versions
                       if name == path)
            self.add(born, path, 0, 'comes only later')
        elif not isinstance(item, Move) or item.new in self.place.mine:
            self.add(gone, path, 0, 'should be gone')

    # --- Lines -----------------------------------------------------------

    def wrote(self, path, piece):
        """The state whose listing wrote a piece of the book's file."""
        page, at = self.files[path].origins[piece[1] - 1]
        if page not in self.starts:     # the file was taken as a whole
            return self.states.born_at(self.number, path)
        starts = self.starts[page]
        return starts[bisect_right(starts, (at, LAST)) - 1][1]

    def nothing_of(self, state):
        """Whether nothing is there of what a listing wrote."""
        item = self.states[state].item if state != LAST else None
        if not item:
            return False
        total = sum(self.wrote(path, piece) == state
                    for path in item.touched() if path in self.files
                    for piece in pieces(path, self.files[path].lines))
        return 0 < total == self.absent[state]

    def compare_lines(self, path, lines):
        """What differs between a file of the reader's and the book's."""
        mine, book = pieces(path, lines), pieces(path,
                                                 self.files[path].lines)
        texts, book_texts = ([text for text, _ in some]
                             for some in (mine, book))
        have = Counter(texts)
        blocks = [block for block in SequenceMatcher(
            None, texts, book_texts, False).get_opcodes()
            if block[0] != 'equal']
        moved = {tuple(texts[i:i2]): mine[i][1]
                 for tag, i, i2, _, _ in blocks if tag == 'delete'}
        inserted = {tuple(book_texts[j:j2])
                    for tag, _, _, j, j2 in blocks if tag == 'insert'}
        for tag, i, i2, j, j2 in blocks:
            if tag == 'delete':
                if tuple(texts[i:i2]) not in inserted:
                    self.extra(path, lines, mine, i)
                continue
            lacking = [piece for piece in book[j:j2] if have[piece[0]]
                       < book_texts.count(piece[0])] or book[j:j2]
            for piece in book[j:j2]:
                self.absent[self.wrote(path, piece)] += 1
            vague = not any(text not in CLOSING for text, _ in lacking)
            # A block may as well be a little higher or lower, where lines
            # are alike; what wrote most of it is meant.
            wrote = [self.wrote(path, piece) for piece in lacking]
            state = max(wrote, key=lambda at: (wrote.count(at), -at))
            lacking = [piece for piece, at in zip(lacking, wrote)
                       if at == state]
            above = mine[i - 1][1] if i else 0
            if tag == 'insert':
                where = 'after line %d (%s)' % (above, shown(lines, above)) \
                    if above else 'at the top'
                line = moved.get(tuple(book_texts[j:j2]), above)
                self.add(state, path, line, self.missing(
                    path, lacking, where, line != above), vague)
            else:
                self.replaced(path, lines, mine[i:i2], book[j:j2],
                              state, vague)

    def missing(self, path, some, where, elsewhere):
        """Words about pieces that are not there, or are elsewhere."""
        first = shown(self.files[path].lines, some[0][1])
        count = len({line for _, line in some})
        if elsewhere:
            return '%s should be %s' % (first, where)
        if count == 1:
            return '%s is missing %s' % (first, where)
        return '%d lines are missing %s, beginning with %s' % (
            count, where, first)

    def extra(self, path, lines, mine, i):
        """A piece that the book does not have here, or no longer."""
        text, line = mine[i]
        born = self.book.births.get((path, text), LAST)
        words, state = 'is not in the book at this place', LAST
        if self.number < born < LAST:
            words, state = 'comes only later', born
        elif born < LAST:
            gone = self.gone(path, text)
            if gone:
                words, state = 'should be gone', gone
        self.add(state, path, line, '%s %s' % (shown(lines, line), words),
                 text in CLOSING)

    def gone(self, path, text):
        """The last state, up to here, that took a piece away."""
        found, before = 0, 0
        for at in self.path_to:
            file = self.states[at].tree.files.get(path)
            now = self.book.counter(path, file)[text] if file else 0
            found, before = (at if now < before else found), now
        return found

    def replaced(self, path, lines, mine, book, state, vague):
        """Pieces in place of others: the first line that differs."""
        births = [self.book.births.get((path, text)) for text, _ in mine]
        if all(births) and max(births) > self.number:
            state = max(births)
        here, there = mine[0][1], book[0][1]
        theirs = self.files[path].lines
        while here < len(lines) and there < len(theirs) and \
                lines[here - 1].split() == theirs[there - 1].split():
            here, there = here + 1, there + 1
        self.add(state, path, here, '%s should be %s' % (
            shown(lines, here), shown(theirs, there)), vague)


def shown(lines, line):
    return one_line(lines[line - 1].strip())


def mine(root, place='', step=None):
    """Says where a directory is."""
    place = directory.find(root, place)
    guide = Guide(root)
    for line in guide.words(guide.ask(place, step)):
        say('mine: ' + line)
