"""The book tool, tried on a toy book: green as it is, and red in the
right line for a fault of every kind.

    python3 -m unittest tools/tests/test_book.py

The toy book (toy-book/ beside this file) has three chapters of hosted C
and a stub of tools/qemu.py, so all of this runs in seconds.
"""

import contextlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'tools')
TOY = os.path.join(HERE, 'toy-book')


def load_tool():
    path = os.path.join(TOOLS, 'book.py')
    spec = importlib.util.spec_from_file_location('book_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
# Found by the tool:
from book.proving import boot, compilers, match, runs, versions  # noqa: E402

HERE_NOW = versions.installed()
ONE, TWO, THREE = ('book/01-hello.md', 'book/02-greet.md',
                   'book/03-count.md')
FENCE = '```'


class BookCase(unittest.TestCase):
    """A copy of the toy book for each test, to be spoilt."""

    arguments = ()

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='book test ')
        self.addCleanup(place.cleanup)
        self.root = os.path.join(place.name, 'toy')
        shutil.copytree(TOY, self.root,
                        ignore=shutil.ignore_patterns('build', '__pycache__'))
        sys.modules.pop('book_qemu', None)
        self.addCleanup(sys.modules.pop, 'book_qemu', None)

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
        """Replaces the only place where `old` stands."""
        text = self.read(name)
        self.assertEqual(text.count(old), 1, 'once in %s: %r' % (name, old))
        self.write(name, text.replace(old, new))

    def line_of(self, name, text, nth=1):
        """The number of the nth line that has a text."""
        found = [n for n, line in enumerate(self.read(name).split('\n'), 1)
                 if text in line]
        self.assertGreaterEqual(len(found), nth, text)
        return found[nth - 1]

    def check(self, *arguments):
        """Runs `check`; returns its status and what it printed."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out), \
                mock.patch.object(versions, 'installed',
                                  return_value=dict(HERE_NOW)):
            status = TOOL.main(['--root', self.root, 'check', *arguments])
        return status, out.getvalue()

    def assert_red(self, where, words, arguments=None, only=True):
        """The check fails, with an error that begins with the place and
        has the words; by default there is no second error."""
        status, out = self.check(*(
            self.arguments if arguments is None else arguments))
        self.assertEqual(status, 1, out)
        found = [text for text in out.split('\n')
                 if re.match(r'\S+:\d+: (?!warning)', text)]
        fitting = [text for text in found
                   if text.startswith('%s:%d: ' % where)]
        self.assertTrue(fitting, 'no error at %s:%d in\n%s' % (*where, out))
        self.assertIn(words, out)
        if only:
            self.assertEqual(len(found), 1, out)
        self.assertNotIn('all true', out)
        return out

    def assert_green(self, arguments=()):
        status, out = self.check(*arguments)
        self.assertEqual(status, 0, out)
        return out


class GreenTest(BookCase):
    def test_the_toy_book_is_true(self):
        out = self.assert_green()
        self.assertEqual(out, 'book: 3 chapters, 13 listings, '
                         '5 checkpoints, 5 transcripts, 4 screens: '
                         'all true\n')

    def test_what_was_true_is_remembered(self):
        self.assert_green()
        with mock.patch('book.proving.runs.Run.findings') as findings:
            self.assert_green()
        findings.assert_not_called()
        self.change(THREE, 'prints `3`', 'prints `4`')
        self.assert_red((THREE, self.line_of(THREE, 'prints `4`')),
                        'no line of its output has that')

    def test_what_was_false_is_not_remembered(self):
        self.change(THREE, 'prints `3`', 'prints `4`')
        where = (THREE, self.line_of(THREE, 'prints `4`'))
        for _ in range(2):
            self.assert_red(where, 'no line of its output has that')

    def test_a_changed_rule_runs_everything_again(self):
        self.assert_green()
        self.change('common.mk', '-Wall -Wextra', '-Wall')
        with mock.patch('book.proving.runs.Run.findings', return_value=[]) as runs:
            self.assert_green()
        self.assertGreaterEqual(runs.call_count, 8)

    def test_nothing_is_left_in_the_tree_or_running(self):
        before = sorted(os.listdir(self.root))
        self.assert_green()
        self.assertEqual(sorted(os.listdir(self.root)),
                         sorted(before + ['build']))
        self.assertEqual(sorted(os.listdir(self.path('build/book'))),
                         ['cache', 'screens'])

    def test_one_chapter_starts_from_the_directory_before(self):
        self.change(ONE, 'puts("Hello");', 'puts("Other");')
        out = self.assert_green(('--chapter', '02'))
        self.assertIn('book: 1 chapter, 4 listings', out)

    def test_one_page_that_is_no_chapter(self):
        self.change(ONE, 'puts("Hello");', 'puts("Other");')
        out = self.assert_green(('--chapter', 'README'))
        self.assertIn('3 transcripts', out)
        with self.assertRaises(SystemExit):
            self.check('--chapter', 'nothing')

    def test_without_running(self):
        self.change(THREE, 'prints `3`', 'prints `4`')
        out = self.assert_green(('--no-run',))
        self.assertIn('nothing was run', out)

    def test_an_outer_make_does_not_reach_in(self):
        with mock.patch.dict(os.environ, MAKEFLAGS='n', MAKELEVEL='3',
                             CFLAGS='-Werror', TERM='xterm',
                             LC_ALL='de_DE.UTF-8'):
            self.assert_green()

    def test_runs_as_a_program(self):
        run = subprocess.run([sys.executable, os.path.join(TOOLS, 'book.py'),
                              '--root', self.root, 'check', '--no-run'],
                             stdout=subprocess.PIPE, check=False)
        self.assertEqual(run.returncode, 0, run.stdout)


class ListingTest(BookCase):
    arguments = ('--no-run',)

    def test_drift_in_a_chapter_directory(self):
        self.change('02-greet/src/main.c', 'part();', 'part( );')
        self.assert_red((TWO, self.line_of(TWO, '+    part();')),
                        '02-greet/src/main.c:6 differs: the book has '
                        '`    part();`, the directory has `    part( );`')

    def test_drift_in_a_line_of_an_earlier_chapter(self):
        self.change('02-greet/src/main.c', 'return 0', 'return 1')
        words = '02-greet/src/main.c:7 differs'
        self.assert_red((ONE, self.line_of(ONE, 'return 0')), words)
        # A chapter alone starts from the directory before.
        out = self.assert_red((TWO, self.line_of(TWO, '````diff')), words,
                              ('--no-run', '--chapter', '2'))
        self.assertIn('came unchanged from 01-hello/src/main.c:6', out)

    def test_a_line_that_only_the_directory_has(self):
        self.change('02-greet/src/main.c', 'int main', '\nint main')
        out = self.assert_red((ONE, self.line_of(ONE, '+#include') + 1),
                              '02-greet/src/main.c:3 differs')
        self.assertIn('the directory has an empty line (this listing wrote '
                      'the line above it)', out)

    def test_a_missing_newline_at_the_end(self):
        text = self.read('01-hello/src/main.c')
        self.write('01-hello/src/main.c', text.rstrip('\n'))
        self.assert_red((ONE, self.line_of(ONE, '}')),
                        'does not end with a newline')

    def test_a_changed_mode(self):
        os.chmod(self.path('03-count/count.sh'), 0o644)
        self.assert_red((THREE, self.line_of(THREE, '#!/bin/sh')),
                        'is not executable')

    def test_a_stray_file_in_the_directory(self):
        self.write('02-greet/src/notes.txt', 'x\n')
        self.assert_red((TWO, self.line_of(TWO, '````diff')),
                        '`02-greet/src/notes.txt` is in the chapter\'s '
                        'directory')

    def test_a_file_that_only_the_book_has(self):
        self.change(THREE, '**Delete file: `scratch.txt`**\n', '')
        self.assert_red((THREE, self.line_of(THREE, 'to be thrown away')),
                        '`03-count/` does not have it')

    def test_stale_context(self):
        self.change(TWO, '     puts("serial: greeted");\n }',
                    '     puts("serial: gone");\n }')
        self.assert_red((TWO, self.line_of(TWO, ' puts("serial: gone")')),
                        'the nearest place is line 8, where line 8 is '
                        '`    puts("serial: greeted");` and the book has '
                        '`    puts("serial: gone");`')

    def test_context_that_differs_in_blanks(self):
        self.change(TWO, '\n     greet("World");\n', '\n\tgreet("World");\n')
        self.assert_red((TWO, self.line_of(TWO, '\tgreet("World")')),
                        'begins with a blank, + or -')
        self.change(TWO, '\n\tgreet("World");\n', '\n  greet("World");\n')
        self.assert_red((TWO, self.line_of(TWO, '  greet("World")', 2)),
                        'differ in blanks only')

    def test_a_listing_removed(self):
        text = self.read(TWO)
        start = text.index('````diff')
        end = text.index('````\n', start) + 5
        self.write(TWO, text[:start] + text[end:])
        status, out = self.check('--no-run')
        self.assertEqual(status, 1)
        line = self.line_of(TWO, 'void greet(const char *name);')
        self.assertIn('%s:%d: 02-greet/src/greet.h:4 differs: the book has '
                      'nothing more, the directory has `void part(void);`'
                      % (TWO, line), out)

    def test_a_listing_removed_that_a_later_one_needs(self):
        text = self.read(ONE)
        start = text.index('**New file: `src/main.c`')
        end = text.index('The compiler')
        self.write(ONE, text[:start] + text[end:])
        self.assert_red((ONE, self.line_of(ONE, '--- a/src/main.c')),
                        'there is no file `src/main.c` at this point',
                        only=False)

    def test_ambiguous_context(self):
        self.change(TWO, ' void greet(const char *name);\n+void part',
                    '+void part')
        self.change(TWO, '@@ #pragma once @@\n \n', '@@ @@\n \n')
        self.change(TWO, 'void greet(const char *name);\n```',
                    '\nvoid greet(const char *name);\n```')
        self.assert_red((TWO, self.line_of(TWO, '@@ @@', 2)),
                        'ambiguous: this hunk fits `src/greet.h` at lines '
                        '2 and 3; give it one more line of context',
                        only=False)

    def test_one_error_for_a_file_gone_wrong(self):
        self.change(ONE, '+#include <stdio.h>', '+#include <stdlib.h>')
        self.change(ONE, ' int main(void)\n {\n', ' int main()\n {\n')
        self.assert_red((ONE, self.line_of(ONE, ' int main()')),
                        'the nearest place is line 1')

    def test_a_hunk_without_context(self):
        self.change(TWO, '@@ #pragma once @@\n \n void greet(const char '
                    '*name);\n', '@@ #pragma once @@\n')
        self.assert_red((TWO, self.line_of(TWO, '@@ #pragma')),
                        'needs context')

    def test_line_numbers_in_a_hunk_header(self):
        self.change(TWO, '@@ #pragma once @@', '@@ -1,3 +1,4 @@')
        self.assert_red((TWO, self.line_of(TWO, '@@ -1,3')),
                        'no line numbers')

    def test_a_hunk_header_that_is_not_true(self):
        self.change(TWO, '@@ void greet(const char *name) @@',
                    '@@ void salute(void) @@')
        self.assert_red((TWO, self.line_of(TWO, '@@ void salute')),
                        'no line of `src/greet.c` at or above')

    def test_dev_null(self):
        self.change(TWO, '--- a/src/greet.h', '--- /dev/null')
        self.assert_red((TWO, self.line_of(TWO, '/dev/null')), 'New file')

    def test_a_new_file_that_exists(self):
        self.change(TWO, '**New file: `src/greet.h`**',
                    '**New file: `src/main.c`**')
        self.assert_red((TWO, self.line_of(TWO, 'pragma once') - 1),
                        'the file `src/main.c` exists already', only=False)

    def test_a_path_out_of_the_tree(self):
        self.change(TWO, '**New file: `src/greet.h`**',
                    '**New file: `../greet.h`**')
        self.assert_red((TWO, self.line_of(TWO, '../greet.h')),
                        'not a path within the tree', only=False)

    def test_a_caption_that_is_nearly_one(self):
        self.change(TWO, '**New file: `src/greet.h`**',
                    '**New file:** `src/greet.h`')
        self.assert_red((TWO, self.line_of(TWO, '**New file:** ')),
                        'reads like a listing but is none', only=False)

    def test_a_wide_line(self):
        wide = '    puts("serial: %s");' % ('x' * 60)
        self.change(TWO, '    puts("serial: greeted");\n}', wide + '\n}')
        self.assert_red((TWO, self.line_of(TWO, 'xxx')),
                        'this line has 81 columns', only=False)

    def test_a_tab_counts_to_the_next_stop(self):
        self.change(TWO, 'goto away;', '\t' + 'x' * 65)
        self.assert_red((TWO, self.line_of(TWO, 'xxx')),
                        'this line has 73 columns')

    def test_a_long_listing_is_a_warning(self):
        lines = ''.join('/* %d */\n' % n for n in range(41))
        self.change(THREE, 'to be thrown away\n', lines)
        out = self.assert_green(('--no-run',))
        self.assertIn('%s:%d: warning: a listing of 41 changed lines'
                      % (THREE, self.line_of(THREE, '/* 0 */') - 1), out)
        self.assertIn('1 warning', out)


class FormTest(BookCase):
    arguments = ('--no-run',)

    def test_an_unmarked_fence(self):
        self.change(TWO, '*Example, not part of the kernel:*\n', 'So:\n')
        self.assert_red((TWO, self.line_of(TWO, 'goto away') - 1),
                        'neither applied nor captioned')

    def test_an_unmarked_fence_in_a_list_or_quote(self):
        for before in ('- An item:\n\n  ', '> [!NOTE]\n> ', '1. '):
            with self.subTest(before=before):
                self.setUp()
                last = before.split('\n')[-1]
                inner = last if last.startswith('>') else ' ' * len(last)
                text = self.read(TWO)
                self.write(TWO, text + '\n%s```c\n%sx;\n%s```\n'
                           % (before, inner, inner))
                self.assert_red((TWO, self.line_of(TWO, 'x;') - 1),
                                'neither applied nor captioned')

    def test_a_longer_fence_holds_a_shorter_one(self):
        self.write(TWO, self.read(TWO) + '\n*Example, not part of the '
                   'kernel:*\n\n````markdown\n```c\nx\n```\n````\n')
        self.assert_green(('--no-run',))

    def test_a_fence_without_a_language(self):
        self.change(TWO, '```c\ngoto', '```\ngoto')
        self.assert_red((TWO, self.line_of(TWO, 'goto away') - 1),
                        'names no language')

    def test_an_unknown_language(self):
        self.change(TWO, '```c\ngoto', '```klingon\ngoto')
        self.assert_red((TWO, self.line_of(TWO, 'klingon')),
                        'unknown language')

    def test_code_by_indentation(self):
        self.write(TWO, self.read(TWO) + '\nCode:\n\n    int x;\n')
        self.assert_red((TWO, self.line_of(TWO, 'int x;')), 'indented')

    def test_an_html_comment(self):
        self.write(TWO, self.read(TWO) + '\n<!-- hidden -->\n')
        self.assert_red((TWO, self.line_of(TWO, 'hidden -->')),
                        'the reader sees what the proof sees')

    def test_a_fence_directly_below_html(self):
        self.change(TWO, '<summary>The function</summary>\n\n**New file: '
                    '`src/greet.c`**\n\n', '<summary>The function</summary>'
                    '\n**New file: `src/greet.c`**\n')
        self.assert_red((TWO, self.line_of(TWO, '#include "greet.h"') - 1),
                        'leave an empty line')

    def test_a_fence_that_is_not_closed(self):
        self.write(TWO, self.read(TWO) + '\n```text\nx\n')
        self.assert_red((TWO, len(self.read(TWO).split('\n')) - 2),
                        'never closed', only=False)

    def test_a_caption_without_a_fence(self):
        self.change(TWO, '*On the serial line:*\n',
                    '*On the serial line:*\n\nText.\n\n'
                    '*On the serial line:*\n')
        self.assert_red((TWO, self.line_of(TWO, '*On the serial line:*')),
                        'a caption with no fence')

    def test_an_excerpt_that_is_not_one(self):
        self.change(ONE, '\t@$< > $@\n', '\t@$< >$@\n')
        out = self.assert_red((ONE, self.line_of(ONE, '@$< >$@')),
                              'do not stand in `common.mk`')
        self.assertIn('(they differ in blanks only)', out)

    def test_an_excerpt_of_the_tree_at_that_point(self):
        self.change(ONE, '*From `common.mk`:*\n\n```make\n$(B)/kernel.iso: '
                    '$(B)/hello\n\t@$< > $@\n', '*From `src/main.c`:*\n\n'
                    '```c\n#include <stdio.h>\n\nint main(void)\n')
        self.assert_green(('--no-run',))
        self.change(ONE, 'int main(void)\n```', 'int main()\n```')
        self.assert_red((ONE, self.line_of(ONE, 'int main()')),
                        'where line 3 is')

    def test_an_excerpt_of_no_file(self):
        self.change(ONE, '*From `common.mk`:*', '*From `other.mk`:*')
        self.assert_red((ONE, self.line_of(ONE, '$(B)/kernel.iso') - 1),
                        'there is no file `other.mk`')

    def test_a_listing_in_a_page_that_is_no_chapter(self):
        self.write('book/setup.md', '# X\n\n**New file: `a`**\n\n'
                   '```text\nx\n```\n')
        self.assert_red(('book/setup.md', 5), 'only a chapter')

    def test_a_chapter_without_a_page(self):
        os.remove(self.path(THREE))
        self.assert_red((THREE, 1), 'the chapter of 03-count/ is missing')

    def test_a_dead_link(self):
        self.change('book/README.md', '(01-hello.md)', '(01-helo.md)')
        self.assert_red(('book/README.md',
                         self.line_of('book/README.md', '01-helo')),
                        'there is no book/01-helo.md')

    def test_a_dead_anchor(self):
        self.change(TWO, '(#a-greeting-with-a-name)', '(#a-greeting)')
        self.assert_red((TWO, self.line_of(TWO, 'Nothing is')),
                        'has no heading #a-greeting (but '
                        '#a-greeting-with-a-name)')

    def test_an_image_without_words(self):
        self.write('book/figures/a.svg', '<svg/>')
        self.write(TWO, self.read(TWO) + '\n![A](figures/a.svg)\n')
        self.assert_green(('--no-run',))
        self.write(TWO, self.read(TWO) + '\n![](figures/a.svg)\n')
        self.assert_red((TWO, self.line_of(TWO, '![](')), 'alternative')

    def test_an_image_that_is_not_there(self):
        self.write(TWO, self.read(TWO) + '\n<img src="b.png" alt="B">\n')
        self.assert_red((TWO, self.line_of(TWO, 'b.png')), 'no image b.png')


class CheckpointTest(BookCase):
    def test_an_untrue_checkpoint(self):
        self.change(TWO, 'shows `Bye`', 'shows `Adieu`')
        out = self.assert_red((TWO, self.line_of(TWO, '`Adieu`')),
                              'checkpoint 2.20: `make run` does not show '
                              '`Adieu` in light grey on black on the last '
                              'line: it is not there')
        self.assertIn('2| Bye', out)

    def test_an_untrue_colour(self):
        self.change(TWO, 'in light grey on black', 'in yellow')
        self.assert_red((TWO, self.line_of(TWO, 'in yellow')),
                        'it is in light grey on black')

    def test_an_untrue_line(self):
        self.change(TWO, 'on line 1,', 'on line 2,')
        self.assert_red((TWO, self.line_of(TWO, 'Checkpoint 2.10')),
                        'on line 2: it is not there')

    def test_an_untrue_exit(self):
        self.change(TWO, 'make nothing`\n> fails with', 'make all`\n> fails '
                    'with')
        self.assert_red((TWO, self.line_of(TWO, 'Checkpoint 2.20')),
                        'it does not fail')

    def test_a_command_that_fails(self):
        self.change(THREE, '`./count.sh` prints', '`./count` prints')
        self.assert_red((THREE, self.line_of(THREE, './count`')),
                        'it fails with exit status 127')

    def test_code_that_does_not_build(self):
        self.change(TWO, '+void part(void);\n', '+void part(int);\n')
        self.change('02-greet/src/greet.h', 'part(void)', 'part(int)')
        out = self.assert_red((TWO, self.line_of(TWO, 'Checkpoint 2.20')),
                              'does not build (`make STRICT=1`)',
                              ('--chapter', '2'), only=False)
        self.assertIn("error: conflicting types for 'part'", out)

    def test_a_warning(self):
        # The reader's build still works; the strict one does not.
        self.change(THREE, '+        greet("you");',
                    '+        int unused; greet("you");')
        self.change('03-count/src/start.c', 'greet("you");',
                    'int unused; greet("you");')
        out = self.assert_red((THREE, self.line_of(THREE, 'point 3.10')),
                              'unused variable', only=False)
        self.assertIn('`make STRICT=1`', out)
        self.assertNotIn('exit status', out)

    def test_a_warning_that_does_not_stop_the_build(self):
        self.change('common.mk', '$(if $(STRICT),-Werror)', '')
        self.change(THREE, '+        greet("you");',
                    '+        int unused; greet("you");')
        self.change('03-count/src/start.c', 'greet("you");',
                    'int unused; greet("you");')
        self.assert_red((THREE, self.line_of(THREE, 'point 3.10')),
                        'builds with a warning', only=False)

    def test_a_sentence_that_is_not_understood(self):
        self.change(THREE, '`./count.sh` prints `3`', 'the kernel is great')
        out = self.assert_red((THREE, self.line_of(THREE, 'is great')),
                              'not understood: "the kernel is great"')
        self.assertIn('`make` builds without a warning', out)

    def test_a_colour_that_is_none(self):
        self.change(TWO, 'in light grey on black', 'in mauve')
        self.assert_red((TWO, self.line_of(TWO, 'in mauve')),
                        '`mauve` is no colour of the VGA')

    def test_a_repeated_number(self):
        self.change(THREE, 'Checkpoint 3.40', 'Checkpoint 3.10')
        self.assert_red((THREE, self.line_of(THREE, '3.10', 2)),
                        'checkpoint 3.10 is there twice, first in line %d'
                        % self.line_of(THREE, '3.10'))

    def test_a_falling_number(self):
        self.change(THREE, 'Checkpoint 3.40', 'Checkpoint 3.05')
        self.assert_red((THREE, self.line_of(THREE, '3.05')),
                        'comes after 3.10')

    def test_a_checkpoint_of_a_page_that_is_no_chapter(self):
        text = self.read('book/README.md')
        self.write('book/README.md', text + '\n> **Checkpoint** — '
                   '`make run` shows `Bye`.\n')
        self.assert_green()
        self.change('book/README.md', '`Bye`', '`Adieu`')
        self.assert_red(('book/README.md',
                         self.line_of('book/README.md', 'Adieu')),
                        'it is not there')

    def test_a_checkpoint_without_a_number(self):
        self.change(THREE, 'Checkpoint 3.40', 'Checkpoint')
        self.assert_red((THREE, self.line_of(THREE, '**Checkpoint**')),
                        'has a number')

    def test_before_there_is_a_makefile(self):
        text = self.read(ONE)
        self.write(ONE, text.replace(
            '# Hello\n', '# Hello\n\n> **Checkpoint 1.05** — `echo a` '
            'prints `a`.\n'))
        self.assert_green()
        self.change(ONE, '`echo a` prints `a`.',
                    '`make` builds without a warning')
        self.assert_red((ONE, 3), 'does not build')

    def test_a_number_of_another_chapter(self):
        self.change(THREE, 'Checkpoint 3.40', 'Checkpoint 4.40')
        self.assert_red((THREE, self.line_of(THREE, '4.40')),
                        'is not of chapter 3')

    def test_a_checkpoint_that_is_no_quote(self):
        self.change(THREE, '> **Checkpoint 3.40', '**Checkpoint 3.40')
        self.assert_red((THREE, self.line_of(THREE, '3.40')),
                        'a checkpoint is a quote', only=False)

    def test_a_chapter_that_does_not_end_with_a_checkpoint(self):
        self.change(THREE, '> **Checkpoint 3.40** — `make` builds without '
                    'a warning.\n', '')
        line = self.line_of(THREE, '```text', 2)
        out = self.assert_red((THREE, line), 'does not end with a '
                              'checkpoint')
        self.assertIn('%s:%d: warning: the section "A test" has listings '
                      'but no checkpoint'
                      % (THREE, self.line_of(THREE, '## A test')), out)

    def test_a_chapter_without_any(self):
        text = self.read(THREE)
        self.write(THREE, re.sub(r'(?m)^> .*\n', '', text))
        self.assert_red((THREE, 1), 'no checkpoint')


class TranscriptTest(BookCase):
    def test_a_transcript_that_no_longer_holds(self):
        self.change(ONE, '$ make run\nHello\n', '$ make run\nHullo\n')
        out = self.assert_red((ONE, self.line_of(ONE, 'Hullo')),
                              '`make run` says something else')
        self.assertRegex(out, r'! Hullo +\| Hello')

    def test_output_that_is_missing_or_too_much(self):
        self.change(ONE, '$ make run\nHello\n',
                    '$ make run\nHello\nand more\n')
        self.assert_red((ONE, self.line_of(ONE, 'and more')),
                        'says something else')
        self.change(ONE, '$ make run\nHello\nand more\n', '$ make run\n')
        self.assert_red((ONE, self.line_of(ONE, '$ make run')),
                        'says something else')

    def test_another_version_is_a_warning(self):
        self.change(ONE, '$ make run\nHello\n', '$ make run\nHullo\n')
        self.write('book/versions', 'gcc 1.2.3\nmake %s\n'
                   % HERE_NOW['make'])
        out = self.assert_green()
        self.assertIn('%s:%d: warning: other version (gcc %s)'
                      % (ONE, self.line_of(ONE, 'Hullo'), HERE_NOW['gcc']),
                      out)
        self.assertIn('1 transcript of another version', out)
        self.assert_red((ONE, self.line_of(ONE, 'Hullo')), 'other version',
                        ('--strict-versions',))

    def test_a_promised_address_of_another_version(self):
        self.change(ONE, '`make run` prints `Hello`',
                    '`make run` prints `0x10d000`')
        line = self.line_of(ONE, '0x10d000') - 1
        self.assert_red((ONE, line), 'no line of its output has that')
        self.write('book/versions', 'gcc 1.2.3\n')
        self.assertIn('%s:%d: warning: other version' % (ONE, line),
                      self.assert_green())
        self.change(ONE, '`0x10d000`', '`Hullo`')
        self.assert_red((ONE, line), 'no line of its output has that')

    def test_another_version_of_a_tool_that_is_not_used(self):
        self.change(ONE, '$ ls\nmain.c\n', '$ ls\nmain.o\n')
        self.write('book/versions', 'gcc 1.2.3\n')
        self.assert_red((ONE, self.line_of(ONE, 'main.o')),
                        '`ls` says something else')

    def test_a_command_that_hangs(self):
        self.change(ONE, '$ make run\nHello\n', '$ sleep 60\n')
        with mock.patch('book.proving.runs.run_command.__defaults__',
                        (0.5, (), None)):
            self.assert_red((ONE, self.line_of(ONE, '$ sleep 60')),
                            'still ran after', only=False)

    def test_a_command_without_input_and_terminal(self):
        self.change(ONE, '$ make run\nHello\n', '$ cat; test -t 1 || echo '
                    'no terminal, $TERM, $LC_ALL, $MAKELEVEL\n'
                    'no terminal, dumb, C,\n')
        self.assert_green()

    def test_variables_hold_until_the_end_of_the_fence(self):
        self.change(ONE, '$ make run\nHello\n', "$ text='a; b' other=c\n"
                    '$ echo "$text $other"\na; b c\n')
        self.assert_green()

    def test_a_transcript_that_leaves_a_file(self):
        self.change(ONE, '$ make run\nHello\n', '$ echo x > a.out\n')
        self.assert_red((ONE, self.line_of(ONE, 'status 127') + 1),
                        'leaves `a.out` behind')

    def test_a_transcript_that_changes_the_tree(self):
        self.change(ONE, '$ make run\nHello\n', '$ echo >> Makefile\n')
        self.assert_red((ONE, self.line_of(ONE, 'status 127') + 1),
                        'changes `Makefile` in the tree')

    def test_a_transcript_that_does_not_come_back(self):
        self.change(ONE, '$ cd ..\n$ make run\nHello\n', '')
        self.assert_red((ONE, self.line_of(ONE, 'status 127') + 1),
                        'ends in another directory')

    def test_a_transcript_without_a_command(self):
        self.change(ONE, '$ make\n  CC', '# make\n  CC')
        self.assert_red((ONE, self.line_of(ONE, '# make')), 'begins with')

    def test_a_transcript_of_a_page_that_is_no_chapter(self):
        self.change('book/README.md', 'start.c\n```', 'main.c\n```')
        self.assert_red(('book/README.md',
                         self.line_of('book/README.md', 'main.c')),
                        '`ls src` says something else')

    def test_what_failed_can_be_looked_at(self):
        self.change(ONE, '$ make run\nHello\n', '$ make run\nHullo\n')
        out = self.check()[1]
        kept = re.search(r'what ran is in (\S+)\)', out).group(1)
        self.assertTrue(os.path.isfile(self.path(
            kept + '/my-kernel/src/main.c')))
        self.change(ONE, '$ make run\nHullo\n', '$ make run\nHello\n')
        self.assert_green()
        self.assertEqual(os.listdir(self.path('build/book/failed')), [])


class ScreenTest(BookCase):
    def test_a_wrong_screen(self):
        self.change(TWO, 'Hello, ...', 'Hullo, ...')
        out = self.assert_red((TWO, self.line_of(TWO, 'Hullo')),
                              'the screen shows something else')
        self.assertRegex(out, r'! Hullo, \.\.\. +\| Hello, World')

    def test_a_wrong_serial_line(self):
        self.change(TWO, '```text\ngreeted', '```text\nparted')
        self.assert_red((TWO, self.line_of(TWO, 'parted')),
                        'the serial line shows something else')

    def test_flags_reach_the_machine(self):
        self.change(TWO, 'with `-cpu qemu32`', 'with `-cpu max`')
        self.assert_red((TWO, self.line_of(TWO, '```text', 2) + 1),
                        'the screen shows something else')

    def test_a_test_image_that_does_not_build(self):
        self.change(THREE, 'serial line of `tests/good.c`',
                    'serial line of `tests/bad.c`')
        self.assert_red((THREE, self.line_of(THREE, '```text', 3)),
                        'does not build')

    def test_rows_that_scroll_away_are_not_shown(self):
        self.change(TWO, '```text\nHello, ...\n', '```text\n')
        self.assert_red((TWO, self.line_of(TWO, '*On the screen:*') + 3),
                        'the screen shows something else')


class TypingTest(BookCase):
    def screen(self, caption, *lines):
        """Adds a screen to the second chapter, before its last listing."""
        self.change(TWO, '## A farewell\n', '%s\n\n```text\n%s\n```\n\n'
                    '## A farewell\n' % (caption, '\n'.join(lines)))

    def test_a_screen_after_typing(self):
        self.screen('*On the screen, after typing `Hi<enter>`:*',
                    'Hello, ...', 'typed Hi<enter>')
        self.assert_green()
        self.change(TWO, 'after typing `Hi<', 'after typing `Ho<')
        self.assert_red((TWO, self.line_of(TWO, 'typed Hi')),
                        'the screen shows something else')

    def test_a_screen_after_typing_with_flags(self):
        for caption in ('*On the screen, with `-m 64M -cpu qemu32`, after '
                        'typing `ab`:*',
                        '*On the screen, after typing `ab`, with `-m 64M '
                        '-cpu qemu32`:*',
                        '*On the screen, after typing `ab` with `-cpu '
                        'qemu32`:*'):
            with self.subTest(caption):
                self.setUp()
                self.screen(caption, 'ERR: 2', 'typed ab')
                self.assert_green()
        self.change(TWO, 'typed ab', 'typed ac')
        self.assert_red((TWO, self.line_of(TWO, 'typed ac')),
                        'the screen shows something else')

    def test_a_serial_line_after_typing(self):
        self.screen('*On the serial line, after typing `x`:*', 'greeted')
        self.assert_green()

    def test_a_key_that_is_none(self):
        self.screen('*On the screen, after typing `a<entre>`:*', 'x')
        self.assert_red((TWO, self.line_of(TWO, '<entre>')),
                        'cannot type `a<entre>`: there is no key <entre>',
                        only=False)

    def test_a_checkpoint_after_typing(self):
        self.change(TWO, '`greeted` on the serial line;',
                    '`greeted` on the serial line; `make run` shows '
                    '`typed a` on the last line after typing `a`, and '
                    '`Hello`; `make run` shows `typed ab` in light grey '
                    'after typing `ab`;')
        self.assert_green()
        self.change(TWO, 'after typing `ab`;', 'after typing `abc`, and '
                    '`typed ab` on line 9;')
        self.assert_red((TWO, self.line_of(TWO, '**Checkpoint 2.10')),
                        '`make run` does not show `typed ab` on line 9 after '
                        'typing `abc`: it is not there')

    def test_a_kernel_that_does_not_come_to_rest(self):
        self.screen('*On the screen, after typing `ab`, with `restless`:*',
                    '...')
        self.assert_red((TWO, self.line_of(TWO, '`restless`') + 2),
                        'QEMU: it does not come to rest')

    def test_one_boot_for_keys_that_go_on(self):
        self.assertEqual(runs.chains({'': 1, 'xy': 2, 'ab<up>': 3, 'ab': 4}),
                         [[('', 1), ('xy', 2)], [('ab', 4), ('ab<up>', 3)]])


class SpeedTest(BookCase):
    """What is done once only, and what is not."""

    def test_tests_run_once_for_a_state(self):
        self.write('common.mk', self.read('common.mk') + (
            '\ntest:\n\t@echo "1 passed"\n'))
        self.change(THREE, 'prints `3`.', 'prints `3`; `make test` ends '
                    'with `1 passed`; `make test` prints `passed`.')
        self.change(THREE, '> **Checkpoint 3.10', '```console\n$ make test\n'
                    '1 passed\n```\n\n> **Checkpoint 3.10')
        calls = []
        original = runs.run_command

        def run_command(text, *arguments, **options):
            calls.append(text)
            return original(text, *arguments, **options)

        with mock.patch('book.proving.runs.run_command', run_command):
            self.assert_green()
            self.assertEqual(calls.count('make test'), 1)
            self.assertGreater(calls.count('make run'), 1)
        self.change(THREE, 'with `1 passed`', 'with `2 passed`')
        self.assert_red((THREE, self.line_of(THREE, '2 passed')),
                        'its last line is `1 passed`')

    def test_what_takes_long_comes_first(self):
        self.assertGreater(runs.worth('make test'),
                           4 * runs.worth('make test TEST=unit'))
        self.assertGreater(runs.worth('make'), runs.worth('ls src'))

    def test_the_last_strict_build_is_made_from_nothing(self):
        seen = []
        original = runs.run_command

        def run_command(text, where, *arguments, **options):
            seen.append((text, 'BOOK_CC_CACHE' in options['extra']))
            return original(text, where, *arguments, **options)

        self.change(THREE, '`make` builds', '`make` builds without a '
                    'warning; `make run` ends with `Bye`; `make` builds')
        with mock.patch('book.proving.runs.run_command', run_command):
            self.assert_green(('--chapter', '03'))
        self.assertIn(('make -j2 STRICT=1', False), seen)
        self.assertIn(('make -j2 STRICT=1', True), seen)
        self.assertIn(('make run', True), seen)


class CompilersTest(unittest.TestCase):
    """The compilers that remember."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='run-')
        self.addCleanup(place.cleanup)
        self.top = os.path.realpath(place.name)
        # A compiler that notes down how often it is asked.
        os.mkdir(os.path.join(self.top, 'real'))
        real = os.path.join(self.top, 'real', 'gcc')
        with open(real, 'w', encoding='utf-8') as stream:
            stream.write('#!/bin/sh\necho >> "%s/asked"\nexec %s "$@"\n'
                         % (self.top, shutil.which('gcc')))
        os.chmod(real, 0o755)
        path = os.path.dirname(real) + ':' + os.environ['PATH']
        with mock.patch.dict(os.environ, PATH=path):
            self.compilers = compilers.Compilers(self.top)
        for name in ('0001', '0002'):
            self.write(name, 'src/a.c', '#include "a.h"\nint a = A;\n'
                       'int b(void) { return a; }\n')
            self.write(name, 'src/a.h', '#define A 1\n')

    def write(self, tree, path, text):
        path = os.path.join(self.top, tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(text)

    def compile(self, tree, *flags):
        """Compiles a.c; how often the compiler was asked, the object,
        the list of headers, and what was said."""
        place = os.path.basename(self.top) + '/' + tree
        where = os.path.join(self.top, tree)
        with contextlib.suppress(OSError):
            os.remove(os.path.join(self.top, 'asked'))
        done = subprocess.run(
            ['gcc', '-g', '-O1', '-Wall', '-MMD', '-MP', *flags, '-c',
             'src/a.c', '-o', 'a.o'], cwd=where, check=False,
            env=dict(os.environ, **self.compilers.environment(place)),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        found = []
        for name in ('../asked', 'a.o', 'a.d'):
            try:
                with open(os.path.join(where, name), 'rb') as stream:
                    found.append(stream.read())
            except OSError:
                found.append(b'')
        return len(found[0]), found[1], found[2], done.stdout

    def test_the_same_is_compiled_once(self):
        asked, first, headers, _ = self.compile('0001')
        self.assertEqual(asked, 1)
        asked, second, copied, _ = self.compile('0002')
        self.assertEqual(asked, 0)
        self.assertEqual(headers, copied)
        self.assertIn(b'src/a.h', headers)
        # Only the path of the directory differs, as if compiled there.
        here = (self.top + '/0002').encode()
        self.assertIn(here, second)
        self.assertEqual(first.replace(b'/0001', b'/0002'), second)
        subprocess.run([shutil.which('gcc'), '-g', '-O1', '-c', 'src/a.c',
                        '-o', 'b.o'], cwd=here, check=True)
        with open(os.path.join(self.top, '0002', 'b.o'), 'rb') as stream:
            self.assertEqual(len(stream.read()), len(second))

    def test_what_differs_is_compiled_again(self):
        self.compile('0001')
        self.write('0002', 'src/a.h', '#define A 2\n')
        asked, second, _, _ = self.compile('0002')
        self.assertEqual(asked, 1)
        self.assertEqual(self.compile('0001')[0], 0)
        self.assertEqual(self.compile('0001', '-O2')[0], 1)
        self.write('0001', 'src/a.h', '#define A 2\n')
        asked, first, _, _ = self.compile('0001')
        self.assertEqual(asked, 0)
        self.assertEqual(first.replace(b'/0001', b'/0002'), second)
        self.write('0001', 'src/a.c', 'int c;\n')
        self.assertEqual(self.compile('0001')[0], 1)

    def test_warnings_and_errors_come_every_time(self):
        self.write('0001', 'src/a.c', 'static int unused;\n')
        for _ in range(2):
            asked, _, _, said = self.compile('0001')
            self.assertEqual(asked, 1)
            self.assertIn(b'unused', said)
        self.write('0001', 'src/a.c', 'int int;\n')
        for _ in range(2):
            asked, _, _, said = self.compile('0001')
            self.assertEqual(asked, 1)
            self.assertIn(b'error', said)
        self.assertEqual(os.listdir(self.compilers.objects), [])


class StepTest(BookCase):
    def step(self, *arguments):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            TOOL.main(['--root', self.root, 'step', *arguments])
        return out.getvalue()

    def test_the_tree_of_a_checkpoint_builds(self):
        self.step('2.10')
        tree = self.path('build/steps/2.10')
        with open(tree + '/src/greet.h', encoding='utf-8') as stream:
            self.assertNotIn('part', stream.read())
        run = subprocess.run(['make', '-s', 'run'], cwd=tree, check=True,
                             stdout=subprocess.PIPE)
        self.assertIn(b'Hello, World', run.stdout)
        self.step('3.10')
        self.assertTrue(os.access(self.path(
            'build/steps/3.10/count.sh'), os.X_OK))

    def test_a_directory_of_ones_own_is_saved_first(self):
        self.write('my-kernel/Makefile', 'mine\n')
        self.write('my-kernel/src/mine.c', 'mine\n')
        self.write('my-kernel/.git/HEAD', 'x\n')
        self.step('1.10', self.path('my-kernel'))
        self.assertEqual(self.read('my-kernel/src/main.c'),
                         self.read('01-hello/src/main.c'))
        self.assertFalse(os.path.exists(self.path('my-kernel/src/mine.c')))
        self.assertEqual(self.read('my-kernel/.git/HEAD'), 'x\n')
        self.assertEqual(self.read('build/saved/my-kernel-1/src/mine.c'),
                         'mine\n')

    def test_a_directory_of_the_book_is_refused(self):
        for name in ('02-greet', 'book', 'tools'):
            with self.assertRaises(SystemExit):
                self.step('1.10', self.path(name))
        self.assertTrue(os.path.exists(self.path('02-greet/src/greet.c')))

    def test_a_checkpoint_that_is_not_there(self):
        with self.assertRaisesRegex(SystemExit, 'it has 2.10, 2.20'):
            self.step('2.15')


class MatchTest(unittest.TestCase):
    def test_lines(self):
        for expected, actual, fits in (
                (['a'], ['a  ', ''], True),
                (['...'], [], True),
                (['a', '...', 'c'], ['a', 'b', 'b', 'c'], True),
                (['a', '...', 'c'], ['a', 'c'], True),
                (['...', 'c', '...', 'd'], ['c', 'x', 'c', 'd'], True),
                (['a ... c'], ['a long c'], True),
                (['a.c'], ['abc'], False),
                (['a', '...'], ['b'], False),
                (['...', 'b'], ['b', 'c'], False),
                ([], ['a'], False)):
            with self.subTest(expected=expected, actual=actual):
                self.assertEqual(match.first_difference(expected, actual)
                                 is None, fits)

    def test_a_clock_in_the_corner(self):
        shown = 'Hello World!'.ljust(70) + 'ticks: 123'
        for expected in ('Hello World!...', 'Hello World!' + ' ' * 58 + '...',
                         'Hello World!...ticks: ...'):
            self.assertIsNone(match.first_difference([expected], [shown]))
        self.assertIsNone(match.first_difference(['Hello World!...'],
                                                 ['Hello World!']))
        self.assertIsNotNone(match.first_difference(['Hello World!'],
                                                    [shown]))
        self.assertIsNone(match.first_difference(
            ['...', '> ok'], [' ' * 70 + 'ticks: 9', '> ok']))

    def test_the_first_difference(self):
        self.assertEqual(match.first_difference(
            ['a', 'b', 'c'], ['a', 'b', 'd']), (2, 2))

    def test_versions(self):
        for text, number in (
                ('gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nmore', '12.2.0'),
                ('GNU ld (GNU Binutils for Debian) 2.40', '2.40'),
                ('NASM version 2.16.01 compiled on Jan 2', '2.16.01'),
                ('QEMU emulator version 7.2.22 (Debian 1:7.2)', '7.2.22'),
                ('grub-mkrescue (GRUB) 2.06-13+deb12u1', '2.06'),
                ('', '')):
            self.assertEqual(versions.number(text), number)

    def test_colours(self):
        self.assertTrue(boot.fits((15, 4), [0x4f]))
        self.assertFalse(boot.fits((15, 4), [0x0f]))
        self.assertTrue(boot.fits((11, None), [0x1b]))


if __name__ == '__main__':
    unittest.main()
