"""`make diffs` and `make history`, on the small book and the real one.

    python3 -m unittest tests.book.test_diffs
"""

import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from smallbook import CHAPTERS, ROOT, Case  # noqa: E402
from book.maintaining.diffs import (chapter_diffs, committed,  # noqa: E402
                                    diffs)
from book.maintaining.history import history  # noqa: E402
from book.reading.tree import read_tree  # noqa: E402


class DiffsTest(Case):
    def setUp(self):
        super().setUp()
        self.assertIn('wrote book/diffs/01-one.diff, ', self.run_it(diffs))

    def test_they_lead_from_chapter_to_chapter(self):
        with tempfile.TemporaryDirectory() as place:
            for name in CHAPTERS:
                self.git('apply', '-p1', self.path(
                    'book/diffs/%s.diff' % name), place=place)
                self.assertEqual(
                    read_tree(place, '').snapshot(),
                    read_tree(self.path(name), '').snapshot())
        self.assertIn('was fresh', self.run_it(diffs))
        text = self.read('book/diffs/02-two.diff')
        self.assertTrue(text.startswith(
            'diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ '))
        self.assertIn('rename from old.c\n', text)
        self.assertNotIn('\nindex ', text)
        self.assertNotIn('README', text)

    def test_a_stale_one_is_told_with_its_line(self):
        self.change('book/diffs/02-two.diff', '+// Never', '+// Always')
        line = self.read('book/diffs/02-two.diff').split(
            '+// Always')[0].count('\n') + 1
        self.assertEqual(self.errors(), [
            'book/diffs/02-two.diff:%d: stale, 02-two/ is not what it tells:'
            ' run `make diffs`' % line])
        os.rename(self.path('book/diffs/02-two.diff'),
                  self.path('book/diffs/04-four.diff'))
        self.write('book/diffs/notes', '')
        self.assertEqual(self.errors(), [
            'book/diffs/02-two.diff:1: is missing: run `make diffs`',
            'book/diffs/04-four.diff:1: there is no chapter 04-four/: run '
            '`make diffs`',
            'book/diffs/notes:1: belongs to no chapter: remove it'])
        os.remove(self.path('book/diffs/notes'))
        self.run_it(diffs)
        self.assertEqual(self.errors(), [])

    def test_one_error_for_a_chapter_that_drifts(self):
        self.change('02-two/b.c', 'leave()', '0')
        found = self.errors()
        self.assertEqual(len(found), 1)
        self.assertIn('02-two/b.c:3 differs', found[0])

    def test_propagate_writes_them_again(self):
        self.commit()
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        self.propagate()
        self.assert_true()
        self.assertIn('+    return who + 7;',
                      self.read('book/diffs/01-one.diff'))

    def test_the_repository_has_them(self):
        self.assertEqual(list(committed(ROOT)), list(chapter_diffs(ROOT)))


class HistoryTest(Case):
    def setUp(self):
        super().setUp()
        self.place = self.path('build/history')

    def of_it(self, *arguments):
        return self.git(*arguments, place=self.place)

    def test_a_commit_for_each_listing(self):
        self.assertIn('build/history has 14 commits and 7 tags',
                      self.run_it(history))
        self.assertEqual(self.of_it('tag').split(), [
            '01-one', '02-two', '03-three', 'step-1.10', 'step-2.10',
            'step-3.10', 'step-extra.10'])
        self.assertTrue(self.of_it(
            'log', '-1', '--format=%B', '02-two~2').startswith(
                '02-two: Two: new b.c\n\nThe listing is in book/02-two.md, '))
        self.assertIn('+// Never comes back.',
                      self.of_it('log', '-p', '01-one..02-two'))
        self.assertIn('way *= 10', self.of_it('show', 'extra'))
        self.assertIn('-// Never comes back.', self.of_it('show', '03-three'))
        for name in CHAPTERS:
            self.of_it('checkout', '-q', name)
            self.assertEqual(read_tree(self.place, '').snapshot(),
                             read_tree(self.path(name), '').snapshot())

    def test_the_same_hashes_every_time(self):
        self.run_it(history)
        first = self.of_it('show-ref')
        self.run_it(history, self.path('another place'))
        self.run_it(history)
        self.assertEqual(self.of_it('show-ref'), first)
        self.place = self.path('another place')
        self.assertEqual(self.of_it('show-ref'), first)

    def test_what_is_there_is_left_alone(self):
        self.write('build/history/mine', 'x')
        self.assertIn('is there already', self.run_it(history, status=1))
        self.assertEqual(self.read('build/history/mine'), 'x')
        shutil.rmtree(self.place)
        os.makedirs(self.place)
        self.of_it('init', '-q')
        self.assertIn('is there already', self.run_it(history, status=1))

    def test_a_book_that_is_not_true(self):
        self.change('book/02-two.md', '-    return way;', '-    return wy;')
        self.assertRegex(self.run_it(history, status=1),
                         r'^book/02-two.md:\d')


if __name__ == '__main__':
    unittest.main()
