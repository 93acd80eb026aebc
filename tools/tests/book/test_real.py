"""The book tool on the real book: three fixes carried through it, and
faults of the kinds that need no run.

    python3 -m unittest tests.book.test_real

Each test works in a copy of the repository. The kinds of faults that
only a run shows are tried on the toy book, in tools/tests/test_book.py.
"""

import os
import re
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


class Real(toy.Case):
    """A copy of the repository, with one commit."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='real book ')
        self.addCleanup(place.cleanup)
        self.root = os.path.join(place.name, 'book')
        shutil.copytree(ROOT, self.root, symlinks=True,
                        ignore=shutil.ignore_patterns(
                            '.git', 'build', 'my-*', '__pycache__'))
        self.git('init', '-q')
        self.commit()

    def lines_with(self, text, *names):
        """FILE:LINE of every line with a word."""
        run = subprocess.run(['grep', '-rnw', text, *names], cwd=self.root,
                             stdout=subprocess.PIPE,
                             universal_newlines=True)
        return re.findall(r'(?m)^([^:]+:\d+):', run.stdout)


class Carried(Real):
    """What a maintainer does, and what is left for a person."""

    def test_a_comment_mended_in_chapter_3(self):
        self.change('03-vga/src/lib/terminal.c',
                    '// A filled block in code page 437, the VGA\'s',
                    '// A solid block in code page 437, the VGA\'s')
        out = self.propagate()
        self.assertEqual(self.errors(), [])
        for chapter in self.git('ls-files', '*/src/lib/terminal.c').split():
            self.assertIn('// A solid block', self.read(chapter))
        # One paragraph is to be read, and that is all.
        self.assertEqual(out.count('\n'), 3, out)
        self.assertIn('(listing in line', out)

    def test_a_function_renamed_in_chapter_5(self):
        old, new = 'interrupts_handle', 'interrupts_hook'
        self.rename(old, new, '05-exceptions')
        out = self.propagate()
        # What brings a use of its own is told, by chapter.
        while True:
            told = re.findall(r'(?m)^  (\d\d-[^/]+)/\S+: still says ' + old,
                              out)
            if not told:
                break
            self.commit()
            self.rename(old, new, told[0])
            out += self.propagate()
            out = out[out.rindex('propagate: ' + told[0]):]
        self.assertEqual(
            [line for line in self.lines_with(old, '.')
             if re.match(r'\./\d\d-', line)], [])
        # So is what only a person may change: prose and tests.
        left = [line[2:] for line in self.lines_with(old, './book')]
        for name in {line.split(':')[0] for line in left}:
            self.write(name, re.sub(r'\b%s\b' % old, new, self.read(name)))
        self.assertLess(len(left), 10)
        self.assertEqual(self.errors(), [])

    def rename(self, old, new, chapter):
        for line in self.lines_with(old, chapter):
            name = line.split(':')[0]
            self.write(name, re.sub(r'\b%s\b' % old, new, self.read(name)))

    def test_a_bug_mended_in_chapter_9(self):
        name = '09-paging/src/mm/frame.c'
        self.change(name, '''{
    uint64_t page = frame.value >> PAGE_BITS;
''', '''{
    if (frame.value % PAGE_SIZE != 0) {
        return false;
    }
    uint64_t page = frame.value >> PAGE_BITS;
''')
        self.change(name, 'return frame.value % PAGE_SIZE == 0;',
                    'return true;')
        out = self.propagate()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.read(name),
                         self.read('10-heap/src/mm/frame.c'))
        self.assertIn('+    if (frame.value % PAGE_SIZE != 0) {',
                      self.read('book/09-paging.md'))
        self.assertNotIn('exact', out)


class Faults(Real):
    """One fault, one error, in the line to mend."""

    def assert_red(self, where, words):
        found = self.errors()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(where + ': '), found)
        self.assertIn(words, found[0])

    def place(self, name, text):
        """FILE:LINE of the first line with a text."""
        lines = self.read(name).split('\n')
        return '%s:%d' % (name, next(
            n for n, line in enumerate(lines, 1) if text in line))

    def test_drift_in_a_chapter(self):
        self.change('03-vga/src/lib/terminal.c', 'TAB_WIDTH = 8',
                    'TAB_WIDTH = 4')
        self.assert_red(self.place('book/03-vga.md', 'TAB_WIDTH = 8'),
                        '03-vga/src/lib/terminal.c:')

    def test_a_stray_file(self):
        self.write('07-hw-interrupts/src/notes.c', '')
        found = self.errors()
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], r'^book/07-hw-interrupts.md:\d+: '
                         '`07-hw-interrupts/src/notes.c` is in the chapter')

    def test_a_stale_diff(self):
        self.change('book/diffs/05-exceptions.diff',
                    '+void interrupts_dispatch(struct trap_frame *frame);\n',
                    '')
        found = self.errors()
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], r'^book/diffs/05-exceptions.diff:\d+: '
                         'stale, .* run `make diffs`')

    def test_stale_context_a_listing_removed_an_unmarked_fence(self):
        """At the first change of some chapters."""
        for name in ('02-minimal-kernel', '05-exceptions', '09-paging'):
            page = 'book/%s.md' % name
            before = self.read(page)
            lines = before.split('\n')
            at = lines.index('```diff')
            line = next(n for n in range(at + 4, len(lines))
                        if lines[n].startswith(' ') and lines[n].strip())
            self.spoil(page, lines[:line] + [lines[line] + '.']
                       + lines[line + 1:], line + 1,
                       'these lines do not stand in')
            end = lines.index('```', at)
            self.spoil(page, lines[:at] + lines[end + 1:])
            self.spoil(page, lines[:at] + ['```c', 'int x;', '```', '']
                       + lines[at:], at + 1,
                       'this `c` fence is neither applied')
            self.write(page, before)

    def spoil(self, page, lines, line=None, words=''):
        """The page as it is now is red: there, if a line is given."""
        self.write(page, '\n'.join(lines))
        where = '%s:%s' % (page, line or '')
        self.assertTrue([text for text in self.errors()
                         if text.startswith(where) and words in text])


if __name__ == '__main__':
    unittest.main()
