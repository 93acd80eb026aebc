"""What a page promises is run: transcripts, checkpoints, screens, builds.

    python3 tools/tests/book/test_runs.py
"""

import os
import re
import signal
import subprocess
import sys
import unittest
from unittest import mock

from toybook import (FRONT, HERE_NOW, LOUD, ONE, THREE, TOY, TWO, BookCase,
                     fault)

from book.proving import boot, match, runs, sessions, versions, walk
from common import waiting


class GreenTest(BookCase):
    def test_the_toy_book_is_true(self):
        self.assertEqual(self.assert_green(), 'book: 3 chapters, 1 side '
                         'page, 17 listings, 6 checkpoints, 5 transcripts, '
                         '4 screens: all true')
        self.assertEqual(sorted(os.listdir(self.path('build'))),
                         ['book', 'memory'])
        self.assertEqual(os.listdir(self.path('build/book')), ['screens'])

    def test_what_was_true_is_remembered(self):
        self.assert_green()
        with mock.patch('book.proving.runs.sessions.run_command') as run:
            self.assert_green()
        run.assert_not_called()
        self.change(THREE, 'prints `3`', 'prints `4`')
        for _ in range(2):      # but not what was false
            self.assert_red((THREE, self.line_of(THREE, 'prints `4`')),
                            'no line of its output has that')

    def test_a_changed_rule_runs_everything_again(self):
        self.assert_green()
        self.change('common.mk', '-Wall -Wextra', '-Wall')
        with mock.patch('book.proving.runs.sessions.run_command',
                        side_effect=sessions.run_command) as run:
            self.assert_green()
        self.assertGreater(run.call_count, 30)

    def test_one_chapter_starts_from_the_directory_before(self):
        self.change(ONE, 'puts("Hello");', 'puts("Other");')
        self.assertIn('book: 1 chapter, 6 listings', self.assert_green('02'))
        self.assertIn('1 side page, 2 listings', self.assert_green('loud'))
        self.assertIn('3 transcripts', self.assert_green('README'))

    def test_an_outer_make_does_not_reach_in(self):
        with mock.patch.dict(os.environ, MAKEFLAGS='n', MAKELEVEL='3',
                             CFLAGS='-Werror', TERM='xterm',
                             LC_ALL='de_DE.UTF-8'):
            self.assert_green()


class BuildTest(BookCase):
    """Which states build, and what is said of those that do not."""

    PAUSE = "*The kernel won't build until `src/greet.c` below.*\n"

    def main_line(self):
        return self.line_of(TWO, '+    part();') - 5

    def test_no_announcement(self):
        self.change(TWO, self.PAUSE, '')
        self.assert_red((TWO, self.main_line()), 'does not build after this '
                        'listing, and nothing above says so', 'part')

    def test_an_announcement_that_comes_too_early(self):
        self.change(TWO, self.PAUSE, '')
        self.change(TWO, '1. The main', self.PAUSE + '\n1. The main')
        self.assert_red((TWO, self.line_of(TWO, "won't build")), 'announced, '
                        'but the kernel builds after the next listing')

    def test_an_announcement_that_ends_too_early(self):
        self.change(TWO, '`src/greet.c` below', '`src/greet.h` below')
        self.assert_red((TWO, self.line_of(TWO, "won't build")), 'does not '
                        'build where it is promised', only=False)

    def test_an_announcement_of_a_checkpoint(self):
        self.change(TWO, '`src/greet.c` below', 'checkpoint 2.20, at the end')
        self.assert_green()
        self.change(TWO, 'until checkpoint 2.20', 'until checkpoint 2.30')
        self.assert_red((TWO, self.line_of(TWO, "won't build")),
                        'no such checkpoint', only=False)

    def test_the_page_shows_how_it_fails(self):
        self.change(TWO, self.PAUSE, '')
        self.change(TWO, '```diff\n--- a/src/greet.h', '```console\n$ make\n'
                    '...\n...Error 1\n```\n\n```diff\n--- a/src/greet.h')
        # Said for this state; the next one does not build either.
        self.assert_red((TWO, self.line_of(TWO, '--- a/src/greet.h') - 1),
                        'does not build after this listing')

    def test_code_that_does_not_build_at_a_checkpoint(self):
        self.change(TWO, '+void part(void);\n', '+void part(int);\n')
        self.change('02-greet/src/greet.h', 'part(void)', 'part(int)')
        self.assert_red((TWO, self.line_of(TWO, 'Checkpoint 2.20')),
                        'does not build (`make`)', "conflicting types for "
                        "'part'", chapter='2', only=False)

    def test_a_warning(self):
        # It was compiled two listings ago, and warned only then.
        for name in (THREE, '03-count/src/start.c'):
            self.change(name, 'greet("you");', 'int unused; greet("you");')
        self.change(THREE, '> **Checkpoint 3.10', '**New file: `b`**\n\n'
                    '```text\nb\n```\n\n**Delete file: `b`**\n\n'
                    '> **Checkpoint 3.10')
        self.assert_red((THREE, self.line_of(THREE, 'point 3.10')),
                        'builds with a warning (`make`)', 'unused variable',
                        only=False)

    test_an_image_that_does_not_build = fault(
        THREE, 'serial line of `tests/good.c`', 'serial line of `tests/b.c`',
        ('tests/b.c', 1, 2), 'does not build')

    def test_before_there_is_a_makefile(self):
        self.change(ONE, '# Hello\n', '# Hello\n\n> **Checkpoint 1.05** — '
                    '`echo a` prints `a`.\n')
        self.assert_green()
        self.change(ONE, '`echo a` prints `a`.',
                    '`make` builds without a warning')
        self.assert_red((ONE, 3), 'does not build')


class CheckpointTest(BookCase):
    test_a_text_that_is_not_there = fault(
        TWO, 'shows `Bye`', 'shows `Adieu`', 'Checkpoint 2.20',
        'checkpoint 2.20: `make run` does not show `Adieu` in light grey on '
        'black on the last line: it is not there (after 0 s)\n     1| Hello, '
        'World\n     2| Bye')
    test_an_untrue_colour = fault(
        TWO, 'in light grey on black', 'in yellow', 'Checkpoint 2.20',
        'it is in light grey on black')
    test_an_untrue_line = fault(
        TWO, 'on line 1,', 'on line 2,', 'Checkpoint 2.10',
        'on line 2: it is not there')
    test_an_untrue_exit = fault(
        TWO, 'make nothing`\n> fails with', 'make all`\n> fails with',
        'Checkpoint 2.20', 'it does not fail')
    test_a_command_that_fails = fault(
        THREE, '`sh count.sh` prints', '`sh count` prints', '`sh count`',
        'it fails with exit status')
    test_a_side_page = fault(LOUD, '`Hello, WORLD`', '`Hello, world`',
                             'Checkpoint', 'checkpoint loud.10: `make run` '
                             'does not show `Hello, world`')

    def test_free_prose_around_what_is_proven(self):
        for text in ('Run `make run` and you see `Bye`. It took `part`.',
                     'Done! With `make run` you\'ll see `Bye` in light grey; '
                     '`make run` says `Bye`.'):
            with self.subTest(text):
                self.setUp()
                self.change(THREE, '`make` builds without a warning', text)
                self.assert_green('03')
                self.change(THREE, 'see `Bye`', 'see `By by`')
                self.assert_red((THREE, self.line_of(THREE, 'By by')),
                                'it is not there', chapter='03')

    def test_a_page_that_is_no_chapter(self):
        self.append(FRONT, '\n> **Checkpoint** — `make run` shows `Adieu`.\n')
        self.assert_red((FRONT, self.line_of(FRONT, 'Adieu')),
                        'it is not there')


class TranscriptTest(BookCase):
    RUN = '$ make run\nHello\n'

    def test_a_transcript_that_no_longer_holds(self):
        self.change(ONE, self.RUN, '$ make run\nHullo\n')
        out = self.assert_red((ONE, self.line_of(ONE, 'Hullo')),
                              '`make run` says something else')
        self.assertRegex(out, r'! Hullo +\| Hello')
        # What failed can be looked at, until it is mended.
        kept = re.search(r'what ran is in (\S+)\)', out).group(1)
        self.assertTrue(os.path.isfile(self.path(
            kept + '/my-kernel/src/main.c')))
        self.change(ONE, '$ make run\nHullo\n', self.RUN)
        self.assert_green()
        self.assertEqual(os.listdir(self.path('build/book/failed')), [])

    test_output_that_is_missing = fault(
        ONE, RUN, RUN + 'and more\n', 'and more', 'says something else')
    test_too_much_output = fault(ONE, RUN, '$ make run\n', '$ make run',
                                 'says something else')
    test_a_file_that_is_left = fault(
        ONE, RUN, '$ echo x > a.out\n', ('status 127', 1, 1),
        'leaves `a.out` behind')
    test_a_changed_tree = fault(
        ONE, RUN, '$ echo >> Makefile\n', ('status 127', 1, 1),
        'changes `Makefile` in the tree')
    test_another_directory_at_the_end = fault(
        ONE, '$ cd ..\n' + RUN, '', ('status 127', 1, 1),
        'ends in another directory')
    test_no_command = fault(ONE, '$ make\n  CC', '# make\n  CC', '# make',
                            'begins with')
    test_a_page_that_is_no_chapter = fault(
        FRONT, 'start.c\n```', 'main.c\n```', 'main.c',
        '`ls src` says something else')

    def test_another_version_is_a_warning(self):
        self.change(ONE, self.RUN, '$ make run\nHullo\n')
        self.write('book/versions', 'gcc 1.2.3\nmake %s\n'
                   % HERE_NOW['make'])
        out = self.assert_green()
        self.assertIn('%s:%d: warning: other version (gcc %s)'
                      % (ONE, self.line_of(ONE, 'Hullo'), HERE_NOW['gcc']),
                      out)
        self.assertIn('1 transcript of another version', out)
        # Not where the tool is not used:
        self.change(ONE, '$ ls\nmain.c\n', '$ ls\nmain.o\n')
        self.assert_red((ONE, self.line_of(ONE, 'main.o')),
                        '`ls` says something else')

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

    def test_a_command_that_hangs(self):
        self.change(ONE, self.RUN, '$ sleep 60\n')
        with mock.patch('book.proving.sessions.LIMIT', 3):
            self.assert_red((ONE, self.line_of(ONE, '$ sleep 60')),
                            'still ran after', only=False)

    def test_neither_input_nor_terminal_but_variables(self):
        self.change(ONE, self.RUN, "$ cat; test -t 1 || echo no terminal, "
                    "$TERM, $LC_ALL, $MAKELEVEL\nno terminal, dumb, C,\n"
                    "$ text='a; b' other=c\n$ echo \"$text $other\"\n"
                    "a; b c\n")
        self.assert_green()

    def test_tests_run_once_for_a_state(self):
        self.append('common.mk', '\ntest:\n\t@echo "1 passed"\n')
        self.change(THREE, 'prints `3`.', 'prints `3`; `make test` ends '
                    'with `1 passed`; `make test` prints `passed`.')
        self.change(THREE, '> **Checkpoint 3.10', '```console\n$ make test\n'
                    '1 passed\n```\n\n> **Checkpoint 3.10')
        with mock.patch('book.proving.runs.sessions.run_command',
                        side_effect=sessions.run_command) as run:
            self.assert_green()
        calls = [call[0][0] for call in run.call_args_list]
        self.assertEqual(calls.count('make test'), 1)
        self.assertGreater(calls.count('make run'), 1)
        self.change(THREE, 'with `1 passed`', 'with `2 passed`')
        self.assert_red((THREE, self.line_of(THREE, '2 passed')),
                        'its last line is `1 passed`')


class ScreenTest(BookCase):
    TYPED = '*On the screen, after typing `%s`:*\n\n```text\n%s\n```\n\n'

    def typed(self, keys, *lines):
        """Adds a screen to the second chapter."""
        self.change(TWO, '## A farewell\n', self.TYPED % (
            keys, '\n'.join(lines)) + '## A farewell\n')

    def test_a_wrong_screen(self):
        self.change(TWO, 'Hello, ...', 'Hullo, ...')
        out = self.assert_red((TWO, self.line_of(TWO, 'Hullo')),
                              'the screen shows something else')
        self.assertRegex(out, r'! Hullo, \.\.\. +\| Hello, World')

    test_a_wrong_serial_line = fault(
        TWO, '```text\ngreeted', '```text\nparted', 'parted',
        'the serial line shows something else')
    test_other_flags = fault(TWO, 'with `-cpu qemu32`', 'with `-cpu max`',
                             ('```text', 2, 1), 'shows something else')
    test_rows_that_are_not_shown = fault(
        TWO, '```text\nHello, ...\n', '```text\n', ('*On the screen:*', 1, 3),
        'the screen shows something else')

    def test_a_screen_after_typing(self):
        self.typed('Hi<enter>', 'Hello, ...', 'typed Hi<enter>')
        self.assert_green()
        self.change(TWO, 'after typing `Hi<', 'after typing `Ho<')
        self.assert_red((TWO, self.line_of(TWO, 'typed Hi')),
                        'the screen shows something else')

    def test_a_screen_after_typing_with_flags(self):
        for between in ('a`, with `-cpu qemu32', 'a` with `-cpu qemu32'):
            with self.subTest(between):
                self.setUp()
                self.typed(between, 'ERR: 2', 'typed a')
                self.assert_green('02')

    def test_a_key_that_is_none(self):
        self.typed('a<entre>', 'x')
        self.assert_red((TWO, self.line_of(TWO, '<entre>')),
                        'cannot type `a<entre>`: there is no key <entre>',
                        only=False)

    def test_a_checkpoint_after_typing(self):
        self.change(TWO, '`greeted` on the serial line;',
                    '`greeted` on the serial line; `make run` shows '
                    '`typed ab` on the last line after typing `ab`, and '
                    '`Hello`; `make run` shows `typed abc` after typing '
                    '`abc`, and `typed abc` on line 9;')
        self.assert_red((TWO, self.line_of(TWO, '**Checkpoint 2.10')),
                        '`make run` does not show `typed abc` on line 9 after'
                        ' typing `abc`: it is not there')

    def test_a_kernel_that_does_not_come_to_rest(self):
        self.typed('ab`, with `restless', '...')
        self.assert_red((TWO, self.line_of(TWO, '`restless`') + 2),
                        'QEMU: it does not come to rest')

    def test_one_boot_for_keys_that_go_on(self):
        self.assertEqual(walk.chains({'': 1, 'xy': 2, 'ab<up>': 3, 'ab': 4}),
                         [[('', 1), ('xy', 2)], [('ab', 4), ('ab<up>', 3)]])


class InterruptTest(BookCase):
    """A proof that is ended leaves nothing running and nothing behind."""

    def test_signals(self):
        self.change(ONE, '$ make run\nHello\n', '$ sleep 600.25\n')
        tool = os.path.join(os.path.dirname(os.path.dirname(TOY)), 'book.py')
        for number, left in ((signal.SIGINT, 0), (signal.SIGTERM, 0),
                             (signal.SIGKILL, 1)):
            proof = subprocess.Popen(
                [sys.executable, tool, '--root', self.root, 'check'],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            waiting.until(self.sleepers, 60, step=0.05)
            proof.send_signal(number)
            self.assertEqual(proof.wait(20), -9 if left else 130)
            if not left:
                self.assertEqual(self.sleepers(), [])
            self.assertEqual(len([
                name for name in os.listdir(self.path('build/book'))
                if name.startswith(('run-', 'failed'))]), left)
            for pid in self.sleepers():     # of the one that was killed
                os.kill(pid, signal.SIGKILL)
        self.change(ONE, '$ sleep 600.25\n', '')
        self.assert_green()
        self.assertEqual(os.listdir(self.path('build/book')), ['screens'])

    def sleepers(self):
        found = subprocess.run(['pgrep', '-f', '^sleep 600.25$'],
                               stdout=subprocess.PIPE, check=False).stdout
        return [int(word) for word in found.split()
                if os.path.realpath('/proc/%d/cwd' % int(word)).startswith(
                    os.path.realpath(self.root))]


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
                ([], ['a'], False),
                (['Hello...'], ['Hello'.ljust(70) + 'ticks: 1'], True),
                (['Hello'], ['Hello'.ljust(70) + 'ticks: 1'], False)):
            with self.subTest(expected=expected, actual=actual):
                self.assertEqual(match.first_difference(expected, actual)
                                 is None, fits)
        self.assertEqual(match.first_difference(
            ['a', 'b', 'c'], ['a', 'b', 'd']), (2, 2))

    def test_versions(self):
        for text, number in (
                ('gcc (Debian 12.2.0-14+deb12u1) 12.2.0\nmore', '12.2.0'),
                ('GNU ld (GNU Binutils for Debian) 2.40', '2.40'),
                ('NASM version 2.16.01 compiled on Jan 2', '2.16.01'),
                ('QEMU emulator version 7.2.22 (Debian 1:7.2)', '7.2.22'),
                ('grub-mkrescue (GRUB) 2.06-13+deb12u1', '2.06')):
            self.assertEqual(versions.number(text), number)

    def test_colours(self):
        for colour, fits in (((15, 4), True), ((15, 0), False),
                             ((15, None), True)):
            self.assertEqual(boot.fits(colour, [0x4f]), fits)

    def test_what_takes_long_comes_first(self):
        self.assertGreater(sessions.worth('make test'),
                           4 * sessions.worth('make test TEST=unit'))
        self.assertGreater(sessions.worth('make'), sessions.worth('ls src'))
        self.assertGreater(runs.URGENT, sessions.worth('make test'))


if __name__ == '__main__':
    unittest.main()
