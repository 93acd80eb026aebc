"""Keeps what the screens of the book looked like, for the reading site.

A screen of the book is text; the machine's has colours, too. Of each
screen that was compared, and true, the cells are written to
build/book/screens/03-vga.json: a list of

    {"line": 120, "body": [...], "rows": [["Hello", "0e0e0e0e0e"], ...]}

where `line` is that of the caption and `body` the text as the page has it
(the site takes the cells only for the same text), and each row has its 80
characters and the attribute byte of each, in hexadecimal.
"""

import json
import os

from common import files

from ..reading import forms


def shown(point):
    """The point's screens, each with its number."""
    return [(number, item) for number, item in enumerate(point.items)
            if isinstance(item, forms.Screen) and item.source == 'screen']


def kept(point, cells):
    """What the memory of a point keeps: a point may move in its page, so
    its screens are counted."""
    return {str(number): rows(cells[point.page, item.line])
            for number, item in shown(point)
            if (point.page, item.line) in cells}


def recall(point, kept):
    """The cells that such a memory has: (page, line) -> cells."""
    return {(point.page, item.line): cells_of(kept[str(number)])
            for number, item in shown(point) if str(number) in kept}


def write(base, points, cells):
    """The files of the pages that these points are of."""
    directory = os.path.join(base, 'screens')
    pages = {}
    for point in points:
        entries = pages.setdefault(point.page, [])
        for _, item in shown(point):
            if (point.page, item.line) in cells:
                entries.append({
                    'line': item.line, 'body': item.body,
                    'rows': rows(cells[point.page, item.line])})
    for page, entries in pages.items():
        name = os.path.basename(page)[:-len('.md')] + '.json'
        files.write(os.path.join(directory, name), json.dumps(
            sorted(entries, key=lambda e: e['line']),
            ensure_ascii=False) + '\n')


def rows(cells):
    return [[''.join(char for char, _ in row),
             ''.join('%02x' % attribute for _, attribute in row)]
            for row in cells]


def cells_of(kept):
    return [list(zip(text, bytes.fromhex(attributes)))
            for text, attributes in kept]
