"""`make propagate` after an edit of one chapter's directory.

    python3 -m unittest tests.book.test_propagate
"""

import errno
import os
import re
import shutil
import sys
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from smallbook import Case  # noqa: E402
from book.maintaining import merge, propagate as module  # noqa: E402


class FoldTest(Case):
    def test_a_line_goes_into_the_listing_that_wrote_it(self):
        self.assert_true()
        self.assertIn('no chapter has an edit', self.propagate(status=1))
        page = self.read('book/01-one.md')
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        out = self.propagate()
        self.assert_true()
        self.assertEqual(self.read('book/01-one.md'),
                         page.replace('who + 1', 'who + 7'))
        self.assertEqual(self.changed(), [
            '01-one/a.c', '02-two/a.c', '03-three/a.c', 'book/01-one.md'])
        self.assertIn('book/01-one.md:3: First the greeting:... (listing '
                      'in line 7)', out)
        self.assertNotIn('exact', out)

    def test_a_line_next_to_one_that_a_later_listing_changes(self):
        self.change('01-one/a.c', '    int way = 0;\n',
                    '    // The way out.\n    int way = 5;\n')
        out = self.propagate()
        self.assertIn(' {\n     // The way out.\n     int way = 5;\n'
                      '-    return way;\n+    return way + 2;\n }\n',
                      self.read('book/02-two.md'))
        # A side page, too.
        self.assertIn('@@ leave @@\n+    way *= 10;\n     return way + 2',
                      self.read('book/side/extra.md'))
        # The excerpt is told, and left to a person.
        self.assertIn('book/02-two.md:6: shows a line that was edited', out)
        self.change('book/02-two.md', '\n    int way = 0;\n',
                    '\n    int way = 5;\n')
        self.assert_true()

    def test_a_new_line_belongs_to_what_is_below_an_empty_one(self):
        self.change('01-one/a.c', '\nint leave', '\n// Goes.\nint leave')
        self.propagate()
        self.assert_true()
        self.assertIn('}\n\n// Never comes back.\n// Goes.\nint leave',
                      self.read('02-two/a.c'))

    def test_moved_and_deleted_files(self):
        self.change('01-one/gone.c', 'gone', 'soon')
        self.write('01-one/old.c', 'int old;\nint moved;\n')
        out = self.propagate()
        self.assert_true()
        self.assertEqual(self.read('02-two/new.c'), 'int old;\nint moved;\n')
        self.assertFalse(os.path.exists(self.path('02-two/gone.c')))
        self.assertIn('book/02-two.md:9: the number of a line: It fails',
                      out)

    def test_lines_of_several_listings_go_into_the_last(self):
        for name in '02-two', '03-three', 'book/side':
            shutil.rmtree(self.path(name))
        self.git('rm', '-q', 'book/02-two.md', 'book/03-three.md')
        self.commit()
        self.change('01-one/a.c', '}\n\nint leave', '};\nint leave')
        self.assertIn('come from several listings', self.propagate())
        self.assertIn('+};\n+int leave', self.read('book/01-one.md'))

    def test_a_given_file(self):
        """It becomes another in chapter 2, by a listing that gives it."""
        self.write('02-two/old.c', 'int moved;\n\nint given;\n')
        self.change('book/02-two.md', '**Move file: `old.c` to `new.c`**',
                    '**Given: [`old.c`](../02-two/old.c)** — as a whole.')
        self.make_directories()
        self.commit()
        self.assert_true()
        self.write('01-one/old.c', 'long moved;\n')
        self.propagate()
        self.assert_true()
        self.assertEqual(self.read('03-three/old.c'),
                         'long moved;\n\nint given;\n')
        self.commit()
        self.change('02-two/old.c', 'int given', 'int taken')
        self.propagate()
        self.assert_true()
        self.assertIn('int taken', self.read('03-three/old.c'))

    def test_a_given_file_of_a_side_page(self):
        self.change('book/01-one.md', '**New file: `gone.c`**',
                    '**New file: `b_test.c`**\n\n```c\n// Both.\n```\n\n'
                    '**New file: `gone.c`**')
        self.make_directories()
        self.commit()
        self.assert_true()
        self.change('01-one/b_test.c', 'Both', 'All')
        self.propagate()
        self.assert_true()
        self.assertEqual(self.read('book/side/extra/b_test.c'),
                         '// All.\nint test;\n')

    def test_a_chapter_without_a_page_is_carried(self):
        os.remove(self.path('book/03-three.md'))
        self.commit()
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        self.propagate()
        self.assertIn('who + 2', self.read('03-three/a.c'))
        self.assertIn('for two', self.read('03-three/a.c'))


class FormTest(Case):
    """The author's forms are kept."""

    def test_a_renamed_function(self):
        self.change('01-one/a.c', 'greet(int who)', 'hello(int who)')
        out = self.propagate()
        self.assert_true()
        self.assertIn('@@ hello(int who) @@\n }\n\n+// Never',
                      self.read('book/02-two.md'))
        self.assertIn('@@ hello @@\n }\n-\n', self.read('book/03-three.md'))
        self.assertIn('02-two/b.c:3: still says greet\n', out)
        self.assertNotIn('03-three/b.c', out)

    def test_context_is_widened_when_it_is_ambiguous(self):
        self.change('01-one/a.c', 'int leave(void)\n{\n',
                    'int leave(void)\n{\n    int way = 0;\n'
                    '    return way;\n}\n\nint leave2(void)\n{\n')
        self.propagate()
        self.assert_true()
        self.assertIn('-    return way;', self.read('book/02-two.md'))

    def test_a_listing_with_nothing_left_is_taken_out(self):
        self.change('01-one/a.c', '    return way;\n',
                    '    return way + 2;\n')
        out = self.propagate()
        self.assert_true()
        self.assertNotIn('+    return way', self.read('book/02-two.md'))
        self.assertIn('book/02-two.md:9: It fails at `old.c:1`. We leave '
                      'another way:... (its listing had nothing left', out)

    def test_blanks_of_context_lines_and_a_dry_run(self):
        self.change('book/02-two.md', ' }\n\n+//', ' }\n \n+//')
        self.commit()
        self.change('01-one/a.c', 'leave(void)', 'leave(int x)')
        before = self.git('diff', 'HEAD')
        out = self.propagate(dry_run=True)
        self.assertEqual(self.git('diff', 'HEAD'), before)
        self.assertIn('++int leave(int x)', out)
        self.propagate()
        self.assert_true()
        self.assertIn(' }\n \n+// Never comes back.\n int leave(int x)\n',
                      self.read('book/02-two.md'))


class ConflictTest(Case):
    def test_a_conflict_is_marked_as_by_git_and_goes_on(self):
        self.change('01-one/a.c', 'A nod, for one person.',
                    'For one, for him, a bow.')
        self.assert_refused('conflict at', dry_run=True)
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))
        before = self.git('diff', 'HEAD')
        out = self.propagate(status=1)
        place = re.search(r'conflict at book/03-three.md:5: (\S.*)', out)[1]
        text = module.files.read_text(place)
        self.assertTrue(text.startswith(
            '<<<<<<< with the edit\n// For one, for him, a bow.\n'
            '||||||| before\n// A nod, for one person.\n=======\n'
            '// A nod, for two people.\n>>>>>>> this listing\n'))
        self.assertEqual(self.propagate(status=1), out)
        self.assertEqual(self.git('diff', 'HEAD'), before)
        text = self.read('03-three/a.c').replace('A nod', 'Greets')
        module.files.write(place, text)
        self.assertIn('a.c: mended by hand', self.propagate())
        self.assert_true()
        self.assertEqual(self.read('03-three/a.c'), text)
        self.assertIn('-// For one, for him, a bow.\n'
                      '+// Greets, for two people.\n',
                      self.read('book/03-three.md'))

    def test_a_conflict_can_be_forgotten(self):
        self.change('01-one/a.c', 'A nod, for one', 'To bow to a')
        self.change('01-one/a.c', 'return way', 'return way - 1')
        # One for a file: the second can change with the first.
        self.assertEqual(self.propagate(status=1).count('conflict at'), 1)
        self.assertIn('forgotten', self.propagate(abort=True))
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))

    def test_edited_lines_that_a_later_listing_takes_away(self):
        self.change('02-two/a.c', 'way + 2', 'way + 3')
        self.assertIn('book/03-three.md:17: a.c: edited lines that this '
                      'listing takes away', self.propagate())
        self.assert_true()
        self.assertIn('-    return way + 3;', self.read('book/03-three.md'))

    def test_words_are_merged_and_told(self):
        self.change('01-one/a.c', 'A nod', 'One nod')
        self.assertIn('a.c: merged word by word', self.propagate())
        self.assert_true()
        self.assertIn('// One nod, for two people.',
                      self.read('03-three/a.c'))


class MergeTest(unittest.TestCase):
    def assert_merged(self, base, ours, theirs, wanted, hows=()):
        lines, how, whole = merge.merge(*(
            text.split() for text in (base, ours, theirs)))
        self.assertEqual((lines, how, whole), (wanted.split(), list(hows),
                                               '<<<' not in wanted))

    def test_neighbours_are_no_conflict(self):
        self.assert_merged('a b c d', 'a B c d', 'a b C d', 'a B C d')
        self.assert_merged('a b c', 'a x b c', 'a B c', 'a x B c')
        self.assert_merged('a b c', 'a B c', 'a b x c', 'a B x c')
        self.assert_merged('a b c', 'a B c', 'a B c', 'a B c')

    def test_lines_added_at_one_place(self):
        self.assert_merged('a b', 'a one b', 'a two b', 'a one two b',
                           [merge.BOTH])
        lines, _, whole = merge.merge(
            ['a', 'b'], ['a', 'one', 'same', 'b'], ['a', 'same', 'two', 'b'])
        self.assertFalse(whole, lines)


class RefusedTest(Case):
    def test_lines_of_an_earlier_chapter(self):
        self.change('03-three/a.c', 'who + 1', 'who + 2')
        self.assert_refused('03-three/a.c:4: these lines come from 01-one;')
        self.change('03-three/a.c', 'who + 2', 'who + 1')
        self.change('02-two/a.c', '    return who', '\n    return who')
        self.assert_refused('come from 01-one')

    def test_what_is_no_line_of_a_listing(self):
        self.write('01-one/new.c', 'int x;\n')
        self.assert_refused('01-one/new.c is new')
        os.remove(self.path('01-one/new.c'))
        os.chmod(self.path('01-one/a.c'), 0o755)
        self.assert_refused('a listing makes no file executable')
        os.remove(self.path('01-one/a.c'))
        self.assert_refused('01-one/a.c is gone')
        self.write('01-one/a.c', 'int x;')
        self.assert_refused('does not end with a newline')

    def test_edits_elsewhere(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        self.change('book/02-two.md', '# Two', '# 2')
        self.assert_refused('01-one, book/02-two.md: not committed')
        self.change('book/02-two.md', '# 2', '# Two')
        self.change('03-three/b.c', '1', '2')
        self.assert_refused('01-one, 03-three: not committed')

    def test_listings_that_would_not_lead_there(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        with mock.patch.object(module, 'rewritten', return_value=({}, [])):
            self.assert_refused('would not lead')

    def test_without_git(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        with mock.patch.dict(os.environ, PATH='/nonexistent'):
            self.assertIn('git is needed', self.propagate(status=1))
        shutil.rmtree(self.path('.git'))
        with mock.patch.dict(os.environ, GIT_CEILING_DIRECTORIES=os.path
                             .dirname(self.root)):
            self.assertIn('not a git repository', self.propagate(status=1))

    def test_a_full_disk(self):
        """Nothing is half written, wherever it happens."""
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        before, write = self.git('diff', 'HEAD'), module.files.write

        def full(path, content):
            if path.startswith(self.path('03-three')):
                raise OSError(errno.ENOSPC, 'full', path)
            write(path, content)
        with mock.patch.object(module.files, 'write', full), \
                self.assertRaises(OSError):
            self.propagate()
        self.assertEqual(self.git('diff', 'HEAD'), before)
        self.assertEqual(self.git('status', '--short').count('\n'), 1)
        self.propagate()
        self.assert_true()


if __name__ == '__main__':
    unittest.main()
