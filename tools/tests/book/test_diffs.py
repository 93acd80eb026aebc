"""`make diffs` and `make history`, on the book of test_propagate.py and
on the real one.

    python3 -m unittest tests.book.test_diffs
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
for place in ('tools', 'tools/tests/book'):
    sys.path.insert(0, os.path.join(ROOT, place))

import test_propagate as toy  # noqa: E402
from book.maintaining.diffs import (chapter_diffs, committed,  # noqa: E402
                                    diffs)
from book.maintaining.history import history  # noqa: E402
from book.reading.tree import read_tree  # noqa: E402
from common.terminal import Complaint  # noqa: E402


def git(directory, *arguments):
    return subprocess.run(['git', '-C', directory, *arguments], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True).stdout


class Case(toy.Case):
    def quiet(self, work, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            work(*arguments)
        return out.getvalue()


class DiffsTest(Case):
    def setUp(self):
        super().setUp()
        self.assertIn('wrote book/diffs/01-one.diff, ',
                      self.quiet(diffs, self.root))

    def test_they_lead_from_chapter_to_chapter(self):
        with tempfile.TemporaryDirectory() as place:
            for name in self.pages:
                git(place, 'apply', '-p1',
                    self.path('book/diffs/%s.diff' % name))
                self.assertEqual(
                    read_tree(place, '').snapshot(),
                    read_tree(self.path(name), '').snapshot())

    def test_they_are_the_same_the_next_time(self):
        self.assertIn('was fresh', self.quiet(diffs, self.root))
        text = self.read('book/diffs/02-two.diff')
        self.assertTrue(text.startswith(
            'diff --git a/a.c b/a.c\n--- a/a.c\n+++ b/a.c\n@@ '))
        self.assertIn('rename from old.c\n', text)
        self.assertNotIn('\nindex ', text)
        self.assertNotIn('README', text)

    def test_a_stale_one_is_told_with_its_line(self):
        self.assertEqual(self.errors(), [])
        self.change('book/diffs/02-two.diff', '+// Never', '+// Always')
        line = self.read('book/diffs/02-two.diff').split(
            '+// Always')[0].count('\n') + 1
        self.assertEqual(self.errors(), [
            'book/diffs/02-two.diff:%d: stale, 02-two/ is not what it tells:'
            ' run `make diffs`' % line])
        self.quiet(diffs, self.root)
        self.assertEqual(self.errors(), [])

    def test_one_that_is_missing_or_too_many(self):
        os.rename(self.path('book/diffs/02-two.diff'),
                  self.path('book/diffs/04-four.diff'))
        self.assertEqual(self.errors(), [
            'book/diffs/02-two.diff:1: is missing: run `make diffs`',
            'book/diffs/04-four.diff:1: there is no chapter 04-four/: run '
            '`make diffs`'])
        self.quiet(diffs, self.root)
        self.assertEqual(self.errors(), [])
        self.write('book/diffs/notes', '')
        self.assertEqual(self.errors(), [
            'book/diffs/notes:1: belongs to no chapter: remove it'])

    def test_one_error_for_a_chapter_that_drifts(self):
        self.change('02-two/b.c', 'leave()', '0')
        found = self.errors()
        self.assertEqual(len(found), 1)
        self.assertIn('02-two/b.c:3 differs', found[0])

    def test_propagate_writes_them_again(self):
        self.commit()
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        self.propagate()
        self.assertEqual(self.errors(), [])
        self.assertIn('+    return who + 7;',
                      self.read('book/diffs/01-one.diff'))
        self.assertIn('book/diffs/01-one.diff', self.changed())

    def test_the_repository_has_them(self):
        self.assertEqual(list(committed(ROOT)), list(chapter_diffs(ROOT)))


class HistoryTest(Case):
    def setUp(self):
        super().setUp()
        self.place = self.path('build/history')

    def test_a_commit_for_each_listing(self):
        self.assertIn('build/history has 14 commits and 7 tags',
                      self.quiet(history, self.root))
        self.assertEqual(
            git(self.place, 'tag').split(),
            ['01-one', '02-two', '03-three', 'step-1.10', 'step-2.10',
             'step-3.10', 'step-extra.10'])
        log = git(self.place, 'log', '-1', '--format=%B', '02-two~2')
        self.assertTrue(log.startswith(
            '02-two: Two: new b.c\n\nThe listing is in book/02-two.md, '))
        self.assertIn('+// Never comes back.',
                      git(self.place, 'log', '-p', '01-one..02-two'))
        self.assertIn('way *= 10', git(self.place, 'show', 'extra'))
        self.assertTrue(git(self.place, 'show', 'step-extra.10^').startswith(
            'commit'))
        for name in self.pages:
            git(self.place, 'checkout', '-q', name)
            self.assertEqual(read_tree(self.place, '',
                                       skip=('.git',)).snapshot(),
                             read_tree(self.path(name), '').snapshot())

    def test_the_same_hashes_every_time(self):
        self.quiet(history, self.root)
        first = git(self.place, 'show-ref')
        other = self.path('another place')
        self.quiet(history, self.root, other)
        self.quiet(history, self.root)
        self.assertEqual(git(self.place, 'show-ref'), first)
        self.assertEqual(git(other, 'show-ref'), first)

    def test_bisect_finds_a_listing(self):
        self.quiet(history, self.root)
        git(self.place, 'bisect', 'start', '03-three', '01-one')
        out = git(self.place, 'bisect', 'run', 'sh', '-c',
                  '! grep -q "way + 2" a.c')
        self.assertIn('is the first bad commit', out)
        self.assertIn('02-two: Two: a.c', out)

    def test_what_is_there_is_left_alone(self):
        self.write('build/history/mine', 'x')
        with self.assertRaisesRegex(Complaint, 'is there already'):
            self.quiet(history, self.root)
        self.assertEqual(self.read('build/history/mine'), 'x')
        shutil.rmtree(self.place)
        os.makedirs(self.place)
        git(self.place, 'init', '-q')
        with self.assertRaisesRegex(Complaint, 'is there already'):
            self.quiet(history, self.root)

    def test_a_book_that_is_not_true(self):
        self.change('book/02-two.md', '-    return way;', '-    return wy;')
        with self.assertRaisesRegex(Complaint, r'^book/02-two.md:\d'):
            self.quiet(history, self.root)


if __name__ == '__main__':
    unittest.main()
