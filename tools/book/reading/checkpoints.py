"""Checkpoints: sentences that promise what a command shows.

A checkpoint is free prose and clauses.  A sentence that has a command in
a code span must be made of clauses, and each of them is proven; all other
sentences are for the reader.
"""

import re
import shlex
from dataclasses import dataclass
from typing import List, Optional, Tuple

from .markdown import CODE_SPAN
from .report import PageError, one_line
from .shown import read_keys, words

COLOURS = ('black', 'blue', 'green', 'cyan', 'red', 'magenta', 'brown',
           'light grey', 'dark grey', 'light blue', 'light green',
           'light cyan', 'light red', 'pink', 'yellow', 'white')
OTHER_NAMES = {'light gray': 'light grey', 'dark gray': 'dark grey',
               'light magenta': 'pink', 'grey': 'light grey',
               'gray': 'light grey'}

UNDERSTOOD = '''
    `make` builds without a warning
    `make run` shows `TEXT` [in COLOUR] [on line N | on the last line |
        on the serial line] [after typing `KEYS`]
    `CMD` prints `TEXT`
    `CMD` ends with `TEXT`
    `CMD` fails with `TEXT`
joined by `, and `, `; ` or `. `'''

PROMISE = re.compile(r'^\*\*Checkpoint(?: ([a-z0-9-]+)\.(\d\d))?\*\* — (.+?)'
                     r'(?:\s+\*\((?:about )?(\d+) minutes?\)\*)?$')
SENTENCE = re.compile(r'(?<=[.!?:])\s+')
JOINT = re.compile(r', and |; and |; |,? and (?=\x00)')
SPAN = r'\x00(\d+)\x00'
# What begins like one of these is a command, and must be understood.
COMMAND = re.compile(r'make\b|\.{1,2}/|(?:gcc|ld|nm|objdump|readelf|size|'
                     r'objcopy|nasm|gdb|qemu-\S+|grub-\S+|cmp|diff|grep|ls|'
                     r'cat|echo|file|sh)\s')
TAIL = (r'(?: in (?P<colour>[a-z]+(?: [a-z]+)*?))?'
        r'(?: on (?:line (?P<row>\d+)|the (?P<place>last|serial) line))?'
        r'(?: after typing \x00(?P<keys>\d+)\x00)?')
BUILDS = re.compile('^%s (?:still )?builds without a warning$' % SPAN)
SHOWS = re.compile(r"^(?:(?:[Rr]un|[Ww]ith|[Aa]fter) )?%s,? (?:shows|"
                   r"(?:and )?you(?:'ll| will)? see) %s%s$"
                   % (SPAN, SPAN, TAIL))
MORE = re.compile('^%s%s$' % (SPAN, TAIL))
OUTPUT = re.compile('^%s (prints|says|ends with|fails with) %s$'
                    % (SPAN, SPAN))


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

    @property
    def of_a_command(self):
        """Whether it is about what a command prints."""
        return self.verb not in ('builds', 'shows')


@dataclass
class Promise:
    """A checkpoint that was understood."""
    line: int
    course: str                 # 3, recursive; '' without a number
    number: int
    clauses: List[Clause]
    minutes: Optional[int] = None

    @property
    def name(self):
        if not self.course:
            return 'without a number'
        return '%s.%02d' % (self.course, self.number)


@dataclass
class Misunderstood:
    """A checkpoint with an error; it is a checkpoint all the same."""
    line: int


def read_checkpoint(block):
    found = PROMISE.match(block.text)
    if not found:
        raise PageError(block.line, 'a checkpoint reads > **Checkpoint '
                        '3.40** — SENTENCE *(about 5 minutes)*')
    course, number, sentence, minutes = found.groups()
    return Promise(block.line, course or '', int(number or 0),
                   read_sentences(sentence, block.line),
                   int(minutes) if minutes else None)


def read_sentences(text, line):
    """The clauses of a checkpoint."""
    spans = []

    def put_away(found):
        span = found.group(2)
        if span.startswith(' ') and span.endswith(' ') and span.strip():
            span = span[1:-1]
        spans.append(span)
        return '\0%d\0' % (len(spans) - 1)

    clauses = []
    for sentence in SENTENCE.split(CODE_SPAN.sub(put_away, text).strip()):
        begun = len(clauses)
        sentence = sentence.rstrip('.!:')
        has_command = any(COMMAND.match(spans[int(number)] + ' ')
                          for number in re.findall(SPAN, sentence))
        for part in JOINT.split(sentence):
            clause = read_clause(part, spans, line, clauses)
            if clause:
                clauses.append(clause)
            elif has_command or len(clauses) > begun:
                part = re.sub(SPAN, lambda f: '`%s`' % spans[int(f[1])],
                              part)
                raise PageError(line, 'this part of the checkpoint is not '
                                'understood: "%s". A sentence with a command '
                                'is made of%s' % (part, UNDERSTOOD))
    if not clauses:
        raise PageError(line, 'this checkpoint promises nothing that can be '
                        'proven. It needs one at least of%s' % UNDERSTOOD)
    return clauses


def read_clause(part, spans, line, before):
    """A clause; None for words that are none."""
    found = BUILDS.match(part)
    if found:
        clause = Clause(line, 'builds', spans[int(found[1])])
        check_make(clause.command, None, line)
        return clause
    found = OUTPUT.match(part)
    if found:
        verb = 'prints' if found[2] == 'says' else found[2]
        return Clause(line, verb, spans[int(found[1])], spans[int(found[3])])
    found = SHOWS.match(part)
    if found:
        clause = Clause(line, 'shows', spans[int(found[1])],
                        spans[int(found[2])])
        check_make(clause.command, 'run', line)
        return with_tail(clause, found, spans)
    found = MORE.match(part)
    if found and before and before[-1].verb == 'shows':
        clause = Clause(line, 'shows', before[-1].command,
                        spans[int(found[1])], keys=before[-1].keys)
        return with_tail(clause, found, spans)
    return None


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
            raise PageError(line, '%s is not a colour of the VGA, which has '
                            '%s' % (one_line(name), ', '.join(COLOURS)))
        numbers.append(COLOURS.index(name))
    return numbers[0], (numbers[1] if len(numbers) > 1 else None)


def check_make(command, target, line):
    """`make`, `make run`, with assignments; nothing else is built here."""
    wanted = ['make'] + ([target] if target else [])
    if [w for w in words(command, line) if '=' not in w] != wanted:
        raise PageError(line, 'this clause needs `%s`, with VAR=value at '
                        'most, not `%s`' % (' '.join(wanted), command))


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
