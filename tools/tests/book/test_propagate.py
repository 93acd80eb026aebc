"""`make propagate`, tried on a book of three short chapters and a side page.

    python3 -m unittest tests.book.test_propagate

Each test edits a chapter's directory as a person would, and looks at
the pages, the directories and what a person is told; afterwards the
listings must lead to the directories again.
"""

import contextlib
import errno
import io
import os
import re
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
from common.terminal import Complaint  # noqa: E402

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


SIDE = '''# Extra

*Starts from the end of [chapter 2](../02-two.md).*

A test is given:

**Given: [`b_test.c`](extra/b_test.c)** — it looks at both.

And leaving takes longer:

```diff
--- a/a.c
+++ b/a.c
@@ leave @@
     int way = 0;
+    way *= 10;
     return way + 2;
 }
```

> **Checkpoint extra.10** — `make` builds without a warning.
'''


class Case(unittest.TestCase):
    """The book in a git repository of its own."""

    pages = {'01-one': ONE, '02-two': TWO, '03-three': THREE}
    side = True

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='propagate test ')
        self.addCleanup(place.cleanup)
        self.root = os.path.join(place.name, 'a book')
        for number, (name, text) in enumerate(self.pages.items(), 1):
            os.makedirs(self.path(name))
            self.write('book/%s.md' % name, text + END % number)
        if self.side:
            self.write('book/side/extra/b_test.c', '// Both.\nint test;\n')
            self.write('book/side/extra.md', SIDE)
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
                    apply(tree, item)
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

    def propagate(self, status=0, **options):
        """What a person is told."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            try:
                found = module.propagate(self.root, **options)
            except Complaint as reason:
                found = 1
                print(reason)
        self.assertEqual(found, status, out.getvalue())
        return out.getvalue()

    def errors(self):
        """What `check --no-run` says."""
        proof = Check(self.root)
        proof.run(run=False)
        return [str(problem) for problem in proof.report.errors()]

    def assert_true(self):
        self.assertEqual(self.errors(), [])
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))

    def assert_refused(self, words, **options):
        """Refused in these words, and nothing is written."""
        before = self.git('diff', 'HEAD')
        self.assertIn(words, self.propagate(status=1, **options))
        self.assertEqual(self.git('diff', 'HEAD'), before)


class FoldTest(Case):
    def test_the_book_is_true_to_begin_with(self):
        self.assert_true()
        self.assertIn('no chapter has an edit', self.propagate(status=1))

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
    side = False

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
        """Makes one; returns the file that is to be mended."""
        self.change('01-one/a.c', 'A nod, for one person.',
                    'For one, for him, a bow.')
        before = self.git('diff', 'HEAD')
        out = self.propagate(status=1)
        self.assertEqual(self.git('diff', 'HEAD'), before)
        return re.search(r'conflict at book/03-three.md:5: (\S.*)', out)[1]

    def test_a_conflict_is_marked_as_by_git_and_goes_on(self):
        place = self.conflict()
        with open(place, encoding='utf-8') as stream:
            self.assertTrue(stream.read().startswith(
                '<<<<<<< with the edit\n// For one, for him, a bow.\n'
                '||||||| before\n// A nod, for one person.\n=======\n'
                '// A nod, for two people.\n>>>>>>> this listing\n'))
        self.assertIn('conflict at', self.propagate(status=1))
        text = self.read('03-three/a.c').replace('A nod', 'Greets')
        with open(place, 'w', encoding='utf-8') as stream:
            stream.write(text)
        out = self.propagate()
        self.assert_true()
        self.assertIn('a.c: mended by hand', out)
        self.assertEqual(self.read('03-three/a.c'), text)
        self.assertIn('-// For one, for him, a bow.\n'
                      '+// Greets, for two people.\n',
                      self.read('book/03-three.md'))

    def test_a_conflict_can_be_forgotten(self):
        self.conflict()
        self.assertIn('forgotten', self.propagate(abort=True))
        self.assertFalse(os.path.exists(self.path('build/book/propagate')))

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

    def test_nothing_is_written_when_it_fails(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        with mock.patch.object(module, 'rewritten', return_value=({}, [])):
            self.assert_refused('would not lead')


class UnfinishedTest(Case):
    def test_a_chapter_without_a_page_is_carried(self):
        os.remove(self.path('book/03-three.md'))
        self.commit()
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        self.propagate()
        self.assertIn('who + 2', self.read('03-three/a.c'))
        self.assertIn('for two', self.read('03-three/a.c'))


class PageTest(Case):
    """A page and its directory, both written anew."""

    def anew(self, *changes):
        """Changes chapter 1's page, and makes its directory from that."""
        for old, new in changes:
            text = self.read('book/01-one.md')
            self.assertIn(old, text)
            self.write('book/01-one.md', text.replace(old, new))
        book, tree = read_book(self.root, Report()), Tree()
        for item in book.items['book/01-one.md']:
            if isinstance(item, forms.LISTINGS):
                apply(tree, item)
        for name in os.listdir(self.path('01-one')):
            if name != 'README.md':
                os.remove(self.path('01-one/' + name))
        write_tree(tree.snapshot(), self.path('01-one'))

    def test_what_it_changes_at_its_end_is_carried(self):
        self.anew(('who + 1', 'who + 7'),
                  ('# One', '# One, anew'),
                  ('    int way = 0;\n+    return', '    int way = 5;\n'
                   '+    return'),
                  ('**New file: `gone.c`**', '**New file: `more.c`**\n\n'
                   '```c\nint more;\n```\n\n**New file: `gone.c`**'))
        out = self.propagate(page='1')
        self.change('book/02-two.md', '\n    int way = 0;\n',
                    '\n    int way = 5;\n')
        self.assert_true()
        for name in '02-two', '03-three':
            self.assertIn('who + 7', self.read(name + '/a.c'))
            self.assertEqual(self.read(name + '/more.c'), 'int more;\n')
        self.assertIn(' {\n     int way = 5;\n-    return way;\n',
                      self.read('book/02-two.md'))
        self.assertIn('     int way = 5;\n+    way *= 10;',
                      self.read('book/side/extra.md'))
        self.assertIn('# One, anew', self.read('book/01-one.md'))
        self.assertIn('propagate: 01-one: 3 listings', out)

    def test_a_file_under_another_name(self):
        self.anew(('New file: `a.c`', 'New file: `core.c`'),
                  ('--- a/a.c\n+++ b/a.c', '--- a/core.c\n+++ b/core.c'),
                  ('New file: `old.c`', 'New file: `start.c`'))
        out = self.propagate(page='01')
        self.change('book/02-two.md', '*From `a.c`', '*From `core.c`')
        self.assert_true()
        self.assertIn('// Never comes back.', self.read('02-two/core.c'))
        self.assertIn('**Move file: `start.c` to `new.c`**',
                      self.read('book/02-two.md'))
        self.assertNotIn('a/a.c', self.read('book/side/extra.md'))
        self.assertNotIn('exact', out)

    def test_a_file_that_is_gone_takes_its_listings_along(self):
        page = self.read('book/01-one.md')
        start = page.index('**New file: `gone.c`**')
        self.anew((page[start:page.index('**New file: `old.c`**')], ''))
        out = self.propagate(page='01-one')
        self.assert_true()
        self.assertNotIn('Delete file', self.read('book/02-two.md'))
        self.assertIn('was taken out', out)

    def test_a_file_that_a_later_chapter_brought(self):
        self.anew(('**New file: `gone.c`**', '**New file: `b.c`**\n\n```c\n'
                   + self.read('02-two/b.c') + '```\n\n'
                   '**New file: `gone.c`**'))
        self.propagate(page='1')
        self.assert_true()
        self.assertNotIn('`b.c`', self.read('book/02-two.md'))

    def test_a_page_that_does_not_lead_to_its_directory(self):
        self.change('book/01-one.md', '# One', '# 1')
        self.write('01-one/a.c', self.read('01-one/a.c') + '// More.\n')
        self.assert_refused('does not lead to its directory', page='1')
        self.assert_refused('there is no chapter 7', page='7')

    def test_files_that_git_does_not_have_are_not_overwritten(self):
        self.anew(('who + 1', 'who + 7'))
        self.change('03-three/a.c', 'int greet', 'long greet')
        self.assert_refused('03-three/a.c would be written, and is not '
                            'committed', only_trees='1')

    def test_directories_only(self):
        self.change('01-one/a.c', 'who + 1', 'who + 7')
        pages = self.read('book/02-two.md')
        self.change('01-one/a.c', 'A nod', 'One nod')
        out = self.propagate(only_trees='1')
        self.assertIn('who + 7', self.read('03-three/a.c'))
        self.assertIn('// One nod, for two', self.read('03-three/a.c'))
        self.assertIn('way + 2', self.read('02-two/a.c'))
        self.assertEqual(self.read('book/02-two.md'), pages)
        self.assertIn('merged word by word', out)

    def test_the_chapter_as_it_was_some_commits_ago(self):
        self.anew(('who + 1', 'who + 7'))
        self.commit()
        self.anew(('int leave', 'long leave'))
        self.commit()
        self.propagate(page='1', since='HEAD~2')
        self.assertIn('who + 7', self.read('03-three/a.c'))
        self.assertIn(' long leave(void)', self.read('book/02-two.md'))
        self.assert_true()


class SideTest(Case):
    """Side pages, and files that are given."""

    def test_an_edit_reaches_a_side_page(self):
        self.change('01-one/a.c', '    int way = 0;\n',
                    '    int way = 5;\n')
        self.propagate()
        self.assertIn('     int way = 5;\n+    way *= 10;',
                      self.read('book/side/extra.md'))

    def test_a_given_file_is_carried(self):
        """It becomes another in chapter 2, by a listing that gives it."""
        self.write('02-two/old.c', 'int moved;\n\nint given;\n')
        self.change('book/02-two.md', '**Move file: `old.c` to `new.c`**',
                    '**Given: [`old.c`](../02-two/old.c)** — as a whole.')
        os.remove(self.path('02-two/new.c'))
        os.rename(self.path('03-three/new.c'), self.path('03-three/old.c'))
        self.write('03-three/old.c', self.read('02-two/old.c'))
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

    def test_a_given_file_of_a_side_page_is_carried(self):
        self.write('01-one/b_test.c', '// Both.\n')
        self.change('book/01-one.md', '**New file: `gone.c`**',
                    '**New file: `b_test.c`**\n\n```c\n// Both.\n```\n\n'
                    '**New file: `gone.c`**')
        for name in '02-two', '03-three':
            self.write(name + '/b_test.c', '// Both.\n')
        self.commit()
        self.assert_true()
        self.change('01-one/b_test.c', 'Both', 'All')
        self.propagate()
        self.assert_true()
        self.assertEqual(self.read('book/side/extra/b_test.c'),
                         '// All.\nint test;\n')


class SystemTest(Case):
    """What goes wrong outside."""

    def test_without_git(self):
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        with mock.patch.dict(os.environ, PATH='/nonexistent'):
            self.assertIn('git is needed', self.propagate(status=1))
        shutil.rmtree(self.path('.git'))
        with mock.patch.dict(os.environ, GIT_CEILING_DIRECTORIES=os.path
                             .dirname(self.root)):
            self.assertIn('not a git repository', self.propagate(status=1))

    def test_nothing_is_half_written(self):
        """The disk is full at the fourth file."""
        self.change('01-one/a.c', 'who + 1', 'who + 2')
        before = self.git('diff', 'HEAD')
        write, written = module.files.write, []

        def full(path, content):
            if path.startswith(self.root + '/0') or 'book/0' in path:
                written.append(path)
            if len(written) > 3 and self.path('build') not in path:
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
