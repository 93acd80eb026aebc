"""Writes a diff again after the trees around it have changed.

What a diff does is told by four versions of its file: before and
after it, as they were (`old`, `new`) and as they are now (`old2`,
`new2`). The author's choice of context, of hunks and of their headers is
kept; only what changed is written anew.
"""

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from . import hunks
from .hunks import TOP
from .report import PageError
from .tree import File, Tree, places

NEAR = 3                        # lines of context of a hunk of our own


class Cannot(Exception):
    """This listing cannot be expressed; the message says why."""


@dataclass
class Part:
    """A hunk to be: lines [low, high) of the file, and the changes in
    it, each (start, end) before and after."""
    text: str
    low: int
    high: int
    old_end: int                # of the hunk that it was, in `old`
    changes: list = field(default_factory=list)


def rewrite(page, change, before, after, before2, after2):
    """The edits that a page needs for one listing: (start, end, lines),
    counted from 0. Trees are path -> lines. An edit that would leave an
    empty fence takes the fence away."""
    edits, void = [], 0
    for diff in change.diffs:
        versions = [tree[diff.path] for tree in
                    (before, after, before2, after2)]
        if not applies(diff, versions[2], versions[3]):
            end = diff.hunks[-1].body[-1][0]
            body = write_diff(diff, *versions,
                              blank=blank_style(page, diff))
            void += not body
            edits.append((diff.line - 1, end, body))
    if void == len(change.diffs):
        below = change.fence.end
        below += page.lines[below:below + 1] == ['']
        return [(change.fence.line - 1, below, [])]
    return edits


def applies(diff, old2, new2):
    """Whether a diff leads from one version to the other as it stands."""
    tree = Tree({diff.path: File(list(old2), [None] * len(old2))})
    try:
        hunks.apply_diff(tree, diff, '')
    except PageError:
        return False
    return tree.files[diff.path].lines == new2


def blank_style(page, diff):
    """Empty context lines are written empty, or as a blank."""
    return max((page.lines[line - 1] for hunk in diff.hunks
                for line, sign, text in hunk.body
                if sign == ' ' and not text), default='')[:1]


def write_diff(diff, old, new, old2, new2, blank):
    """The lines of a file's diff; none if nothing is left to change."""
    to_old, to_new = one_to_one(old, old2), one_to_one(new, new2)
    parts, kept = locate(diff, old, to_old)
    kept = [(to_old[b], to_new[a]) for b, a in kept
            if b in to_old and a in to_new
            and old2[to_old[b]] == new2[to_new[a]]]
    for change in differences(kept, old2, new2):
        owner(parts, change, old2).changes.append(change)
    parts = sorted((p for p in parts if p.changes), key=lambda p: p.low)
    if not parts:
        return []
    lines, current, shift = ['--- a/' + diff.path, '+++ b/' + diff.path], \
        list(old2), 0
    for number, part in enumerate(parts):
        bottom = parts[number - 1].high if number else 0
        top = parts[number + 1].low if parts[number + 1:] else len(old2)
        widen(part, bottom, top, old2, current, shift)
        lines.append(header(part, old, old2, to_old, current, shift))
        body = hunk_body(part, old2, new2)
        lines += [text if text != ' ' else blank for text in body]
        after = [text[1:] for text in body if text[0] != '-']
        current[part.low + shift:part.high + shift] = after
        shift += len(after) - (part.high - part.low)
    return lines


def one_to_one(lines, lines2):
    """Which line became which, where that can be told."""
    found = {}
    for tag, i1, i2, j1, j2 in SequenceMatcher(
            None, lines, lines2, False).get_opcodes():
        if i2 - i1 == j2 - j1:
            found.update(zip(range(i1, i2), range(j1, j2)))
    return found


def locate(diff, old, to_old):
    """The hunks as parts of the file that is now, and all pairs of lines
    before and after the diff that it leaves alone."""
    current = File(list(old), [None] * len(old))
    parts, kept, b, a = [], [], 0, 0
    for hunk in diff.hunks:
        start = hunks.find_place(current, diff.path, hunk)
        kept += zip(range(b, b + start - a), range(a, start))
        b, a = b + start - a, start
        first = b
        for _, sign, _ in hunk.body:
            if sign == ' ':
                kept.append((b, a))
            b, a = b + (sign != '+'), a + (sign != '-')
        hunks.replace(current, hunk, start, '')
        images = [to_old[i] for i in range(first, b) if i in to_old]
        if images:
            parts.append(Part(hunk.text, images[0], images[-1] + 1, b))
    kept += zip(range(b, len(old)), range(a, len(current.lines)))
    return parts, kept


def differences(kept, old2, new2):
    """The changed regions between the pairs of lines that are kept."""
    b0 = a0 = 0
    for b1, a1 in kept + [(len(old2), len(new2))]:
        b, a, end_b, end_a = b0, a0, b1, a1
        # The edit may have put the same lines on both sides.
        while b < end_b and a < end_a and old2[b] == new2[a]:
            b, a = b + 1, a + 1
        while b < end_b and a < end_a and \
                old2[end_b - 1] == new2[end_a - 1]:
            end_b, end_a = end_b - 1, end_a - 1
        if b < end_b or a < end_a:
            yield b, end_b, a, end_a
        b0, a0 = b1 + 1, a1 + 1


def owner(parts, change, old2):
    """The hunk that a change belongs to: one that it touches or that is
    near, else a new one."""
    start, end = change[:2]
    distances = [max(part.low - end, start - part.high, 0)
                 for part in parts]
    if distances and min(distances) <= NEAR:
        part = parts[distances.index(min(distances))]
        part.low, part.high = min(part.low, start), max(part.high, end)
        return part
    part = Part(enclosing(old2, start), max(start - NEAR, 0),
                min(end + NEAR, len(old2)), -1)
    parts.append(part)
    return part


def enclosing(lines, at):
    """What a new hunk names: the nearest line that begins a definition."""
    for text in reversed(lines[:at]):
        if re.match(r'[A-Za-z_.]', text):
            found = re.search(r'\w+(?=\()', text)
            return found.group(0) if found else text.strip(' :{=')
    return TOP


def widen(part, bottom, top, old2, current, shift):
    """Takes in context until the hunk fits in one place only."""
    part.low = max(part.low, bottom)
    up = True
    while True:
        wanted = old2[part.low:part.high]
        if wanted and len(places(wanted, current)) == 1:
            return
        if part.low == bottom and part.high == top:
            raise Cannot('no context makes one of its hunks fit in one '
                         'place only')
        if part.high == top or up and part.low > bottom:
            part.low -= 1
        else:
            part.high += 1
        up = not up


def hunk_body(part, old2, new2):
    """The lines of a hunk with their signs."""
    body, at = [], part.low
    for b, end_b, a, end_a in part.changes:
        body += [' ' + text for text in old2[at:b]]
        body += ['-' + text for text in old2[b:end_b]]
        body += ['+' + text for text in new2[a:end_a]]
        at = end_b
    return body + [' ' + text for text in old2[at:part.high]]


def header(part, old, old2, to_old, current, shift):
    """The header of a hunk; what it names may have another name now."""
    text = part.text
    if text in ('', TOP):
        return '@@ %s @@' % text if text else '@@'
    for i in range(part.old_end - 1, -1, -1):
        if text in old[i] and i in to_old:
            now = old2[to_old[i]]
            if text not in now:
                text = renamed(text, old[i], now)
            break
    if not any(text in line for line in current[:part.high + shift]):
        text = enclosing(current, part.low + shift)
    return '@@ %s @@' % text


def renamed(text, line, line2):
    """The words of a header, as the line that they come from has them."""
    words, words2 = (re.findall(r'\w+|\W', found) for found in
                     (line, line2))
    if len(words) == len(words2):
        new = dict(zip(words, words2))
        text = ''.join(new.get(word, word) for word in
                       re.findall(r'\w+|\W', text))
        if text in line2:
            return text
    return line2.strip()
