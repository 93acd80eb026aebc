"""What is wrong in a page is found without running anything: listings
that do not fit, forms that are none, links that lead nowhere.

    python3 tools/tests/book/test_pages.py
"""

import os
import subprocess
import sys
import unittest
import unittest.mock

from toybook import FRONT, LOUD, ONE, THREE, TWO, BookCase, fault

from book.reading.replay import read_book, tree_at  # noqa: E402
from book.reading.report import Report  # noqa: E402
from common.terminal import Complaint  # noqa: E402

GREET = '02-greet/src/main.c'


class PageCase(BookCase):
    options = {'run': False}


class ListingTest(PageCase):
    def test_the_pages_are_true(self):
        self.assertIn('nothing was run', self.assert_green())

    def test_drift_in_a_chapter_directory(self):
        self.change(GREET, 'part();', 'part( );')
        self.assert_red((TWO, self.line_of(TWO, '+    part();')),
                        '02-greet/src/main.c:6 differs: the book has '
                        '`    part();`, the directory has `    part( );`')

    def test_drift_in_a_line_of_an_earlier_chapter(self):
        self.change(GREET, 'return 0', 'return 1')
        words = '02-greet/src/main.c:7 differs'
        self.assert_red((ONE, self.line_of(ONE, 'return 0')), words)
        # A chapter alone starts from the directory before.
        self.assert_red((TWO, self.line_of(TWO, '+++ b/src/greet.c') - 2),
                        words, 'came unchanged from 01-hello/src/main.c:6',
                        chapter='2')

    def test_a_line_that_only_the_directory_has(self):
        self.change(GREET, 'int main', '\nint main')
        self.assert_red((ONE, self.line_of(ONE, '+#include') + 1),
                        '02-greet/src/main.c:3 differs', 'the directory has '
                        'an empty line (this listing wrote the line above')

    def test_a_missing_newline_at_the_end(self):
        text = self.read('01-hello/src/main.c')
        self.write('01-hello/src/main.c', text.rstrip('\n'))
        self.assert_red((ONE, self.line_of(ONE, '}')),
                        'does not end with a newline')

    def test_a_file_that_can_be_executed(self):
        os.chmod(self.path('03-count/count.sh'), 0o755)
        self.assert_red((THREE, self.line_of(THREE, '#!/bin/sh')),
                        'is executable')

    def test_a_stray_file_in_the_directory(self):
        self.write('02-greet/src/notes.txt', 'x\n')
        self.assert_red((TWO, self.line_of(TWO, '+++ b/src/greet.c') - 2),
                        "`02-greet/src/notes.txt` is in the chapter's ")

    test_a_file_that_only_the_book_has = fault(
        THREE, '**Delete file: `scratch.txt`**\n', '', 'to be thrown away',
        '`03-count/` does not have it')
    test_stale_context = fault(
        TWO, '     puts("serial: greeted");\n }',
        '     puts("serial: gone");\n }', ' puts("serial: gone")',
        'the nearest place is line 8, where line 8 is `    puts("serial: '
        'greeted");` and the book has `    puts("serial: gone");`')
    test_context_that_is_no_line_of_a_hunk = fault(
        TWO, '\n     greet("World");\n', '\n\tgreet("World");\n',
        '\tgreet("World")', 'begins with a blank, + or -')
    test_context_that_differs_in_blanks = fault(
        TWO, '\n     greet("World");\n', '\n  greet("World");\n',
        ('  greet("World")', 2), 'differ in blanks only')

    def test_a_listing_removed(self):
        text = self.read(TWO)
        start = text.index('```diff\n--- a/src/greet.h')
        self.write(TWO, text[:start] + text[text.index('```\n', start) + 4:])
        self.assert_red((TWO, self.line_of(TWO, 'void greet(const char *n')),
                        '02-greet/src/greet.h:4 differs: the book has '
                        'nothing more, the directory has `void part(void);`')

    def test_a_listing_removed_that_a_later_one_needs(self):
        text = self.read(ONE)
        start = text.index('**New file: `src/main.c`')
        self.write(ONE, text[:start] + text[text.index('**New file: `Make'):])
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

    test_a_hunk_without_context = fault(
        TWO, '@@ #pragma once @@\n \n void greet(const char *name);\n',
        '@@ #pragma once @@\n', '@@ #pragma', 'needs context')
    test_line_numbers_in_a_hunk_header = fault(
        TWO, '@@ #pragma once @@', '@@ -1,3 +1,4 @@', '@@ -1,3',
        'no line numbers')
    test_a_hunk_header_that_is_not_true = fault(
        TWO, '@@ void greet(const char *name) @@', '@@ void salute(void) @@',
        '@@ void salute', 'no line of `src/greet.c` at or above')
    test_dev_null = fault(TWO, '--- a/src/greet.h', '--- /dev/null',
                          '/dev/null', 'New file')
    test_a_new_file_that_exists = fault(
        TWO, '**New file: `src/greet.h`**', '**New file: `src/main.c`**',
        ('pragma once', 1, -1), 'the file `src/main.c` exists already',
        only=False)
    test_a_path_out_of_the_tree = fault(
        TWO, '**New file: `src/greet.h`**', '**New file: `../greet.h`**',
        '../greet.h', 'not a path within the tree', only=False)
    test_a_caption_that_is_nearly_one = fault(
        TWO, '**New file: `src/greet.h`**', '**New file:** `src/greet.h`',
        '**New file:** ', 'reads like a listing but is none', only=False)
    test_a_wide_line = fault(
        TWO, '    puts("serial: greeted");\n}',
        '    puts("serial: %s");\n}' % ('x' * 60), 'xxx',
        'this line has 81 columns', only=False)
    test_a_tab_counts_to_the_next_stop = fault(
        TWO, 'goto away;', '\t' + 'x' * 65, 'xxx',
        'this line has 73 columns')

    test_two_files_in_one_listing = fault(
        TWO, '+void part(void);\n```\n\n```diff\n', '+void part(void);\n',
        '--- a/src/greet.c', 'a listing changes one file')

    def test_an_old_page_is_counted_only(self):
        self.change(TWO, '+void part(void);\n```\n\n```diff\n',
                    '+void part(void);\n')
        with unittest.mock.patch('book.reading.report.OLD_PAGES',
                                 ('02-greet',)):
            self.assertIn('1 place of the first edition to mend',
                          self.assert_green())

    def test_a_long_listing_is_a_warning(self):
        self.change(THREE, 'to be thrown away\n',
                    ''.join('/* %d */\n' % n for n in range(151)))
        out = self.assert_green()
        line = self.line_of(THREE, '/* 0 */') - 1
        for words in ('a listing of 151 changed lines', 'more than 150 lines '
                      'are typed since line %d without a' % line):
            self.assertIn('%s:%d: warning: %s' % (THREE, line, words), out)
        self.assertIn('2 warnings', out)


class GivenTest(PageCase):
    LISTING = '**Given: [`src/greet.h`](loud/src/greet.h)**'

    test_a_link_to_nothing = fault(
        LOUD, '(loud/src/greet.h)', '(loud/src/greed.h)', '**Given',
        'leads to book/side/loud/src/greed.h', only=False)
    test_a_link_to_another_file = fault(
        LOUD, '(loud/src/greet.h)', '(../../02-greet/src/main.c)', '**Given',
        '02-greet/src/main.c does not end in `src/greet.h`', only=False)
    test_what_is_there_already = fault(
        LOUD, LISTING, LISTING + '\n\n' + LISTING + ' — Again.', '— Again.',
        'is already there, and the same')
    test_a_caption_that_is_nearly_one = fault(
        LOUD, LISTING, 'See **Given: [`src/greet.h`](loud/src/greet.h)**.',
        'See **', 'reads like a listing but is none', only=False)
    test_what_changes_after_it_was_given = fault(
        THREE, '*On the serial line of', '```diff\n--- a/tests/good.c\n+++ '
        'b/tests/good.c\n@@ @@\n-passed\n+failed\n```\n\n*On the serial line '
        'of', '+failed', '03-count/tests/good.c:1 differs', only=False)

    def test_a_changed_file_that_was_given(self):
        self.change(THREE, '*On the serial line of', '**Delete file: '
                    '`tests/good.c`**\n\n*On the serial line of')
        self.assert_red((THREE, self.line_of(THREE, '**Delete file: `t')),
                        'it cannot change any more', only=False)

    def test_drift_in_a_given_file(self):
        # What is given is the chapter's file: there can be none.
        self.change('03-count/tests/good.c', 'passed', 'great')
        self.assert_green()


class SideTest(PageCase):
    START = '*Starts from the end of [chapter 2](../02-greet.md).*'

    test_a_page_without_a_start = fault(
        LOUD, START, 'After chapter 2.', 'After chapter', 'a side page '
        'begins with the chapter it starts from', only=False)
    test_a_start_that_is_none = fault(
        LOUD, 'chapter 2](../02-greet.md)', 'chapter 4](../04-shout.md)',
        '*Starts', 'a side page begins with', only=False)
    test_a_number_of_a_chapter = fault(
        LOUD, 'Checkpoint loud.10', 'Checkpoint 2.30', '2.30',
        'checkpoint 2.30 is not of chapter loud')
    test_a_stale_listing = fault(
        LOUD, '-    greet("World");', '-    greet("Moon");', 'Moon',
        'none of these lines is in `src/main.c`')

    def test_the_tree_at_its_checkpoint(self):
        book = read_book(self.root, Report())
        tree = tree_at(book, 'loud.10')
        self.assertIn('    greet(LOUD);', tree.files['src/main.c'].lines)
        with self.assertRaisesRegex(Complaint, 'it has 2.10, 2.20'):
            tree_at(book, '2.15')
        with self.assertRaisesRegex(Complaint, 'names are like'):
            tree_at(book, 'quiet.10')

    def test_two_pages_of_one_name(self):
        self.write('book/lab/loud.md', self.read(LOUD))
        self.assert_red((LOUD, 1), 'a page of this name already, book/lab/',
                        only=False)


class FormTest(PageCase):
    test_an_unmarked_fence = fault(
        TWO, '*Example, not part of the kernel:*\n', 'So:\n',
        ('goto away', 1, -1), 'neither applied nor captioned')
    test_a_fence_in_a_list = fault(
        TWO, '', '\n- An item:\n\n  ```c\n  x;\n  ```\n', ('x;', 1, -1),
        'three backquotes that begin in the first column', only=False)
    test_a_fence_in_a_quote = fault(
        TWO, '', '\n> ```c\n> x;\n> ```\n', ('x;', 1, -1),
        'first column, not in a list or a quote', only=False)
    test_a_longer_fence = fault(
        TWO, '', '\n````c\nx;\n````\n', ('x;', 1, -1), 'three backquotes',
        only=False)
    test_a_fence_without_a_language = fault(
        TWO, '```c\ngoto', '```\ngoto', ('goto away', 1, -1),
        'names no language')
    test_an_unknown_language = fault(TWO, '```c\ngoto', '```klingon\ngoto',
                                     'klingon', 'unknown language')
    test_words_after_the_language = fault(
        TWO, '```c\ngoto', '```c linenos\ngoto', 'linenos',
        'only the language comes')
    test_code_by_indentation = fault(TWO, '', '\nCode:\n\n    int x;\n',
                                     'int x;', 'indented')
    test_an_html_comment = fault(TWO, '', '\n<!-- hidden -->\n',
                                 'hidden -->', 'sees what the proof sees')
    test_a_fence_directly_below_html = fault(
        TWO, '</summary>\n\n**New file: `src/greet.c`**\n\n',
        '</summary>\n**New file: `src/greet.c`**\n',
        ('#include "greet.h"', 1, -1), 'leave an empty line')
    test_a_fence_that_is_not_closed = fault(TWO, '', '\n```text\nx y\n',
                                            ('x y', 1, -1), 'never closed',
                                            only=False)
    test_a_caption_without_a_fence = fault(
        TWO, '*On the serial line:*\n', '*On the serial line:*\n\nText.\n\n'
        '*On the serial line:*\n', '*On the serial line:*',
        'a caption with no fence')
    test_an_announcement_that_is_nearly_one = fault(
        TWO, "*The kernel won't build until `src/greet.c` below.*",
        "It won't build until later.", "won't build", 'reads like the '
        'announcement')
    test_an_excerpt_that_is_not_one = fault(
        ONE, '\t@$< > $@\n', '\t@$< >$@\n', '@$< >$@', 'are not in '
        '`common.mk`')
    test_an_excerpt_of_no_file = fault(
        ONE, '*From `common.mk`:*', '*From `other.mk`:*',
        ('$(B)/kernel.iso', 1, -1), 'there is no file `other.mk`')

    def test_an_excerpt_of_the_tree_at_that_point(self):
        self.change(ONE, '*From `common.mk`:*\n\n```make\n$(B)/kernel.iso: '
                    '$(B)/kernel.elf\n\t@$< > $@\n', '*From `src/main.c`:*'
                    '\n\n```c\n#include <stdio.h>\n\nint main(void)\n')
        self.assert_green()
        self.change(ONE, 'int main(void)\n```', 'int main()\n```')
        self.assert_red((ONE, self.line_of(ONE, 'int main()')),
                        'where line 3 is')

    def test_a_listing_in_a_page_that_is_no_chapter(self):
        self.write('book/setup.md', '# X\n\n**New file: `a`**\n\n'
                   '```text\nx\n```\n')
        self.assert_red(('book/setup.md', 5), 'only a chapter')

    def test_a_chapter_without_a_page(self):
        os.remove(self.path(THREE))
        self.assert_red((THREE, 1), 'the chapter of 03-count/ is missing')

    test_a_dead_link = fault(FRONT, '(01-hello.md)', '(01-helo.md)',
                             '01-helo', 'there is no book/01-helo.md')
    test_a_dead_anchor = fault(
        TWO, '(#a-greeting-with-a-name)', '(#a-greeting)', 'Nothing is',
        'has no heading #a-greeting (but #a-greeting-with-a-name)')
    test_an_image_that_is_not_there = fault(
        TWO, '', '\n<img src="b.png" alt="B">\n', 'b.png', 'no image b.png')

    def test_an_image_without_words(self):
        self.write('book/figures/a.svg', '<svg/>')
        self.append(TWO, '\n![A](figures/a.svg)\n')
        self.assert_green()
        self.append(TWO, '\n![](figures/a.svg)\n')
        self.assert_red((TWO, self.line_of(TWO, '![](')), 'alternative')


class PromiseTest(PageCase):
    """Checkpoints as sentences."""

    test_a_command_that_is_not_understood = fault(
        THREE, '`sh count.sh` prints `3`', 'Now `sh count.sh` is great',
        'is great', 'not understood: "Now `sh count.sh` is great"')
    test_a_clause_with_more_words = fault(
        THREE, 'prints `3`.', 'prints `3`, and that is enough.', 'enough',
        'not understood: "that is enough"')
    test_nothing_to_prove = fault(
        THREE, '`sh count.sh` prints `3`', 'The `kernel` is great',
        'is great', 'promises nothing that can be proven')
    test_a_colour_that_is_none = fault(
        TWO, 'in light grey on black', 'in mauve', ('in mauve', 1, -1),
        '`mauve` is not a colour of the VGA')
    test_a_falling_number = fault(THREE, 'Checkpoint 3.40',
                                  'Checkpoint 3.05', '3.05', 'after 3.10')
    test_a_repeated_number = fault(
        THREE, 'Checkpoint 3.40', 'Checkpoint 3.10', ('3.10', 2),
        'checkpoint 3.10 is there twice, first in line')
    test_no_number = fault(THREE, 'Checkpoint 3.40', 'Checkpoint',
                           '**Checkpoint**', 'has a number')
    test_a_number_of_another_chapter = fault(
        THREE, 'Checkpoint 3.40', 'Checkpoint 4.40', '4.40',
        'is not of chapter 3')
    test_a_checkpoint_that_is_no_quote = fault(
        THREE, '> **Checkpoint 3.40', '**Checkpoint 3.40', '3.40',
        'a checkpoint is a quote', only=False)

    def test_a_chapter_that_does_not_end_with_a_checkpoint(self):
        self.change(THREE, '> **Checkpoint 3.40** — `make` builds without '
                    'a warning.\n', '')
        out = self.assert_red((THREE, self.line_of(THREE, '**Given')),
                              'does not end with a checkpoint')
        self.assertIn('warning: the section "A test" has listings but no '
                      'checkpoint', out)


class FieldTest(PageCase):
    """What is wrong with the place, not with the book."""

    def test_line_ends_of_dos(self):
        self.write(TWO, self.read(TWO).replace('\n', '\r\n'))
        with self.assertRaisesRegex(Complaint, 'core.autocrlf false'):
            self.check()

    def test_as_a_program(self):
        tool = os.path.join(os.path.dirname(os.path.dirname(
            os.path.dirname(os.path.abspath(__file__)))), 'book.py')

        def run(root, **environment):
            return subprocess.run(
                [sys.executable, tool, '--root', root, 'check', '--no-run'],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                check=False, env=dict(os.environ, **environment))

        done = run(self.root, LC_ALL='C', PYTHONIOENCODING='latin-1')
        self.assertEqual((done.returncode, done.stdout.count(b'\n')), (0, 1))
        done = run(os.path.join(self.root, 'book'))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'has no directory book/', done.stdout)
        self.change(TWO, 'goto away;', 'x' * 73 + '\x07')
        done = run(self.root)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'74 columns', done.stdout)


if __name__ == '__main__':
    unittest.main()
