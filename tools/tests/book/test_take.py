"""`make take`, `make show` and `make step`, on the book of
test_propagate.py with given files in it.

    python3 -m unittest tests.book.test_take
"""

import contextlib
import errno
import io
import os
import sys
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
for place in ('tools', 'tools/tests/book'):
    sys.path.insert(0, os.path.join(ROOT, place))

import test_propagate as toy  # noqa: E402
from book.maintaining import budget  # noqa: E402
from book.reader import directory, mine, step, take  # noqa: E402
from book.reading.replay import read_book, tree_at  # noqa: E402
from book.reading.report import Report  # noqa: E402
from book.reading.tree import write_tree  # noqa: E402
from common.terminal import Complaint  # noqa: E402

TESTS = '''
> **Checkpoint 1.20** — `make` builds without a warning. *(7 minutes)*

Tests, which we do not type:

**Given: [`a_test.c`](../01-one/a_test.c)** — looks at the greeting.

**Given: [`way/b_test.c`](../01-one/way/b_test.c)**

**New file: `z.c`**

```c
int zed;
int zero;
int zone;
```

> **Checkpoint 1.30** — `make` builds without a warning. *(5 minutes)*
'''
NEWER = '\n**Given: [`a_test.c`](../02-two/a_test.c)**\n\n' \
    '> **Checkpoint 2.20** — `make` builds without a warning.\n'


class Case(toy.Case):
    def setUp(self):
        super().setUp()
        self.write('01-one/a_test.c', '// Given.\nint test;\n' * 20)
        self.write('01-one/way/b_test.c', 'int way_test;\n' * 20)
        self.write('02-two/a_test.c', '// Given, newer.\nint newer;\n' * 20)
        for page, more in ('01-one', TESTS), ('02-two', NEWER):
            self.write('book/%s.md' % page,
                       self.read('book/%s.md' % page) + more)
        self.make_directories()
        self.assertEqual(self.errors(), [])
        self.mine = self.path('my-kernel')

    def at(self, name, *without):
        """A reader's directory at a checkpoint, but for some files."""
        tree = tree_at(read_book(self.root, Report()), name).snapshot()
        write_tree({path: what for path, what in tree.items()
                    if path not in without}, self.mine)

    def run_it(self, work, *arguments, **options):
        """What a command prints, or complains of."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            try:
                work(self.root, *arguments, **options)
            except Complaint as reason:
                return str(reason)
        return out.getvalue()


class TakeTest(Case):
    def test_what_comes_next_is_taken_and_nothing_else(self):
        self.at('1.20')
        out = self.run_it(take.take, self.mine)
        self.assertRegex(out, r'^take: a_test.c, given in book/01-one.md:\d+'
                         r'\ntake: way/b_test.c, given in book/01-one.md')
        for name in 'a_test.c', 'way/b_test.c':
            self.assertEqual(self.read('my-kernel/' + name),
                             self.read('01-one/' + name))
        self.assertFalse(os.path.exists(self.path('my-kernel/z.c')))
        self.assertRegex(self.run_it(take.take), 'no given file is due; '
                         'next comes book/01-one.md:')
        self.assertIn('everything is as the book', self.run_it(mine.mine))

    def test_earlier_ones_that_are_missing(self):
        self.at('1.30', 'a_test.c')
        self.write('my-kernel/way/b_test.c', 'int mine;\n')
        out = self.run_it(mine.mine)
        self.assertIn('a_test.c is missing: `make take` writes it', out)
        self.assertEqual(self.run_it(take.take, self.mine).count('\n'), 1)
        self.assertIn('// Given.', self.read('my-kernel/a_test.c'))
        # It is not due, so it may well be meant as it is.
        self.assertEqual(self.read('my-kernel/way/b_test.c'), 'int mine;\n')

    def test_a_file_in_place_of_an_older_one(self):
        self.at('2.10')
        self.run_it(take.take, self.mine)
        self.assertIn('newer', self.read('my-kernel/a_test.c'))
        self.assertFalse(os.path.exists(self.path('build/saved')))

    def test_what_the_reader_has_changed_is_saved(self):
        self.at('2.10')
        self.write('my-kernel/a_test.c', 'int mine;\n')
        out = self.run_it(take.take, self.mine)
        self.assertIn('a_test.c: what you had is in', out)
        self.assertEqual(self.read('build/saved/my-kernel-1/a_test.c'),
                         'int mine;\n')
        self.assertIn('newer', self.read('my-kernel/a_test.c'))

    def test_a_step_and_a_side_page(self):
        self.at('1.30', 'a_test.c', 'way/b_test.c', 'z.c')
        self.run_it(take.take, self.mine, '2.10')
        self.assertIn('newer', self.read('my-kernel/a_test.c'))
        self.assertIn('no checkpoint 4.10', self.run_it(
            take.take, self.mine, '4.10'))
        self.at('2.20')
        self.assertIn('given in book/side/extra.md', self.run_it(
            take.take, self.mine, 'extra'))
        self.assertIn('int test', self.read('my-kernel/b_test.c'))

    def test_directories_of_the_book_are_left_alone(self):
        self.assertIn('belongs to the project', self.run_it(
            take.take, self.path('01-one')))
        self.assertIn('which directory?', self.run_it(take.take))


class ShowTest(Case):
    def test_a_file_at_a_checkpoint_or_here(self):
        self.assertIn('way *= 10', self.run_it(
            take.show, 'a.c', step='extra.10'))
        self.at('1.20')
        self.assertNotIn('way *= 10', self.run_it(take.show, 'a.c'))

    def test_near_names(self):
        self.assertIn('a_test.c at checkpoint 1.10: do you mean a.c?',
                      self.run_it(take.show, 'a_test.c', step='1.10'))
        self.assertIn('do you mean way/b_test.c?', self.run_it(
            take.show, 'src/b_test.c', step='1.30'))
        self.assertIn('it has 1.10, 1.20, 1.30', self.run_it(
            take.show, 'a.c', step='1.11'))
        self.assertIn('3.10, extra.10', self.run_it(
            take.show, 'a.c', step='7.10'))


class StepTest(Case):
    def test_a_directory_is_brought_there_and_saved_first(self):
        self.at('1.10')
        for name in 'notes', '.git/config', 'README.md':
            self.write('my-kernel/' + name, 'mine')
        self.run_it(step.step, 'extra.10', self.mine)
        self.assertIn('way *= 10', self.read('my-kernel/a.c'))
        self.assertEqual(sorted(os.listdir(self.mine)), [
            '.git', 'README.md', 'a.c', 'a_test.c', 'b.c', 'b_test.c',
            'new.c', 'way', 'z.c'])
        self.assertEqual(self.read('build/saved/my-kernel-1/notes'), 'mine')
        self.run_it(step.step, '1.20')
        self.assertNotIn('z.c', os.listdir(self.path('build/steps/1.20')))

    def test_what_is_no_kernel_is_left_alone(self):
        self.write('my-letters/dear.txt', 'Dear')
        for place in '01-one', 'my-letters', '.':
            self.assertRegex(self.run_it(step.step, '1.10', self.path(
                place)), 'kernel of|to the project|whole project')
        self.assertEqual(os.listdir(self.path('my-letters')), ['dear.txt'])

    def test_a_full_disk_changes_nothing(self):
        self.at('1.10')
        before = sorted(os.listdir(self.mine))
        for place, name in (directory.files, 'write'), (
                directory.shutil, 'copytree'):
            with mock.patch.object(place, name, side_effect=OSError(
                    errno.ENOSPC, 'full')), self.assertRaises(OSError):
                self.run_it(step.step, '1.30', self.mine)
            self.assertEqual(sorted(os.listdir(self.mine)), before)


class BudgetTest(Case):
    def test_the_figures(self):
        lines = [line.split() for line in
                 self.run_it(budget.budget).splitlines() if line]
        found = {name: figures for name, *figures in lines}
        # Words, typed, given, stretch, minutes, longest, code.
        self.assertEqual(found['01-one'][1:], [
            '17', '60', '14', '12', '7', '15'])
        self.assertEqual(found['extra'][1:], ['1', '2', '1', '0', '0', '-'])
        self.assertEqual(int(found['01-one'][0]), 54)


if __name__ == '__main__':
    unittest.main()
