"""`make propagate`, tried on a book of three short chapters.

    python3 -m unittest tests.book.test_propagate

Each test edits a chapter's directory as a person would, and looks at
the pages, the directories and what a person is told; afterwards the
listings must lead to the directories again.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from book.maintaining import propagate as module  # noqa: E402
from book.reading import forms  # noqa: E402
from book.proving.check import Check  # noqa: E402
from book.reading.replay import apply, read_book  # noqa: E402
from book.reading.report import Report  # noqa: E402
from book.reading.tree import Tree, write_tree  # noqa: E402

PLACE = 'build/book/propagate/repository/'
END = '\n> **Checkpoint %d.10** — `make` builds without a warning\n'

ONE = '''# One

First the greeting:

**New file: `a.c`**

```c
// A nod, for one person.
int greet(int who)
{
    return who + 1;
}
```

Then a second function below it:

```diff
--- a/a.c
+++ b/a.c
@@ greet @@
     return who + 1;
 }
+
+int leave(void)
+{
+    int way = 0;
+    return way;
+}
```

And two files that chapter 2 does not keep as they are:

**New file: `gone.c`**

```c
int gone;
int going;
```

**New file: `old.c`**

```c
int moved;
```
'''

TWO = '''# Two

*From `a.c`:*

```c
    int way = 0;
```

It fails at `old.c:1`. We leave another way:

```diff
--- a/a.c
+++ b/a.c
@@ leave @@
 {
     int way = 0;
-    return way;
+    return way + 2;
 }
```

A word before it:

```diff
--- a/a.c
+++ b/a.c
@@ greet(int who) @@
 }

+// Never comes back.
 int leave(void)
 {
```

**New file: `b.c`**

```c
int both(void)
{
    return greet(1) + leave();
}
```

**Delete file: `gone.c`**

**Move file: `old.c` to `new.c`**
'''

THREE = '''# Three

Greetings are longer now:

```diff
--- a/a.c
+++ b/a.c
@@ top of the file @@
-// A nod, for one person.
+// A nod, for two people.
 int greet(int who)
 {
```

And nobody leaves:

```diff
--- a/a.c
+++ b/a.c
@@ greet @@
 }
-
-// Never comes back.
-int leave(void)
-{
-    int way = 0;
-    return way + 2;
-}
```
'''


class Case(unittest.TestCase):
    """The book in a git repository of its own."""

    pages = {'01-one': ONE, '02-two': TWO, '03-three': THREE}

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='propagate test ')
        self.addCleanup(place.cleanup)
        self.root = os.path.join(place.name, 'a book')
        for number, (name, text) in enumerate(self.pages.items(), 1):
            os.makedirs(self.path(name))
            self.write('book/%s.md' % name, text + END % number)
        self.make_directories()
        self.write('.gitignore', 'build/\n')
        self.git('init', '-q')
        self.commit()

    def make_directories(self):
        """The chapters that the pages lead to."""
        book, tree = read_book(self.root, Report()), Tree()
        for name in book.chapters:
            page = book.page_of(name)
            for item in book.items[page]:
                if isinstance(item, forms.LISTINGS):
                    apply(tree, item, page)
            write_tree(tree.snapshot(), self.path(name))
            self.write(name + '/README.md', name)

    def path(self, name):
        return os.path.join(self.root, name)

    def read(self, name):
        with open(self.path(name), encoding='utf-8') as stream:
            return stream.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), 'w', encoding='utf-8') as stream:
            stream.write(text)

    def change(self, name, old, new):
        text = self.read(name)
        self.assertEqual(text.count(old), 1, text)
        self.write(name, text.replace(old, new))

    def git(self, *arguments):
        return subprocess.run(
            ['git', '-c', 'user.name=t', '-c', 'user.email=t', '-C',
             self.root, *arguments], check=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE).stdout.decode()

    def commit(self):
        self.git('add', '-A')
        self.git('commit', '-qm', 'book')

    def changed(self):
        """The files that differ from the commit."""
        self.git('add', '-AN')
        return self.git('diff', 'HEAD', '--name-only').split()

    def propagate(self, *arguments, status=0, **options):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            found = module.propagate(self.root, *arguments, **options)
        self.assertEqual(found, status, out.getvalue())
        return out.getvalue()

    def assert_true(self):
        """What `check --no-run` says."""
        proof = Check(self.root)
        proof.run(run=False)
        self.assertEqual([str(p) for p in proof.report.errors()], [])
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))

    def assert_refused(self, words, **options):
        """Refused in these words, and nothing is written."""
        before = self.git('diff', 'HEAD')
        self.assertIn(words, self.propagate(status=1, **options))
        self.assertEqual(self.git('diff', 'HEAD'), before)


class FoldTest(Case):
    def test_the_book_is_true_to_begin_with(self):
        self.assert_true()
        self.assertIn('no chapter has an edit', self.propagate())

    def test_a_line_goes_into_the_listing_that_wrote_it(self):
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        out = self.propagate()
        self.assert_true()
        self.assertEqual(self.read('book/01-one.md'),
                         (ONE + END % 1).replace('who + 1', 'who + 7'))
        self.assertEqual(self.changed(), [
            '01-one/a.c', '02-two/a.c', '03-three/a.c', 'book/01-one.md'])
        self.assertIn('book/01-one.md:3: First the greeting:... (listing '
                      'in line 7)', out)
        self.assertNotIn('exact', out)

    def test_a_line_next_to_one_that_a_later_listing_changes(self):
        self.change('01-one/a.c', '    int way = 0;\n',
                    '    // The way out.\n    int way = 5;\n')
        out = self.propagate()
        text = self.read('book/02-two.md')
        self.assertIn(' {\n     // The way out.\n     int way = 5;\n'
                      '-    return way;\n+    return way + 2;\n }\n', text)
        # The excerpt is told, and left to a person.
        self.assertIn('book/02-two.md:6: shows a line that was edited', out)
        self.change('book/02-two.md', '\n    int way = 0;\n',
                    '\n    int way = 5;\n')
        self.assert_true()

    def test_a_file_that_a_later_chapter_adds_is_edited_there(self):
        self.change('02-two/b.c', 'leave()', '0')
        self.propagate()
        self.assert_true()
        self.assertEqual(self.changed(), ['02-two/b.c', '03-three/b.c',
                                          'book/02-two.md'])

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


class SeveralTest(Case):
    pages = {'01-one': ONE}

    def test_lines_of_several_listings_go_into_the_last(self):
        self.change('01-one/a.c', '}\n\nint leave', '};\nint leave')
        out = self.propagate()
        self.assert_true()
        self.assertIn('come from several listings', out)
        self.assertIn('+};\n+int leave', self.read('book/01-one.md'))


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
    def conflict(self):
        self.change('01-one/a.c', 'A nod, for one person.',
                    'For one, for him, a bow.')
        before = self.git('diff', 'HEAD')
        out = self.propagate(status=1)
        self.assertEqual(self.git('diff', 'HEAD'), before)
        self.assertIn('conflict at book/03-three.md:5', out)
        self.assertIn(PLACE + 'a.c', out)

    def test_a_conflict_is_left_to_git_and_goes_on(self):
        self.conflict()
        self.assert_refused('waits for you')
        self.assertIn('conflict at', self.propagate('continue', status=1))
        text = self.read('03-three/a.c').replace('A nod', 'Greets')
        self.write(PLACE + 'a.c', text)
        out = self.propagate('continue')
        self.assert_true()
        self.assertIn('a.c: resolved by hand', out)
        self.assertEqual(self.read('03-three/a.c'), text)
        self.assertIn('-// For one, for him, a bow.\n'
                      '+// Greets, for two people.\n',
                      self.read('book/03-three.md'))

    def test_a_conflict_can_be_forgotten(self):
        self.conflict()
        self.assertIn('forgotten', self.propagate('abort'))
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))
        self.assertIn('nothing to go on', self.propagate('continue',
                                                         status=1))

    def test_an_edit_after_the_conflict(self):
        self.conflict()
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        self.assertIn('not as they were', self.propagate('continue',
                                                         status=1))

    def test_a_conflict_of_a_dry_run_is_forgotten(self):
        self.change('01-one/a.c', 'A nod, for one', 'To bow to a')
        self.propagate(status=1, dry_run=True)
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))

    def test_edited_lines_that_a_later_listing_takes_away(self):
        self.change('02-two/a.c', 'way + 2', 'way + 3')
        out = self.propagate()
        self.assert_true()
        self.assertIn('book/03-three.md:17: a.c: edited lines that this '
                      'listing takes away', out)
        self.assertIn('-    return way + 3;', self.read('book/03-three.md'))

    @unittest.skipUnless(shutil.which('wiggle'), 'wiggle is not installed')
    def test_words_are_merged_and_told(self):
        self.change('01-one/a.c', 'A nod', 'One nod')
        out = self.propagate()
        self.assert_true()
        self.assertIn('// One nod, for two people.',
                      self.read('03-three/a.c'))
        self.assertIn('a.c: merged word by word', out)


class RefusedTest(Case):
    def test_lines_of_an_earlier_chapter(self):
        self.change('03-three/a.c', 'who + 1', 'who + 2')
        self.assert_refused('03-three/a.c:4: these lines come from 01-one;')

    def test_new_lines_between_those_of_an_earlier_chapter(self):
        self.change('02-two/a.c', '    return who', '\n    return who')
        self.assert_refused('come from 01-one')

    def test_what_is_no_line_of_a_listing(self):
        self.write('01-one/new.c', 'int x;\n')
        self.assert_refused('01-one/new.c is new')
        os.remove(self.path('01-one/new.c'))
        os.chmod(self.path('01-one/a.c'), 0o755)
        self.assert_refused('whether a file is executable')
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

    def test_nothing_is_written_when_it_fails(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        with mock.patch.object(module, 'rewrite', return_value=[]):
            self.assert_refused('would not lead')


class UnfinishedTest(Case):
    def test_a_chapter_without_a_page_is_carried(self):
        os.remove(self.path('book/03-three.md'))
        self.commit()
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        self.propagate()
        self.assertIn('who + 2', self.read('03-three/a.c'))
        self.assertIn('for two', self.read('03-three/a.c'))

    def test_a_second_edit_upon_a_staged_one(self):
        self.change('01-one/a.c', 'greet(', 'hello(')
        self.propagate()
        self.git('add', '-A')
        self.change('02-two/b.c', 'greet(', 'hello(')
        self.assert_refused('not committed')
        self.propagate(staged=True)
        self.assert_true()
        self.assertIn('hello(1)', self.read('03-three/b.c'))


if __name__ == '__main__':
    unittest.main()
