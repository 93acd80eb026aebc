"""The cells of the book's screens, kept for the reading site.

    python3 -m unittest discover -s tools/tests/book -p test_screens.py
"""

import json
import os
import sys
import tempfile
import types
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from book.proving import screens  # noqa: E402
from book.reading import forms  # noqa: E402

PAGE = 'book/03-vga.md'
CELLS = [[('H', 0x0e), ('ö', 0x1f)], [(' ', 0x07), ('╢', 0x4f)]]


def screen(line, source='screen'):
    return forms.Screen(line, line + 3, ['Hö', ' ╢'], source, None, ())


def point(*items):
    return types.SimpleNamespace(page=PAGE, items=list(items))


class ScreensTest(unittest.TestCase):

    def test_what_was_true_is_recalled_where_it_stands_now(self):
        before = point(screen(10, 'serial'), screen(20))
        kept = json.loads(json.dumps(
            screens.kept(before, {(PAGE, 20): CELLS})))
        now = point(screen(110, 'serial'), screen(120))
        self.assertEqual(screens.recall(now, kept), {(PAGE, 120): CELLS})

    def test_a_point_without_screens_recalls_none(self):
        self.assertEqual(screens.kept(point(), {}), {})
        self.assertEqual(screens.recall(point(screen(7)), {}), {})

    def test_the_site_gets_text_and_attributes_in_the_order_of_the_page(self):
        with tempfile.TemporaryDirectory() as base:
            screens.write(base, [point(screen(90)), point(screen(20)),
                                 point(screen(50))],
                          {(PAGE, 90): CELLS, (PAGE, 20): CELLS})
            with open(os.path.join(base, 'screens', '03-vga.json'),
                      encoding='utf-8') as stream:
                written = json.load(stream)
        self.assertEqual([entry['line'] for entry in written], [20, 90])
        self.assertEqual(written[0]['body'], ['Hö', ' ╢'])
        self.assertEqual(written[0]['rows'],
                         [['Hö', '0e1f'], [' ╢', '074f']])


if __name__ == '__main__':
    unittest.main()
