"""Decides what each block of a page is: a listing, a transcript, a promise.

What is none of the forms is a problem; so nothing in the book escapes
the proof. `tools/book.py --help` describes the forms for people.
"""

import re
import shlex
from dataclasses import dataclass, field
from typing import List, Optional, Tuple

from qemu import parse_keys

from . import listings
from .markdown import CODE_SPAN, Checkpoint, Fence, Prose, columns
from .report import PageError, one_line
from .tree import check_path

WIDTH = 72
LONG_LISTING = 40
ASIDE = r'^\*%s:\*$'
OF = r'(?: of `(?P<image>[^`]+)`)?'
# `, after typing ...` and `, with ...` in either order.
WITH = (r'(?:,? with `(?P<flags>[^`]+)`)?'
        r'(?:,? after typing `(?P<keys>[^`]+)`)?'
        r'(?:,? with `(?P<more_flags>[^`]+)`)?')

NEW = re.compile(r'^\*\*New file: `([^`]+)`(, executable)?\*\*$')
DELETE = re.compile(r'^\*\*Delete file: `([^`]+)`\*\*$')
MOVE = re.compile(r'^\*\*Move file: `([^`]+)` to `([^`]+)`\*\*$')
NEAR_LISTING = re.compile(r'\*\*(New|Delete|Move) file\b')
EXAMPLE = re.compile(ASIDE % r'Example, not part of the kernel\b[^*]*')
SCHEMATIC = re.compile(ASIDE % 'Schematic')
EXCERPT = re.compile(ASIDE % r'From `([^`]+)`')
NOT_RUN = re.compile(ASIDE % 'In a terminal, not run by the proof')
IN_TREE = re.compile(ASIDE % r'In (?:`(?P<tree>[^`]+)`|the repository)')
SCREEN = re.compile(ASIDE % (r'On the (?P<source>screen|serial line)'
                             + OF + WITH))
CAPTIONS = (NEW, EXAMPLE, SCHEMATIC, EXCERPT, NOT_RUN, IN_TREE, SCREEN)

LANGUAGES = frozenset(
    'c cpp asm nasm make makefile ld linker-script linkerscript diff console '
    'text sh bash gdb python json yaml toml ini cfg grub xml html css '
    'markdown rust mermaid svg js dockerfile'.split())

COLOURS = ('black', 'blue', 'green', 'cyan', 'red', 'magenta', 'brown',
           'light grey', 'dark grey', 'light blue', 'light green',
           'light cyan', 'light red', 'pink', 'yellow', 'white')
OTHER_NAMES = {'light gray': 'light grey', 'dark gray': 'dark grey',
               'light magenta': 'pink', 'grey': 'light grey',
               'gray': 'light grey'}


# --- What stands in a page ---------------------------------------------

@dataclass
class NewFile:
    fence: Fence
    path: str
    executable: bool

    @property
    def line(self):
        return self.fence.line


@dataclass
class Change:
    fence: Fence
    diffs: list

    @property
    def line(self):
        return self.fence.line


@dataclass
class Delete:
    line: int
    path: str


@dataclass
class Move:
    line: int
    old: str
    new: str


@dataclass
class Excerpt:
    fence: Fence
    path: str

    @property
    def line(self):
        return self.fence.line


@dataclass
class Command:
    line: int
    text: str
    output: List[str] = field(default_factory=list)


@dataclass
class Transcript:
    line: int
    end: int
    where: Optional[str]        # a chapter, '.' for the root, else None
    commands: List[Command]


@dataclass
class Screen:
    line: int
    body_line: int
    body: List[str]
    source: str                 # screen or serial line
    image: Optional[str]        # a test's name
    flags: Tuple[str, ...]
    keys: str = ''              # what is typed before


@dataclass
class Clause:
    """One part of a checkpoint's sentence."""
    line: int
    verb: str                   # builds, shows, prints, ends with, ...
    command: str
    text: str = ''
    colour: Optional[Tuple[int, Optional[int]]] = None
    place: str = ''             # '', a row's number, last, serial
    keys: str = ''              # what is typed before


@dataclass
class Promise:
    """A checkpoint that was understood."""
    line: int
    chapter: int
    number: int
    clauses: List[Clause]

    @property
    def name(self):
        if not self.chapter:
            return 'without a number'
        return '%d.%02d' % (self.chapter, self.number)


LISTINGS = (NewFile, Change, Delete, Move)


# --- Fences --------------------------------------------------------------

def items(page, report):
    """The page's forms, in order."""
    found = []
    for block in page.blocks:
        try:
            item = read_block(block)
            if item is None:
                continue
            check_size(item, page, report)
            found.append(item)
        except PageError as error:
            report.error(page.name, error.line, str(error))
            if isinstance(block, Fence) and is_change(block):
                found.append(Unreadable(block.line, named_files(block)))
            elif isinstance(block, Checkpoint):
                found.append(Misunderstood(block.line))
    for prose in page.of(Prose):
        if not prose.used and any(c.match(prose.text) for c in CAPTIONS):
            report.error(page.name, prose.line,
                         'a caption with no fence below it')
    return found


@dataclass
class Unreadable:
    """A listing with an error: its files are not judged any further."""
    line: int
    paths: List[str]


@dataclass
class Misunderstood:
    """A checkpoint with an error; it is a checkpoint all the same."""
    line: int


def is_change(fence):
    caption = fence.caption.text if fence.caption else ''
    return bool(NEW.match(caption)) or fence.language == 'diff'


def named_files(fence):
    caption = fence.caption.text if fence.caption else ''
    names = [NEW.match(caption).group(1)] if NEW.match(caption) else []
    return names + [text[6:] for text in fence.body
                    if text.startswith('+++ b/')]


def read_block(block):
    if isinstance(block, Fence):
        return read_fence(block)
    if isinstance(block, Checkpoint):
        return read_checkpoint(block)
    if isinstance(block, Prose):
        return read_directive(block)
    return None


def read_directive(prose):
    text = re.sub(r'^[-*+] +', '', prose.text)
    found = DELETE.match(text)
    if found:
        return Delete(prose.line, found.group(1))
    found = MOVE.match(text)
    if found:
        return Move(prose.line, found.group(1), found.group(2))
    if NEAR_LISTING.search(prose.bare) and not NEW.match(prose.text):
        raise PageError(prose.line, 'reads like a listing but is none: '
                        '**New file: `PATH`**, **Delete file: `PATH`** or '
                        '**Move file: `OLD` to `NEW`**, alone on its line')
    return None


def read_fence(fence):
    """The form of a fence, by its caption first, then its language."""
    if not fence.language:
        raise PageError(fence.line, 'this fence names no language (`text` '
                        'if there is none)')
    if fence.language not in LANGUAGES:
        raise PageError(fence.line, 'unknown language `%s`: one of %s'
                        % (fence.language, ', '.join(sorted(LANGUAGES))))
    if fence.info != fence.language:
        raise PageError(fence.line, 'only the language stands behind the '
                        'backquotes, not `%s`' % fence.info)
    caption = fence.caption.text if fence.caption else ''
    if NEW.match(caption):
        path, executable = NEW.match(caption).groups()
        check_path(path, fence.caption.line)
        need(fence, fence.language not in ('diff', 'console'),
             'a new file stands in its own language')
        return NewFile(fence, path, bool(executable))
    if EXCERPT.match(caption):
        path = EXCERPT.match(caption).group(1)
        check_path(path, fence.caption.line)
        return Excerpt(fence, path)
    if EXAMPLE.match(caption):
        return Shown(fence)
    if SCHEMATIC.match(caption):
        need(fence, fence.language == 'text', 'a schematic is a `text` fence')
        return Shown(fence)
    if NOT_RUN.match(caption):
        need(fence, fence.language == 'console',
             'what is typed in a terminal is a `console` fence')
        return Shown(fence)
    if SCREEN.match(caption):
        need(fence, fence.language == 'text', 'a screen is a `text` fence')
        return read_screen(fence, SCREEN.match(caption))
    if fence.language == 'console':
        found = IN_TREE.match(caption)
        where = (found.group('tree') or '.') if found else None
        return Transcript(fence.line, fence.end, where, commands(fence))
    if fence.language == 'diff':
        return Change(fence, listings.parse_diff(fence))
    raise PageError(fence.line, 'this `%s` fence is neither applied nor '
                    'captioned: **New file: `PATH`**, *From `FILE`:*, '
                    '*Example, not part of the kernel:*, *On the screen:* '
                    '... stand above one' % fence.language)


@dataclass
class Shown:
    """A fence that says itself that it is not proven."""
    fence: Fence

    @property
    def line(self):
        return self.fence.line


def need(fence, condition, text):
    if not condition:
        raise PageError(fence.line, text)


def commands(fence):
    """The `$ ` lines of a transcript with the output below each."""
    found, goes_on = [], False
    for line, text in enumerate(fence.body, fence.body_line):
        if text.startswith('$ '):
            found.append(Command(line, text[2:]))
            goes_on = text.endswith('\\')
        elif goes_on and text.startswith('> '):
            found[-1].text += '\n' + text[2:]
            goes_on = text.endswith('\\')
        elif goes_on:
            raise PageError(line, 'the command above ends with \\: it goes '
                            'on with `> `')
        elif found:
            found[-1].output.append(text)
        else:
            raise PageError(line, 'a transcript begins with `$ COMMAND`')
    if not found:
        raise PageError(fence.line, 'this transcript has no `$ COMMAND`')
    return found


def read_screen(fence, found):
    image = found.group('image')
    if image is not None:
        name = re.fullmatch(r'tests/([\w-]+)(?:\.c)?', image)
        if not name:
            raise PageError(fence.caption.line, 'the image of a test is '
                            'named `tests/NAME.c`, not `%s`' % image)
        image = name.group(1)
    line = fence.caption.line
    flags = words(found.group('flags') or '', line)
    flags += words(found.group('more_flags') or '', line)
    return Screen(fence.line, fence.body_line, fence.body,
                  found.group('source'), image, tuple(flags),
                  read_keys(found.group('keys'), line))


def read_keys(text, line):
    """What is typed, after a look whether there are such keys."""
    try:
        parse_keys(text or '')
    except ValueError as error:
        raise PageError(line, 'cannot type `%s`: %s' % (text, error)) \
            from None
    return text or ''


def words(text, line):
    try:
        return shlex.split(text)
    except ValueError as error:
        raise PageError(line, 'cannot split `%s` into words: %s'
                        % (text, error)) from None


def check_size(item, page, report):
    """Listings are narrow, and short outside <details>."""
    fence = getattr(item, 'fence', None)
    if fence is None or (fence.language in ('text', 'console')
                         and not isinstance(item, NewFile)):
        return
    sign = 1 if fence.language == 'diff' else 0
    for line, text in enumerate(fence.body, fence.body_line):
        if sign and text.startswith(('--- a/', '+++ b/', '@@')):
            continue
        width = columns(text[sign:])
        if width > WIDTH:
            report.error(page.name, line, 'this line has %d columns, a '
                         'listing has at most %d' % (width, WIDTH))
    changed = len(fence.body)
    if isinstance(item, Change):
        changed = sum(len(hunk.side('+-')) for diff in item.diffs
                      for hunk in diff.hunks)
    if isinstance(item, (NewFile, Change)) and changed > LONG_LISTING \
            and not fence.in_details:
        report.warning(page.name, fence.line, 'a listing of %d changed '
                       'lines: build it up in pieces, or put it into '
                       '<details>' % changed)


# --- Checkpoints ---------------------------------------------------------

UNDERSTOOD = '''
    `make` builds without a warning
    `make run` shows `TEXT` [in COLOUR] [on line N | on the last line |
        on the serial line] [after typing `KEYS`]
    `CMD` prints `TEXT`
    `CMD` ends with `TEXT`
    `CMD` fails with `TEXT`
joined by `, and `, `; ` or `. `'''

PROMISE = re.compile(r'^\*\*Checkpoint(?: (\d+)\.(\d\d))?\*\* — (.+?)'
                     r'(?:\s+\*\(about [^)*]+\)\*)?$')
JOINT = re.compile(r', and |; and |; |\. |,? and (?=\x00)')
TAIL = (r'(?: in (?P<colour>[a-z]+(?: [a-z]+)*?))?'
        r'(?: on (?:line (?P<row>\d+)|the (?P<place>last|serial) line))?'
        r'(?: after typing \x00(?P<keys>\d+)\x00)?')
SPAN = r'\x00(\d+)\x00'
CLAUSE_BUILDS = re.compile('^%s builds without a warning$' % SPAN)
CLAUSE_SHOWS = re.compile('^%s shows %s%s$' % (SPAN, SPAN, TAIL))
CLAUSE_MORE = re.compile('^%s%s$' % (SPAN, TAIL))
CLAUSE_OUTPUT = re.compile('^%s (prints|ends with|fails with) %s$'
                           % (SPAN, SPAN))


def read_checkpoint(block):
    found = PROMISE.match(block.text)
    if not found:
        raise PageError(block.line, 'a checkpoint reads > **Checkpoint '
                        '3.40** — SENTENCE *(about 5 minutes)*')
    chapter, number, sentence = found.groups()
    return Promise(block.line, int(chapter or 0), int(number or 0),
                   read_sentence(sentence, block.line))


def read_sentence(sentence, line):
    """The clauses of a checkpoint; what is no clause is an error."""
    spans = []

    def put_away(found):
        text = found.group(2)
        if text.startswith(' ') and text.endswith(' ') and text.strip():
            text = text[1:-1]
        spans.append(text)
        return '\0%d\0' % (len(spans) - 1)

    bare = CODE_SPAN.sub(put_away, sentence).strip()
    if bare.endswith('.'):
        bare = bare[:-1]
    clauses = []
    for part in JOINT.split(bare):
        clauses.append(read_clause(part, spans, line, clauses))
    return clauses


def read_clause(part, spans, line, before):
    found = CLAUSE_BUILDS.match(part)
    if found:
        clause = Clause(line, 'builds', spans[int(found.group(1))])
        check_make(clause.command, None, line)
        return clause
    found = CLAUSE_OUTPUT.match(part)
    if found:
        return Clause(line, found.group(2), spans[int(found.group(1))],
                      spans[int(found.group(3))])
    found = CLAUSE_SHOWS.match(part)
    if found:
        clause = Clause(line, 'shows', spans[int(found.group(1))],
                        spans[int(found.group(2))])
        check_make(clause.command, 'run', line)
        return with_tail(clause, found, spans)
    found = CLAUSE_MORE.match(part)
    if found and before and before[-1].verb == 'shows':
        clause = Clause(line, 'shows', before[-1].command,
                        spans[int(found.group(1))], keys=before[-1].keys)
        return with_tail(clause, found, spans)
    part = re.sub(SPAN, lambda f: '`%s`' % spans[int(f.group(1))], part)
    raise PageError(line, 'this part of the checkpoint is not understood: '
                    '"%s". A checkpoint is made of%s' % (part, UNDERSTOOD))


def with_tail(clause, found, spans):
    if found.group('colour'):
        clause.colour = read_colour(found.group('colour'), clause.line)
    clause.place = found.group('row') or found.group('place') or ''
    if found.group('keys'):
        clause.keys = read_keys(spans[int(found.group('keys'))], clause.line)
    if clause.place == 'serial' and clause.colour:
        raise PageError(clause.line, 'a serial line has no colours')
    return clause


def read_colour(text, line):
    """`light cyan` or `white on red`, as numbers of the VGA."""
    numbers = []
    for name in text.split(' on '):
        name = OTHER_NAMES.get(name, name)
        if name not in COLOURS:
            raise PageError(line, '%s is no colour of the VGA: %s'
                            % (one_line(name), ', '.join(COLOURS)))
        numbers.append(COLOURS.index(name))
    return numbers[0], (numbers[1] if len(numbers) > 1 else None)


def check_make(command, target, line):
    """`make`, `make run`, with assignments; nothing else is built here."""
    rest = words(command, line)
    plain = [w for w in rest if '=' not in w]
    if plain != ['make'] + ([target] if target else []):
        raise PageError(line, 'this clause needs `%s`, with VAR=value at '
                        'most, not `%s`' % (' '.join(
                            ['make'] + ([target] if target else [])),
                                            command))


def machine_of(command):
    """`make run VAR=value ...` -> (variables of make, flags of QEMU)."""
    variables, flags = [], []
    for word in shlex.split(command):
        name, is_set, value = word.partition('=')
        if name == 'QEMU_FLAGS':
            flags += shlex.split(value)
        elif name == 'MEMORY':
            flags += ['-m', value]
        elif is_set:
            variables.append(word)
    return tuple(variables), tuple(flags)
