"""The book's tools on the real book: three fixes carried through it, and
faults of the kinds that need no run.

    python3 -m unittest tests.book.test_real

Each test works in a copy of the repository. More kinds of faults are
tried on the toy book.
"""

import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from smallbook import ROOT, Case  # noqa: E402


class Real(Case):
    """A copy of the repository, with one commit."""

    def copy(self):
        shutil.copytree(ROOT, self.root, symlinks=True,
                        ignore=shutil.ignore_patterns(
                            '.git', 'build', 'my-*', '__pycache__'))

    def lines_with(self, text, *names):
        """FILE:LINE of every line with a word."""
        run = subprocess.run(['grep', '-rnwH', text, *names], cwd=self.root,
                             stdout=subprocess.PIPE,
                             universal_newlines=True)
        return re.findall(r'(?m)^([^:]+:\d+):', run.stdout)

    def rename(self, old, new, place):
        """Renames a word in all files below a place; returns where."""
        found = self.lines_with(old, place)
        for name in {line.split(':')[0] for line in found}:
            self.write(name, re.sub(r'\b%s\b' % old, new, self.read(name)))
        return found


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
        told = ['05-exceptions']
        # What brings a use of its own is told, by chapter.
        while told:
            self.rename(old, new, told[0])
            out = self.propagate()
            self.commit()
            told = re.findall(r'(?m)^  (\d\d-[^/]+)/\S+: still says ' + old,
                              out)
        self.assertEqual([line for line in self.lines_with(old, '.')
                          if re.match(r'\./\d\d-', line)], [])
        # So is what only a person may change: prose and proofs.
        self.assertLess(len(self.rename(old, new, 'book')), 10)
        self.assertEqual(self.errors(), [])

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


class Rewritten(Real):
    def test_a_function_renamed_in_chapter_3_and_its_page(self):
        old, new = 'terminal_put', 'terminal_emit'
        self.rename(old, new, '03-vga')
        self.rename(old, new, 'book/03-vga.md')
        out = self.propagate(page='03')
        self.assertIn(new, self.read('12-async/src/lib/terminal.c'))
        self.assertIn('04-testing/src/lib/terminal_test.c:15: still says '
                      + old, out)
        self.assertEqual(self.errors(), [])


class Faults(Real):
    """One fault, one error, in the line to mend."""

    def test_a_stale_diff_drift_and_a_stray_file(self):
        self.change('book/diffs/05-exceptions.diff',
                    '+void interrupts_dispatch(struct trap_frame *frame);\n',
                    '')
        self.assert_red(r'book/diffs/05-exceptions.diff:\d+: stale')
        self.change('03-vga/src/lib/terminal.c', 'TAB_WIDTH = 8',
                    'TAB_WIDTH = 4')
        self.write('07-hw-interrupts/src/notes.c', '')
        self.assert_red(
            r'book/03-vga.md:\d+: 03-vga/src/lib/terminal.c:\d+ differs',
            r'book/07-hw-interrupts.md:\d+: `07-hw-interrupts/src/notes')

    def assert_red(self, *wanted):
        """These are the errors, and no others."""
        found = sorted(self.errors())
        self.assertEqual(len(found), len(wanted), found)
        for error, words in zip(found, wanted):
            self.assertRegex(error, words)

    def test_stale_context_and_an_unmarked_fence(self):
        page = 'book/05-exceptions.md'
        lines = self.read(page).split('\n')
        at = lines.index('```diff')
        line = next(n for n in range(at + 4, len(lines))
                    if lines[n].startswith(' ') and lines[n].strip())
        for at, new, words in (
                (line, lines[line] + '.', 'these lines are not in'),
                (at - 1, '\n```c\nint x;\n```\n', 'this `c` fence is')):
            self.write(page, '\n'.join(lines[:at] + [new] + lines[at + 1:]))
            self.assertTrue([text for text in self.errors()
                             if words in text])


if __name__ == '__main__':
    unittest.main()
