"""Which state of the book is nearest to a reader's own files.

A file is compared by its pieces: in C what ends with a semicolon, a comma
or a brace, elsewhere a line.  Blanks, comments, empty lines and how C is
laid out in lines don't count; the tab in front of a recipe does, since
make tells it from blanks.

A reader who has come as far as some listing may have slipped before it:
forgotten a line, or a whole listing.  So what is missing counts less than
what the book brings only later, and what the book never has, a reader's
own lines and files, says nothing about the place.
"""

import re
from collections import Counter

LATER = 5                       # the weight of what comes only later
ALIKE = 0.7                     # what a file of another name must share
FOREIGN = 40                    # files that are looked at for that

STRING = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
TOKEN = STRING + r'|\w+|[^\w\s]'
C_TOKEN = re.compile(r'(?P<skip>//.*|/\*(?:.|\n)*?\*/)|'
                     r'^[ \t]*#(?:\\\n|.)*|' + TOKEN, re.M)


def pieces(path, lines):
    """What counts of a file: (text, the line it begins in, from 1)."""
    text = '\n'.join(line.rstrip() for line in lines)
    if not path.endswith(('.c', '.h', '.ld')):
        mark = ';' if path.endswith('.asm') else '#'
        return [('\t' * line.startswith('\t') * path.endswith(
                    ('Makefile', '.mk')) + ' '.join(bare.split()), number)
                for number, line in enumerate(lines, 1)
                for bare in [uncommented(line, mark)] if bare]
    found, tokens, start, line, at = [], [], 0, 1, 0
    for token in C_TOKEN.finditer(text):
        if token['skip']:
            continue
        line += text.count('\n', at, token.start())
        at = token.start()
        word = token[0]
        directive = word.lstrip().startswith('#')
        if tokens and directive:
            found.append((' '.join(tokens), start))
            tokens = []
        if not tokens:
            start = line
        tokens += re.findall(TOKEN, word.partition('//')[0])
        if directive or word in ';{},':
            found.append((' '.join(tokens), start))
            tokens = []
    return found + ([(' '.join(tokens), start)] if tokens else [])


def uncommented(line, mark):
    """A line of assembly or of a script without its comment."""
    bare = line.strip()
    if mark == ';':
        return re.sub('(%s)|;.*' % STRING, r'\1', bare).strip()
    return bare if bare[:1] != mark or bare.startswith('#!') else ''


def ending(path):
    """The end of a name, which says how a file is taken apart."""
    base = path.split('/')[-1]
    return base[base.rfind('.'):] if '.' in base else base


def count(path, lines):
    return Counter(text for text, _ in pieces(path, lines))


def size(counter):
    return sum(counter.values())


def alike(one, other):
    """From 0 to 1: the part that two files have in common."""
    sizes = sorted((size(one), size(other)))
    if sizes[0] < 2 or 2 * sizes[0] < ALIKE * sum(sizes):
        return 0
    return 2 * size(one & other) / sum(sizes)


class Counted:
    """The states of the book with their files taken apart."""

    def __init__(self, states):
        self.states = states
        self.counters = {}      # (path, version) -> pieces
        self.births = {}        # (path, piece) -> the first state with it
        self.last = {}          # path -> the last state that has it
        self.versions = []      # (state, path, file) where a file changes
        self.taken = set()      # (path, version) of files that are given
        for number, state in enumerate(states):
            before = states[state.before].tree.files if number else {}
            for path, file in state.tree.files.items():
                if before.get(path) is not file:
                    self.versions.append((number, path, file))
                    if state.gives(path):
                        self.taken.add((path, id(file)))
                    for piece in self.counter(path, file):
                        self.births.setdefault((path, piece), number)
                self.last[path] = number

    def counter(self, path, file):
        """The pieces of a version of a file; the states share most."""
        key = path, id(file)
        if key not in self.counters:
            self.counters[key] = count(path, file.lines)
        return self.counters[key]


class Place:
    """A reader's files (path -> lines) beside the book's."""

    def __init__(self, book, mine):
        self.book, self.mine = book, mine
        self.misplaced = {}     # the book's path -> the reader's
        self.counted = {path: count(path, lines)
                        for path, lines in mine.items()}
        self.costs = {}
        self.find_misplaced()

    def find_misplaced(self):
        """Files that only their name keeps from being the book's."""
        absent = [(path, self.book.counter(path, file))
                  for _, path, file in self.book.versions
                  if path not in self.mine]
        foreign = sorted(self.mine.keys() - self.book.last.keys())
        for name in foreign[:FOREIGN]:
            taken_apart = {end: count(end, self.mine[name])
                           for end in {ending(path) for path, _ in absent}}
            likeness, path = max(
                ((alike(taken_apart[ending(path)], counter), path)
                 for path, counter in absent), default=(0, ''))
            if likeness >= ALIKE and path not in self.misplaced:
                self.misplaced[path] = name
                self.counted[path] = count(path, self.mine[name])

    def here(self):
        """The files as far as the book knows them: path -> lines."""
        found = {path: lines for path, lines in self.mine.items()
                 if path in self.book.last}
        found.update((path, self.mine[name])
                     for path, name in self.misplaced.items())
        return found

    def own(self):
        """The reader's files that the book knows nothing of."""
        return sorted(self.mine.keys() - self.book.last.keys()
                      - set(self.misplaced.values()))

    def nearest(self):
        """The state that is nearest.  Where several are as near, they
        differ in comments or the order of lines, if at all; the last
        with a checkpoint is as good as any."""
        here = self.here()
        totals = []
        for number, state in enumerate(self.book.states):
            files = state.tree.files
            totals.append(sum(
                self.cost(number, path, files.get(path))
                for path in files.keys() | here.keys()))
        least = min(totals)
        return min((n for n, total in enumerate(totals) if total == least),
                   key=lambda n: (self.untaken(n), self.rest(n), not self
                                  .book.states[n].checkpoints, -n))

    def untaken(self, number):
        """Whether the last listing is a given file that the reader does
        not have, so that the place is rather the one before it."""
        state = self.book.states[number]
        return any(state.gives(path) and self.book.counter(
            path, state.tree.files[path]) != self.counted.get(path)
            for path in (state.item.touched() if state.item else ()))

    def cost(self, number, path, file):
        """How far a version of a file is from the reader's."""
        # Where there is no such file, it is gone, or not there yet.
        key = path, id(file) if file else number > self.book.last[path]
        if key in self.costs:
            return self.costs[key]
        mine = self.counted.get(path, Counter())
        book = self.book.counter(path, file) if file else Counter()
        total = size(book - mine)
        if key in self.book.taken:      # it is taken as a whole, or not
            total = min(1, total)
        for piece, extra in (mine - book).items():
            birth = self.book.births.get((path, piece))
            if birth is not None:
                total += extra * (LATER if birth > number else 1)
        self.costs[key] = total
        return total

    def rest(self, number):
        """How many lines differ in any way but blanks."""
        here, total = self.here(), 0
        files = self.book.states[number].tree.files
        for path in files.keys() | here.keys():
            one, other = (Counter(''.join(text.split()) for text in lines)
                          for lines in (
                              files[path].lines if path in files else (),
                              here.get(path, ())))
            total += size((one - other) + (other - one))
        return total

    def resembles(self, number):
        """Whether the reader's files have most of a state's at all."""
        same = total = 0
        for path, file in self.book.states[number].tree.files.items():
            if (path, id(file)) not in self.book.taken:
                book = self.book.counter(path, file)
                total += size(book)
                same += (book & self.counted.get(path, Counter())).total()
        return 0 < total <= 2 * same
