"""What the book shows: excerpts, transcripts and screens."""

import re
import shlex
from dataclasses import dataclass, field
from typing import ClassVar, List, Optional, Tuple

from ..emulator import parse_keys
from .markdown import Fence
from .report import PageError
from .tree import check_path

ASIDE = r'^\*%s:\*$'


def need(fence, language, what):
    if fence.language != language:
        raise PageError(fence.line, '%s is a `%s` fence' % (what, language))


@dataclass
class Example:
    """A fence that says itself that it is not proven."""
    fence: Fence
    CAPTION: ClassVar = re.compile(
        ASIDE % '(?:Example, not part of the kernel\\b[^*]*|'
        '(?P<schematic>Schematic)|'
        '(?P<terminal>In a terminal))')

    @classmethod
    def read(cls, page, fence, found):
        if found.group('schematic'):
            need(fence, 'text', 'a schematic')
        if found.group('terminal'):
            need(fence, 'console', 'what is typed in a terminal')
        return cls(fence)

    @property
    def line(self):
        return self.fence.line


@dataclass
class Excerpt:
    """*From `FILE`:* above lines of that file."""
    fence: Fence
    path: str
    CAPTION: ClassVar = re.compile(ASIDE % 'From `([^`]+)`')

    @classmethod
    def read(cls, page, fence, found):
        check_path(found.group(1), fence.caption.line)
        return cls(fence, found.group(1))

    @property
    def line(self):
        return self.fence.line


# --- Transcripts ---------------------------------------------------------

@dataclass
class Command:
    line: int
    text: str
    output: List[str] = field(default_factory=list)


@dataclass
class Transcript:
    """A `console` fence."""
    line: int
    end: int
    where: Optional[str]        # a chapter, '.' for the root, else None
    commands: List[Command]
    CAPTION: ClassVar = re.compile(
        ASIDE % 'In (?:`(?P<tree>[^`]+)`|the repository)')

    @classmethod
    def read(cls, page, fence, found=None):
        need(fence, 'console', 'what runs in a directory')
        where = (found.group('tree') or '.') if found else None
        return cls(fence.line, fence.end, where, commands(fence))

    def shows_failure(self):
        """Whether it shows how `make` fails."""
        return any(command.text.startswith('make') and re.search(
            r'\b[Ee]rror\b', '\n'.join(command.output))
            for command in self.commands)


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


# --- Screens -------------------------------------------------------------

@dataclass
class Screen:
    """*On the screen:* or *On the serial line:*"""
    line: int
    body_line: int
    body: List[str]
    source: str                 # screen or serial line
    image: Optional[str]        # a test's name
    flags: Tuple[str, ...]
    keys: str = ''              # what is typed before
    # `, after typing ...` and `, with ...` in either order.
    CAPTION: ClassVar = re.compile(
        ASIDE % (r'On the (?P<source>screen|serial line)'
                 r'(?: of `(?P<image>[^`]+)`)?'
                 r'(?:,? with `(?P<flags>[^`]+)`)?'
                 r'(?:,? after typing `(?P<keys>[^`]+)`)?'
                 r'(?:,? with `(?P<more_flags>[^`]+)`)?'))

    @classmethod
    def read(cls, page, fence, found):
        need(fence, 'text', 'a screen')
        line, image = fence.caption.line, found.group('image')
        if image is not None:
            name = re.fullmatch(r'tests/([\w-]+)(?:\.c)?', image)
            if not name:
                raise PageError(line, 'the image of a test is named '
                                '`tests/NAME.c`, not `%s`' % image)
            image = name.group(1)
        flags = words(found.group('flags') or '', line)
        flags += words(found.group('more_flags') or '', line)
        return cls(fence.line, fence.body_line, fence.body,
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
    """The words of a command line."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise PageError(line, 'cannot split `%s` into words: %s'
                        % (text, error)) from None
