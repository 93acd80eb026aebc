"""Reads one page of the book, line by line, into fences and prose.

The page is read the way GitHub shows it. What GitHub would show in
another way than the proof reads it, or would hide, is a problem: a fence
that does not begin in the first column, code by indentation, HTML.
"""

import re
from dataclasses import dataclass, field
from typing import List, Optional

FENCE = re.compile(r'^```(?P<info>[^`]*)$')
NEARLY_FENCE = re.compile(r'^[ \t>*+-]*(?:\d+[.)])?[ \t>]*(?:`{3,}|~{3,})'
                          r'[^`]*$')
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

    @property
    def body_line(self):
        return self.line + 1


@dataclass
class Prose:
    """One line outside all fences."""
    line: int
    text: str
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
    root: str               # of the repository that the page is in
    lines: List[str]
    blocks: list = field(default_factory=list)   # in the page's order

    def of(self, kind):
        return [b for b in self.blocks if isinstance(b, kind)]

    def paragraphs(self):
        """The paragraphs as (line, text), each as one line of text."""
        found, after = [], None
        for prose in self.of(Prose):
            if after == prose.line:
                found[-1][1] += ' ' + prose.text
            else:
                found.append([prose.line, prose.text])
            after = prose.line + 1
        return found


def columns(text):
    return len(text.expandtabs(8))


def read_page(name, text, report, root=''):
    """The page's blocks; what is malformed goes to the report."""
    page = Page(name, root, text.split('\n'))
    _Reader(page, report).read()
    return page


class _Reader:
    def __init__(self, page, report):
        self.page, self.report = page, report
        self.at = 0                 # index of the next line
        self.details = 0            # depth of <details>
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
                self.read_fence(found.group('info').strip())
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

    def read_fence(self, info):
        start, lines = self.at, self.page.lines
        if self.html:
            self.error(start + 1, 'a fence directly below HTML is not shown '
                       'as one: leave an empty line between')
        end = start + 1
        while end < len(lines) and lines[end].rstrip() != '```':
            end += 1
        if end == len(lines):
            self.error(start + 1, 'this fence is never closed')
        words = info.split()
        self.page.blocks.append(Fence(
            start + 1, min(end, len(lines) - 1) + 1,
            words[0] if words else '', info, lines[start + 1:end],
            self.last, self.details > 0))
        if self.last:
            self.last.used = True
        self.last = None
        self.at = end + 1
        self.html = False

    def read_checkpoint(self):
        start, words = self.at, []
        while self.at < len(self.page.lines):
            text = self.page.lines[self.at].strip()
            if not text.startswith('>') or not text[1:].strip():
                break
            if words and CHECKPOINT.match(text):
                break
            words.append(text[1:].strip())
            self.page.blocks.append(Prose(self.at + 1, text, True))
            self.at += 1
        self.page.blocks.append(Checkpoint(start + 1, ' '.join(words)))
        self.last = None

    def read_prose(self, text):
        line = self.at + 1
        heading = HEADING.match(text)
        if heading:
            self.lists = []
            self.page.blocks.append(Heading(line, len(heading.group(1)),
                                            heading.group(2)))
        prose = Prose(line, text.strip())
        self.page.blocks.append(prose)
        self.last = prose
        if NEARLY_FENCE.match(text):
            self.error(line, 'a fence is three backquotes that begin in the '
                       'first column, not in a list or a quote')
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
