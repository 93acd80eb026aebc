"""`make take`, `show`, `step` and `budget`, on the small book with given
files in it.

    python3 -m unittest tests.book.test_take
"""

import errno
import os
import subprocess
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import smallbook  # noqa: E402
from book.maintaining.budget import budget  # noqa: E402
from book.reader import directory, take  # noqa: E402
from book.reader.mine import mine  # noqa: E402
from book.reader.step import step  # noqa: E402
from book.reading.replay import read_book, tree_at  # noqa: E402
from book.reading.report import Report  # noqa: E402
from book.reading.tree import write_tree  # noqa: E402

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


class Case(smallbook.Case):
    def copy(self):
        super().copy()
        self.write('01-one/a_test.c', '// Given.\nint test;\n' * 20)
        self.write('01-one/way/b_test.c', 'int way_test;\n' * 20)
        self.write('02-two/a_test.c', '// Given, newer.\nint newer;\n' * 20)
        for page, more in ('01-one', TESTS), ('02-two', NEWER):
            self.write('book/%s.md' % page,
                       self.read('book/%s.md' % page) + more)
        self.make_directories()
        self.mine = self.path('my-kernel')

    def at(self, name, *without):
        """A reader's directory at a checkpoint, but for some files."""
        tree = tree_at(read_book(self.root, Report()), name).snapshot()
        write_tree({path: what for path, what in tree.items()
                    if path not in without}, self.mine)

    def refused(self, *arguments, **options):
        return self.run_it(*arguments, status=1, **options)


class TakeTest(Case):
    def test_what_comes_next_is_taken_and_nothing_else(self):
        self.assertEqual(self.errors(), [])
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
        self.assertIn('everything is as the book', self.run_it(mine))

    def test_earlier_ones_that_are_missing(self):
        self.at('1.30', 'a_test.c')
        self.write('my-kernel/way/b_test.c', 'int mine;\n')
        out = self.run_it(mine)
        self.assertIn('a_test.c is missing: `make take` writes it', out)
        self.assertEqual(self.run_it(take.take, self.mine).count('\n'), 1)
        self.assertIn('// Given.', self.read('my-kernel/a_test.c'))
        # It is not due, so it may well be meant as it is.
        self.assertEqual(self.read('my-kernel/way/b_test.c'), 'int mine;\n')

    def test_a_file_in_place_of_an_older_one(self):
        for arguments in (), ('2.20',):     # due, and overdue
            self.at('2.10')
            self.run_it(take.take, self.mine, *arguments)
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
        self.assertIn('no checkpoint 4.10', self.refused(
            take.take, self.mine, '4.10'))
        self.at('2.20')
        self.assertIn('given in book/side/extra.md', self.run_it(
            take.take, self.mine, 'extra'))
        self.assertIn('int test', self.read('my-kernel/b_test.c'))

    def test_directories_of_the_book_are_left_alone(self):
        self.assertIn('belongs to the project', self.refused(
            take.take, self.path('01-one')))
        self.assertIn('which directory?', self.refused(take.take))


class ShowTest(Case):
    def test_a_file_at_a_checkpoint_or_here(self):
        self.assertIn('way *= 10', self.run_it(
            take.show, 'a.c', step='extra.10'))
        self.at('1.20')
        self.assertNotIn('way *= 10', self.run_it(take.show, 'a.c'))

    def test_near_names(self):
        self.assertIn('a_test.c at checkpoint 1.10: do you mean a.c?',
                      self.refused(take.show, 'a_test.c', step='1.10'))
        self.assertIn('do you mean way/b_test.c?', self.refused(
            take.show, 'src/b_test.c', step='1.30'))
        self.assertIn('it has 1.10, 1.20, 1.30', self.refused(
            take.show, 'a.c', step='1.11'))
        self.assertIn('3.10, extra.10', self.refused(
            take.show, 'a.c', step='7.10'))


class StepTest(Case):
    def test_a_directory_is_brought_there_and_saved_first(self):
        self.at('1.10')
        for name in 'notes', '.git/config', 'README.md':
            self.write('my-kernel/' + name, 'mine')
        self.run_it(step, 'extra.10', self.mine)
        self.assertIn('way *= 10', self.read('my-kernel/a.c'))
        self.assertEqual(sorted(os.listdir(self.mine)), [
            '.git', 'README.md', 'a.c', 'a_test.c', 'b.c', 'b_test.c',
            'new.c', 'way', 'z.c'])
        self.assertEqual(self.read('build/saved/my-kernel-1/notes'), 'mine')
        self.run_it(step, '1.20')
        self.assertNotIn('z.c', os.listdir(self.path('build/steps/1.20')))

    def test_what_is_no_kernel_is_left_alone(self):
        self.write('my-letters/dear.txt', 'Dear')
        for place in '01-one', 'my-letters', '.':
            self.assertRegex(self.refused(step, '1.10', self.path(
                place)), 'kernel of|to the project|whole project')
        self.assertEqual(os.listdir(self.path('my-letters')), ['dear.txt'])

    def test_a_full_disk_changes_nothing(self):
        self.at('1.10')
        before = sorted(os.listdir(self.mine))
        for place, name in (directory.files, 'write'), (
                directory.shutil, 'copytree'):
            with mock.patch.object(place, name, side_effect=OSError(
                    errno.ENOSPC, 'full')), self.assertRaises(OSError):
                self.run_it(step, '1.30', self.mine)
            self.assertEqual(sorted(os.listdir(self.mine)), before)


class CommandTest(Case):
    def book(self, *arguments):
        return subprocess.run(
            [sys.executable, os.path.join(smallbook.ROOT, 'tools/book.py'),
             '--root', self.root, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env=dict(os.environ, LC_ALL='C'),
            universal_newlines=True)

    def test_each_is_there_and_complains_in_a_sentence(self):
        self.at('1.20')
        for words, *arguments in (
                ('mine: you are at checkpoint 1.20', 'mine', self.mine),
                ('take: a_test.c', 'take', self.mine, '1.20'),
                ('int greet', 'show', 'a.c', '--step', '1.10'),
                ('is the tree of checkpoint', 'step', '1.10', self.mine),
                ('wrote book/diffs/', 'diffs'), ('01-one', 'budget'),
                ('propagate: forgotten', 'propagate', '--abort'),
                (' commits and ', 'history')):
            done = self.book(*arguments)
            self.assertIn(words, done.stdout)
            self.assertEqual(done.returncode, 0)
        for arguments in (('mine', '/nonexistent'), ('step', ''),
                          ('show', ''), ('propagate', '--page', '9')):
            done = self.book(*arguments)
            self.assertRegex(done.stdout, r'^book: .*\n$')
            self.assertEqual(done.returncode, 1)


class BudgetTest(Case):
    def test_the_figures(self):
        lines = [line.split() for line in
                 self.run_it(budget).splitlines() if line]
        found = {name: figures for name, *figures in lines}
        # Words, typed, given, stretch, minutes, longest, code.
        self.assertEqual(found['01-one'][1:], [
            '17', '60', '14', '12', '7', '15'])
        self.assertEqual(found['extra'][1:], ['1', '2', '1', '0', '0', '-'])
        self.assertEqual(int(found['01-one'][0]), 54)


if __name__ == '__main__':
    unittest.main()
