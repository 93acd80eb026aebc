"""`make budget`: what each page asks of a reader, in figures.

Words are those of the prose alone.  A line is typed if the reader adds it
by hand; lines of given files are counted apart.  A stretch is what is
typed from one checkpoint to the next.  Code is the chapter's kernel
without blank lines, comments and tests.
"""

import os
import re

from common import files
from common.terminal import say

from ..reading import forms
from ..reading.markdown import Prose
from ..reading.replay import read_book
from ..reading.report import Report

HEAD = ('', 'words', 'typed', 'given', 'stretch', 'minutes', 'longest',
        'code')
NO_PROSE = re.compile(r'\s*(?:\||#|!\[|\^|\[[^]]*\]:)')
COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')|'
                     r'//.*|/\*(?:.|\n)*?\*/')


def budget(root):
    """Prints a row for each page, and the sums."""
    book = read_book(root, Report())
    blocks = [[row(book, course) for course in book.courses.values()
               if bool(course.end) == chapter
               and course.page in book.pages] for chapter in (True, False)]
    if blocks[0]:
        total = [sum(entry[at] or 0 for entry in blocks[0])
                 for at in range(1, 8)]
        for at in 4, 6:
            total[at - 1] = max(entry[at] for entry in blocks[0])
        total[6] = blocks[0][-1][7]     # the last kernel holds the others
        blocks.insert(1, [('all chapters', *total)])
    say('%-20s' % HEAD[0] + ''.join('%9s' % word for word in HEAD[1:]))
    for block in blocks:
        if block:
            say()
        for name, *figures in block:
            say('%-20s' % name + ''.join(
                '%9s' % ('-' if figure is None else format(figure, ','))
                for figure in figures))


def row(book, course):
    """The figures of a page."""
    page, items = book.pages[course.page], book.items[course.page]
    typed = given = stretch = longest = 0
    minutes = []
    for item in items:
        if isinstance(item, forms.Promise):
            minutes.append(item.minutes or 0)
            stretch = 0
        elif isinstance(item, forms.Given):
            given += len(item.file.lines)
        elif isinstance(item, forms.LISTINGS):
            typed += item.typed()
            stretch += item.typed()
            longest = max(longest, stretch)
    return (course.name, words(page), typed, given, longest, sum(minutes),
            max(minutes, default=0),
            code(os.path.join(book.root, course.end)) if course.end
            else None)


def words(page):
    """The words of a page without its fences, tables, captions."""
    text = '\n'.join(
        prose.text for prose in page.of(Prose)
        if not NO_PROSE.match(prose.text)
        and not any(form.match(prose.text) for form in forms.CAPTIONS))
    text = re.sub(r'`[^`\n]*`', 'code', text)
    text = re.sub(r'</?[a-zA-Z][^>\n]*>', ' ', text)
    text = re.sub(r'\]\([^)]*\)', ']', text)
    return len(re.findall(r"[A-Za-z][A-Za-z'’-]*", text))


def code(directory):
    """The lines of a kernel that are neither blank nor a comment, its
    tests aside."""
    total = 0
    for path in files.below(directory, ('tests', 'src/test')):
        if re.search(r'\.(?:c|h|asm|ld)$', path) and \
                not path.endswith('_test.c'):
            text = files.read_text(os.path.join(directory, path))
            text = re.sub(r';.*', '', text) if path.endswith('.asm') else \
                COMMENT.sub(r'\1', text)
            total += sum(bool(line.strip()) for line in text.split('\n'))
    return total
