"""`make mine`: where in the book a reader's own directory is.

It is compared with the tree after every listing; the nearest one tells
the place, and what differs from that one is told in words, first what
the earliest listing wrote. The directory is only read.
"""

import os
from dataclasses import dataclass, field
from typing import List

from ..reading import forms
from .differences import LAST, Comparison, Difference
from ..maintaining.history import Refused, steps
from .nearest import Course, Place
from .publish import what
from ..reading.replay import read_book
from ..reading.report import Report

MOST_FILES = 2000
LARGEST = 1 << 18               # bytes; no source is larger
MORE = 5                        # other places that are told
# Where a carriage return is no blank.
STRICT = ('Makefile', '.mk', '.ld', '.sh', '.cfg')


@dataclass
class Answer:
    """What is known of a directory."""
    number: int                 # of the tree it is nearest to
    where: str
    differences: List[Difference]
    skipped: bool               # nothing of the first one's listing is there
    compared: bool              # with a checkpoint that was asked for
    own: List[str] = field(default_factory=list)
    dos: List[str] = field(default_factory=list)


class Guide:
    """The book, ready to be asked about directories."""

    def __init__(self, root):
        self.book = read_book(root, Report())
        try:
            self.course = Course(steps(self.book))
        except Refused as reason:
            raise SystemExit('mine: the book is not true: %s' % reason) \
                from None
        self.checkpoints = list(self.find_checkpoints())

    def find_checkpoints(self):
        """(name, number of the tree) of each."""
        number = 0
        for chapter in self.book.chapters:
            for item in self.book.items.get(self.book.page_of(chapter), []):
                if isinstance(item, forms.LISTINGS):
                    number += 1
                elif isinstance(item, forms.Promise):
                    yield item.name, number
            rest = self.course.steps[number:number + 1]
            number += bool(rest) and rest[0].item is None and \
                rest[0].chapter == chapter

    def ask(self, directory, checkpoint=None):
        """The answer for a directory."""
        mine, dos = read_mine(directory)
        return self.look(mine, dos, directory, checkpoint)

    def look(self, mine, dos=(), directory='it', checkpoint=None):
        """The same for files that are read already: path -> lines."""
        place = Place(self.course, mine)
        if not mine:
            raise SystemExit('mine: %s is empty: the book begins with %s'
                             % (directory, self.listing(1)))
        number = min(place.nearest(), key=lambda n: (
            len(Comparison(place, n).found), place.rest(n),
            n not in dict(self.checkpoints).values(), -n))
        if not place.resembles(number):
            raise SystemExit('mine: %s does not look like a kernel of this '
                             'book' % directory)
        if checkpoint:
            number = self.number_of(checkpoint)
        comparison = Comparison(place, number)
        found = comparison.found
        return Answer(number, self.where(number, checkpoint), found,
                      bool(found) and comparison.nothing_of(found[0].step),
                      bool(checkpoint), place.own(), dos)

    def number_of(self, name):
        known = dict(self.checkpoints)
        if name not in known:
            chapter = name.split('.')[0]
            near = [n for n in known if n.split('.')[0] == chapter]
            raise SystemExit('mine: there is no checkpoint %s%s' % (
                name, '; chapter %s has %s' % (chapter, ', '.join(near))
                if near else ''))
        return known[name]

    def where(self, number, checkpoint=None):
        """The place of a tree among the checkpoints."""
        if checkpoint:
            return 'compared with checkpoint %s' % checkpoint
        at = [name for name, there in self.checkpoints if there == number]
        before = [name for name, there in self.checkpoints if there < number]
        after = [name for name, there in self.checkpoints if there > number]
        if at:
            return 'you are at checkpoint %s' % at[-1]
        if not before:
            return 'you are before checkpoint %s' % after[0]
        if not after:
            return 'you are after checkpoint %s, the last' % before[-1]
        return 'you are between %s and %s' % (before[-1], after[0])

    def listing(self, number):
        """Where the listing that made a tree stands."""
        return self.course.steps[number - 1].name

    # --- In words --------------------------------------------------------

    def words(self, answer):
        """The answer, as lines."""
        found = answer.differences
        lines = [answer.where + ('' if not answer.number else
                                 '; the last listing is %s'
                                 % self.listing(answer.number))]
        if found:
            lines.append(self.first(found[0], answer))
            lines += self.others(found[1:])
        else:
            lines.append('everything is as the book has it')
        if answer.dos:
            lines.append('%s: the lines end as in DOS (CR LF), which the '
                         'tools do not take here: sed -i "s/\\r$//" %s'
                         % (', '.join(answer.dos), ' '.join(answer.dos)))
        if answer.own:
            lines.append('files of your own, not looked at: '
                         + some(answer.own))
        following = self.course.steps[answer.number:answer.number + 1]
        if following and following[0].item and not answer.compared:
            lines.append('next comes %s, %s' % (
                self.listing(answer.number + 1),
                what(following[0].item)))
        return lines

    def first(self, found, answer):
        place = 'in %s, line %d, ' % (found.path, found.line) \
            if found.line else found.path + ' '
        text = place + found.text
        if found.step != LAST:
            text += '; the listing is ' + self.listing(found.step)
        if answer.number < found.step < LAST and not answer.compared:
            text += ', but %s is to be done first' % self.listing(
                answer.number + 1)
        if answer.skipped:
            text += ', and nothing of it is there'
        return text

    @staticmethod
    def others(found):
        if not found:
            return []
        places = ['%s:%d' % (d.path, d.line) if d.line else d.path
                  for d in found]
        return ['then look at ' + some(list(dict.fromkeys(places)))]


def some(names):
    """A list of names, not too long."""
    rest = len(names) - MORE
    return ', '.join(names[:MORE]) + (
        ' and %d more' % rest if rest > 0 else '')


def read_mine(directory):
    """A reader's files, path -> lines, and those with DOS line ends that
    matter."""
    if not os.path.isdir(directory):
        raise SystemExit('mine: there is no directory %s' % directory)
    mine, dos = {}, []
    for path in paths(directory):
        full = os.path.join(directory, path)
        try:
            if os.path.getsize(full) > LARGEST:
                continue
            with open(full, 'rb') as stream:
                content = stream.read()
        except OSError as error:
            raise SystemExit('mine: %s: %s' % (full, error.strerror)) \
                from None
        if b'\0' in content:
            continue
        if b'\r\n' in content and path.endswith(STRICT):
            dos.append(path)
        mine[path] = content.decode('utf-8', 'surrogateescape') \
            .replace('\r\n', '\n').replace('\r', '\n').split('\n')
    return mine, dos


def paths(directory):
    """The files that may be sources: no hidden ones, nothing built."""
    found = []
    for where, names, files in os.walk(directory):
        top = where == directory
        names[:] = sorted(n for n in names if not n.startswith('.')
                          and not (top and n == 'build'))
        for name in sorted(files):
            full = os.path.join(where, name)
            if not name.startswith('.') and os.path.isfile(full) and \
                    not os.path.islink(full) and \
                    not (top and name == 'README.md'):
                found.append(os.path.relpath(full, directory)
                             .replace(os.sep, '/'))
        if len(found) > MOST_FILES:
            raise SystemExit('mine: %s has more than %d files: that is no '
                             'kernel of this book' % (directory, MOST_FILES))
    return found


def mine(root, directory, checkpoint=None):
    """Prints where a directory is."""
    if not directory:
        raise SystemExit('mine: which directory? make mine DIR=my-kernel')
    guide = Guide(root)
    for line in guide.words(guide.ask(directory, checkpoint)):
        print('mine: ' + line)
