#!/usr/bin/env python3
"""Proves that the book is true, and finds the way for its readers.

    python3 tools/book.py check [--chapter 03] [--no-run] [--jobs N]

`check` (make check-book) does what a reader does: it applies every
listing of every chapter, starting from nothing, and each chapter must
end with exactly the files of its directory. It builds after each listing,
looks at what every checkpoint shows, runs every transcript, and boots
what the book shows a screen of. Errors name the line to mend:

    book/03-vga.md:120: message

For readers:

    python3 tools/book.py mine [DIRECTORY [3.40]]
    python3 tools/book.py take [DIRECTORY [3.40]]
    python3 tools/book.py show FILE [--step 3.40] [DIRECTORY]
    python3 tools/book.py step 3.40 [DIRECTORY]
    python3 tools/book.py history [DIRECTORY]

For maintainers:

    python3 tools/book.py propagate [--page 03 | --only-trees 03] ...
    python3 tools/book.py diffs
    python3 tools/book.py budget

tools/book/forms.md explains the forms that the book is written in.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from book.maintaining.budget import budget  # noqa: E402
from book.maintaining.diffs import diffs  # noqa: E402
from book.maintaining.history import history  # noqa: E402
from book.maintaining.propagate import propagate  # noqa: E402
from book.reader.mine import mine  # noqa: E402
from book.reader.step import step  # noqa: E402
from book.reader.take import show, take  # noqa: E402
from common import files, terminal  # noqa: E402


def work(arguments=None):
    """Does one command; returns the exit status."""
    options = vars(parser().parse_args(arguments))
    command, root = options.pop('command'), os.path.abspath(
        options.pop('root'))
    if not command:
        parser().print_help()
        return 2
    return command(root, **options) or 0


def check(root, chapter, jobs, no_run):
    from book.proving.check import Check    # the others need no machine
    proof = Check(root, chapter)
    summary = proof.run(run=not no_run, jobs=jobs)
    for line in proof.report.lines():
        terminal.say(terminal.visible(line))
    terminal.say(summary)
    return 1 if proof.report.errors() else 0


def parser():
    result = argparse.ArgumentParser(
        prog='book.py', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument('--root', default=files.ROOT,
                        help='the repository (default: this one)')
    result.set_defaults(command=None)
    commands = result.add_subparsers(metavar='COMMAND')

    def command(work, words):
        one = commands.add_parser(work.__name__, help=words)
        one.set_defaults(command=work)
        return one

    def place(one, words):
        one.add_argument('place', metavar='DIRECTORY', nargs='?',
                         default='', help=words)

    one = command(check, 'prove the book')
    one.add_argument('--chapter', metavar='NN', help='this chapter only, '
                     'from the directory of the one before, or another '
                     'page (setup, recursive)')
    one.add_argument('--jobs', type=int, help='how many runs at the same '
                     'time (default: one more than there are processors)')
    one.add_argument('--no-run', action='store_true',
                     help='apply and compare, but run nothing')
    one = command(mine, 'where a directory of your own is, and the first '
                  'difference')
    place(one, 'your own kernel (default: the only my-*)')
    one.add_argument('step', nargs='?', metavar='STEP', help='compare with '
                     'this checkpoint, not with the nearest')
    one = command(take, 'write the given files that are due')
    place(one, 'your own kernel (default: the only my-*)')
    one.add_argument('step', nargs='?', metavar='STEP', help='up to this '
                     'checkpoint (3.40), or at the beginning of a side page '
                     '(recursive)')
    one = command(show, 'print a file as it is at a checkpoint')
    one.add_argument('name', metavar='FILE', help='src/kernel/main.c')
    place(one, 'your own kernel; its place in the book counts')
    one.add_argument('--step', metavar='STEP', help='a checkpoint: 3.40')
    one = command(step, 'the tree at a checkpoint')
    one.add_argument('name', metavar='STEP', help='a checkpoint: 3.40')
    place(one, 'your own kernel, to be brought there')
    place(command(history, 'a git repository with a commit for each '
                  'listing'), 'default: build/history')
    command(diffs, 'write book/diffs/')
    command(budget, 'what each page asks of a reader, in figures')
    one = command(propagate, 'carry the edit of one chapter through the '
                  'book')
    what = one.add_mutually_exclusive_group()
    what.add_argument('--page', metavar='NN', help='the page and the '
                      'directory of a chapter were written anew')
    what.add_argument('--only-trees', metavar='NN', help='carry the edit '
                      'into directories only')
    what.add_argument('--abort', action='store_true',
                      help='forget a run with conflicts')
    one.add_argument('--since', metavar='REVISION', default='HEAD',
                     help='where git has the chapter as it was (HEAD)')
    one.add_argument('--dry-run', action='store_true',
                     help='print what would change, and change nothing')
    return result


if __name__ == '__main__':
    terminal.main('book', work)
