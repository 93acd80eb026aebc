"""Compares what the book shows with what came: `...` is any text."""

import difflib
import re

ANY = '...'


def pattern(text):
    """A line of the book as a regular expression."""
    return '.*'.join(re.escape(part) for part in text.split(ANY))


def line_fits(expected, actual):
    return re.fullmatch(pattern(expected.rstrip()), actual.rstrip(),
                        re.DOTALL) is not None


def line_has(expected, actual):
    return re.search(pattern(expected), actual) is not None


def without_end(lines):
    """The lines without trailing blanks and trailing empty lines."""
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def split_output(text):
    return without_end(text.replace('\r\n', '\n').split('\n'))


def first_difference(expected, actual):
    """Compares lists of lines; None if they fit, else how far into
    `expected` and `actual` they agree at best."""
    expected, actual = without_end(expected), without_end(actual)
    # reached: for the lines of the book so far, every number of actual
    # lines that they can stand for.
    reached, best = {0}, (0, 0)
    for count, text in enumerate(expected):
        if text.strip() == ANY:
            reached = set(range(min(reached), len(actual) + 1))
            continue
        following = {n + 1 for n in reached
                     if n < len(actual) and line_fits(text, actual[n])}
        if not following:
            return count, min(reached)
        reached = following
        best = (count + 1, max(reached))
    if len(actual) in reached:
        return None
    return len(expected), best[1]


def side_by_side(expected, actual, titles, width=54, most=14):
    """Two columns from a little above the first difference on."""
    difference = first_difference(expected, actual) or (0, 0)
    expected, actual = without_end(expected), without_end(actual)
    skip = max(0, min(difference) - 2)
    rows = align(expected[skip:], actual[skip:])
    shown = [row('  ', titles[0], titles[1], width)]
    shown += [row(mark, left, right, width)
              for mark, left, right in rows[:most]]
    if len(rows) > most:
        shown.append('    (%d more lines)' % (len(rows) - most))
    return '\n'.join(line.rstrip() for line in shown)


def align(expected, actual):
    """Pairs of lines: what is equal in both stands side by side."""
    rows = []
    matcher = difflib.SequenceMatcher(None, expected, actual, False)
    for _, i, i_end, j, j_end in matcher.get_opcodes():
        for k in range(max(i_end - i, j_end - j)):
            left = expected[i + k] if i + k < i_end else ''
            right = actual[j + k] if j + k < j_end else ''
            same = line_fits(left, right) or left.strip() == ANY
            rows.append(('  ' if same else '! ', left, right))
    return rows


def row(mark, left, right, width):
    """One row; a long line goes on in the next."""
    left, right = left.expandtabs(8), right.expandtabs(8)
    out = []
    while True:
        out.append('    %s%-*s | %s' % (mark, width, left[:width],
                                        right[:width]))
        left, right, mark = left[width:], right[width:], '  '
        if not left and not right:
            return '\n'.join(out)
