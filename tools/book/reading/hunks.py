"""Reads the diffs of the book, and applies them.

A diff stores no line numbers: a hunk belongs where its context and its
removed lines are, and that must be exactly one place.
"""

import re
from dataclasses import dataclass, field
from typing import List, Tuple

from .report import PageError, one_line
from .tree import check_path, no_place, places

NUMBERED = re.compile(r'^@@ -\d+(,\d+)? \+\d+(,\d+)? @@')
HEADER = re.compile(r'^@@(?: (?P<text>\S.*?) @@| @@)?$')
TOP = 'top of the file'


@dataclass
class Hunk:
    line: int                   # of its header
    text: str                   # what the header names
    body: List[Tuple[int, str, str]] = field(default_factory=list)

    def side(self, signs):
        return [(line, text) for line, sign, text in self.body
                if sign in signs]


@dataclass
class FileDiff:
    line: int
    path: str
    hunks: List[Hunk] = field(default_factory=list)


def parse_diff(fence):
    """The files and hunks of a diff fence."""
    diffs, numbered = [], list(enumerate(fence.body, fence.body_line))
    while numbered:
        line, text = numbered.pop(0)
        following = numbered[0][1] if numbered else ''
        if text.startswith('--- ') and following.startswith('+++ '):
            diffs.append(FileDiff(line, diff_path(line, text, following)))
            numbered.pop(0)
        elif text.startswith('@@'):
            if not diffs:
                raise PageError(line, 'a hunk before its `--- a/` and '
                                '`+++ b/` lines')
            diffs[-1].hunks.append(Hunk(line, hunk_header(line, text)))
        elif diffs and diffs[-1].hunks:
            diffs[-1].hunks[-1].body.append(hunk_line(line, text))
        elif text.strip() or not diffs:
            raise PageError(line, 'a diff begins with `--- a/PATH`, '
                            '`+++ b/PATH` and a line `@@ FUNCTION @@`')
    if not diffs:
        raise PageError(fence.line, 'a diff without `--- a/` and `+++ b/` '
                        'lines')
    for diff, following in zip(diffs, diffs[1:] + [None]):
        check_hunks(diff, following)
    return diffs


def diff_path(line, old, new):
    if '/dev/null' in old or '/dev/null' in new:
        raise PageError(line, 'write **New file: `PATH`** or **Delete file: '
                        '`PATH`** instead of /dev/null')
    if not old.startswith('--- a/') or not new.startswith('+++ b/'):
        raise PageError(line, 'a diff names its file by `--- a/PATH` and '
                        '`+++ b/PATH`')
    if old[6:] != new[6:]:
        raise PageError(line, 'the two names of the file differ; a file is '
                        'moved by **Move file: `OLD` to `NEW`**')
    check_path(old[6:], line)
    return old[6:]


def hunk_header(line, text):
    if NUMBERED.match(text):
        raise PageError(line, 'a hunk header has no line numbers here, they '
                        'would grow stale: @@ FUNCTION @@')
    found = HEADER.match(text)
    if not found:
        raise PageError(line, 'a hunk header reads @@ FUNCTION @@')
    return found.group('text') or ''


def hunk_line(line, text):
    if not text:
        return (line, ' ', '')
    if text[0] in ' +-':
        # Blanks alone are an empty line of the file.
        return (line, text[0], text[1:] if text.strip() else '')
    if text[0] == '\\':
        raise PageError(line, 'every file ends with a newline: no such mark')
    raise PageError(line, 'a line of a hunk begins with a blank, + or -, '
                    'this one with %s' % one_line(text[0]))


def check_hunks(diff, following):
    if not diff.hunks:
        raise PageError(diff.line, 'no hunk follows: @@ FUNCTION @@')
    if following:           # an empty line between two files is layout
        body = diff.hunks[-1].body
        while body and body[-1][1:] == (' ', ''):
            body.pop()
    for hunk in diff.hunks:
        if not hunk.side('+-'):
            raise PageError(hunk.line, 'this hunk changes nothing')
        if not hunk.side(' -'):
            raise PageError(hunk.line, 'a hunk that only adds needs context: '
                            'a line above or below that the file has')


def apply_diff(tree, diff, page):
    """Applies one file's hunks, from top to bottom, to the tree."""
    target = tree.get(diff.path, diff.line).copy()
    after = 0               # where the hunk before ended
    for hunk in diff.hunks:
        start = find_place(target, diff.path, hunk)
        if start < after:
            raise PageError(hunk.line, 'the hunks of a file stand in its '
                            'order, this one belongs above the one before')
        check_header(target, diff.path, hunk, start)
        after = replace(target, hunk, start, page)
    tree.files[diff.path] = target


def find_place(target, path, hunk):
    old = hunk.side(' -')
    wanted = [text for _, text in old]
    found = places(wanted, target.lines)
    if len(found) == 1:
        return found[0]
    if not found:
        raise no_place(wanted, target.lines, path, lambda k: old[k][0])
    where = ', '.join(str(i + 1) for i in found[:-1])
    raise PageError(hunk.line, 'ambiguous: this hunk fits `%s` at lines %s '
                    'and %d; give it one more line of context'
                    % (path, where, found[-1] + 1))


def check_header(target, path, hunk, start):
    """What a hunk header names must stand at or above the hunk."""
    if hunk.text in ('', TOP):
        return
    end = start + len(hunk.side(' -'))
    if not any(hunk.text in text for text in target.lines[:end]):
        raise PageError(hunk.line, 'the hunk header names %s, but no line of '
                        '`%s` at or above this place has that'
                        % (one_line(hunk.text), path))


def replace(target, hunk, start, page):
    """Puts the hunk's new lines into the file; returns their end."""
    at = start
    for line, sign, text in hunk.body:
        if sign == '-':
            del target.lines[at], target.origins[at]
        elif sign == '+':
            target.lines.insert(at, text)
            target.origins.insert(at, (page, line))
            at += 1
        else:
            at += 1
    return at
