"""Reads one page of the book, line by line, into fences and prose.

The page is read the way GitHub shows it: fences within lists, quotes and
`<details>` are fences, and a longer fence may hold a shorter one. What
GitHub would not show as a fence, or would hide, is a problem.
"""

import re
from dataclasses import dataclass, field
from typing import List, Optional

CONTAINERS = r'(?:[ \t]*>|[ \t]*(?:[-*+]|\d{1,9}[.)])(?=[ \t]))*'
FENCE = re.compile(r'^(?P<prefix>' + CONTAINERS + r'[ \t]*)'
                   r'(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$')
HEADING = re.compile(r'^ {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$')
LIST_ITEM = re.compile(r'^( *)([-*+]|\d{1,9}[.)])( +|$)')
CODE_SPAN = re.compile(r'(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)')
HIDING = re.compile(r'<!--|<(?:pre|script|style|template|textarea)\b', re.I)
HTML_BLOCK = re.compile(r'^ {0,3}</?(?:details|summary|div|p|table|center|'
                        r'figure|section|ul|ol|dl|h[1-6])\b', re.I)
CHECKPOINT = re.compile(r'^[ \t]*(?:>[ \t]*)?\*\*Checkpoint\b')


@dataclass
class Fence:
    """A fenced block; line numbers count from 1."""
    line: int
    end: int
    language: str
    info: str
    body: List[str]
    caption: Optional['Prose']
    in_details: bool
    section: int

    @property
    def body_line(self):
        return self.line + 1


@dataclass
class Prose:
    """One line outside all fences."""
    line: int
    text: str
    quote: bool = False
    used: bool = False      # as the caption of a fence

    @property
    def bare(self):
        """The text without code spans, whose contents mean nothing."""
        return CODE_SPAN.sub('``', self.text)


@dataclass
class Heading:
    line: int
    level: int
    text: str


@dataclass
class Checkpoint:
    """A promise as it is written: the whole quote, joined."""
    line: int
    text: str


@dataclass
class Page:
    name: str               # book/03-vga.md
    lines: List[str]
    blocks: list = field(default_factory=list)   # in the page's order

    def of(self, kind):
        return [b for b in self.blocks if isinstance(b, kind)]


def columns(text):
    return len(text.expandtabs(8))


def read_page(name, text, report):
    """The page's blocks; what is malformed goes to the report."""
    page = Page(name, text.split('\n'))
    _Reader(page, report).read()
    return page


class _Reader:
    def __init__(self, page, report):
        self.page, self.report = page, report
        self.at = 0                 # index of the next line
        self.details = 0            # depth of <details>
        self.section = 0            # number of the ## section
        self.lists = []             # content columns of open list items
        self.after_blank = True
        self.html = False           # within a block of raw HTML
        self.last = None            # the last line of prose, if not used

    def error(self, line, text):
        self.report.error(self.page.name, line, text)

    def read(self):
        self.skip_front_matter()
        while self.at < len(self.page.lines):
            text = self.page.lines[self.at]
            if not text.strip():
                self.after_blank, self.html = True, False
                self.at += 1
                continue
            found = FENCE.match(text)
            self.track_lists(text)
            if found:
                self.read_fence(found)
            elif CHECKPOINT.match(text) and text.lstrip().startswith('>'):
                self.read_checkpoint()
            else:
                self.read_prose(text)
            self.after_blank = False
        if self.details > 0:
            self.error(len(self.page.lines), '<details> is not closed')

    def skip_front_matter(self):
        lines = self.page.lines
        if lines and lines[0] == '---' and '---' in lines[1:]:
            self.at = lines.index('---', 1) + 1

    def track_lists(self, text):
        """Finds blocks that Markdown takes for code by indentation."""
        if text.lstrip().startswith('>'):
            return
        wide = text.expandtabs(4)
        indent = len(wide) - len(wide.lstrip())
        if self.after_blank:
            while self.lists and indent < self.lists[-1]:
                self.lists.pop()
        inner = indent - (self.lists[-1] if self.lists else 0)
        if inner >= 4 and self.after_blank:
            self.error(self.at + 1, 'indented by four or more, which '
                       'Markdown shows as code: use a fence')
        item = LIST_ITEM.match(wide)
        if item:
            while self.lists and indent < self.lists[-1]:
                self.lists.pop()
            self.lists.append(item.end() if item.group(3)
                              else item.end() + 1)

    def read_fence(self, found):
        start = self.at
        if self.html:
            self.error(start + 1, 'a fence directly below HTML is not shown '
                       'as one: leave an empty line between')
        marks, info = found.group('marks'), found.group('info').strip()
        quotes = found.group('prefix').count('>')
        column = len(found.group('prefix').expandtabs(4))
        closing = re.compile(r'^[ \t]*%s{%d,}[ \t]*$'
                             % (re.escape(marks[0]), len(marks)))
        body, end = [], None
        for index in range(start + 1, len(self.page.lines)):
            text = self.unwrap(self.page.lines[index], quotes, column,
                               index + 1)
            if text is None:
                end = index - 1
                break
            if closing.match(text):
                end = index
                break
            body.append(text)
        else:
            self.error(start + 1, 'this fence is never closed')
            end = len(self.page.lines) - 1
        words = info.split()
        fence = Fence(start + 1, end + 1, words[0] if words else '', info,
                      body, self.last, self.details > 0, self.section)
        if self.last:
            self.last.used = True
        self.last = None
        self.page.blocks.append(fence)
        self.at = end + 1
        self.html = False

    def unwrap(self, text, quotes, column, line):
        """A line of a fence without the marks of what it stands in;
        None where the quote around the fence ends."""
        for _ in range(quotes):
            quote = re.match(r'^[ \t]*> ?', text)
            if not quote:
                self.error(line, 'the quote ends before its fence does')
                return None
            text = text[quote.end():]
        if quotes or not column:
            return text
        lead = len(text) - len(text.lstrip(' '))
        if text.strip() and lead < column:
            self.error(line, 'indented less than the fence it stands in')
        return text[min(lead, column):]

    def read_checkpoint(self):
        start, words = self.at, []
        while self.at < len(self.page.lines):
            text = self.page.lines[self.at].strip()
            if not text.startswith('>') or not text[1:].strip():
                break
            if words and CHECKPOINT.match(text):
                break
            words.append(text[1:].strip())
            self.page.blocks.append(Prose(self.at + 1, text, True, True))
            self.at += 1
        self.page.blocks.append(Checkpoint(start + 1, ' '.join(words)))
        self.last = None

    def read_prose(self, text):
        line = self.at + 1
        heading = HEADING.match(text)
        if heading:
            level = len(heading.group(1))
            self.section += level == 2
            self.lists = []
            self.page.blocks.append(Heading(line, level, heading.group(2)))
        prose = Prose(line, text.strip(), text.lstrip().startswith('>'))
        self.page.blocks.append(prose)
        self.last = prose
        bare = prose.bare
        hidden = HIDING.search(bare)
        if hidden:
            self.error(line, '`%s` has no place here: the reader sees what '
                       'the proof sees' % hidden.group(0))
        if '**Checkpoint' in bare and not heading:
            self.error(line, 'a checkpoint is a quote of its own: '
                       '> **Checkpoint 3.40** — ...')
        low = bare.lower()
        self.details += low.count('<details') - low.count('</details')
        if HTML_BLOCK.match(text):
            self.html = True
        self.at += 1
