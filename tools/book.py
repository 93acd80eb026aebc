#!/usr/bin/env python3
"""Proves that the book is true.

    python3 tools/book.py check [--chapter 03] [--no-run] [--jobs N]
    python3 tools/book.py step 3.40 [DIRECTORY]
    python3 tools/book.py mine DIRECTORY [3.40]
    python3 tools/book.py propagate [--dry-run]
    python3 tools/book.py history [DIRECTORY]
    python3 tools/book.py diffs

`check` (make check-book) does what a reader does: it applies every
listing of every chapter, starting from nothing, and each chapter must
end with exactly the files of its directory. It builds after each listing,
looks at what every checkpoint shows, runs every transcript, and boots
what the book shows a screen of. Errors name the line to mend:

    book/03-vga.md:120: message

`step` writes the exact tree at a checkpoint to build/steps/, or brings a
directory of your own there, after it has saved what was in it.

`mine` tells where in the book a directory of your own is, and the first
place in it that is not as the book says. It changes nothing there.

`propagate` takes an edit of one chapter's directory, not committed yet,
into the listings that wrote those lines and into every later chapter.

`history` makes a git repository with a commit for each listing, to be
read with `git log -p` or searched with `git bisect`; `diffs` writes what
each chapter changes to book/diffs/.

tools/book/forms.md explains the forms that the book is written in.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from book.maintaining.diffs import diffs  # noqa: E402
from book.maintaining.propagate import propagate  # noqa: E402
from book.proving.check import Check  # noqa: E402
from book.reader.mine import mine  # noqa: E402
from book.reader.publish import publish  # noqa: E402
from book.reader.step import step  # noqa: E402
from common import files, terminal  # noqa: E402


def work(arguments=None):
    """Does one command; returns the exit status."""
    options = parser().parse_args(arguments)
    root = os.path.abspath(options.root)
    if options.command == 'step':
        step(root, options.name, options.directory)
    elif options.command == 'mine':
        mine(root, options.directory, options.name)
    elif options.command == 'history':
        publish(root, options.directory)
    elif options.command == 'diffs':
        diffs(root)
    elif options.command == 'propagate':
        return propagate(root, options.action, options.dry_run,
                         options.staged)
    elif options.command == 'check':
        return check(root, options)
    else:
        parser().print_help()
        return 2
    return 0


def check(root, options):
    proof = Check(root, options.chapter)
    summary = proof.run(run=not options.no_run, jobs=options.jobs)
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
    commands = result.add_subparsers(dest='command', metavar='COMMAND')
    one = commands.add_parser('check', help='prove the book')
    one.add_argument('--chapter', metavar='NN', help='this chapter only, '
                     'from the directory of the one before, or another '
                     'page (setup, recursive)')
    one.add_argument('--jobs', type=int, help='how many runs at the same '
                     'time (default: one more than there are processors)')
    one.add_argument('--no-run', action='store_true',
                     help='apply and compare, but run nothing')
    one = commands.add_parser('step', help='the tree at a checkpoint')
    one.add_argument('name', metavar='STEP', help='a checkpoint: 3.40')
    one.add_argument('directory', nargs='?', metavar='DIRECTORY',
                     help='your own kernel, to be brought there')
    one = commands.add_parser('mine', help='where a directory of your own '
                              'is, and the first difference')
    one.add_argument('directory', metavar='DIRECTORY', nargs='?',
                     default='', help='your own kernel')
    one.add_argument('name', nargs='?', metavar='STEP', help='compare with '
                     'this checkpoint, not with the nearest')
    one = commands.add_parser('history', help='a git repository with a '
                              'commit for each listing')
    one.add_argument('directory', metavar='DIRECTORY', nargs='?',
                     default='', help='default: build/history')
    commands.add_parser('diffs', help='write book/diffs/')
    one = commands.add_parser('propagate', help='carry the edit of one '
                              'chapter through the book')
    one.add_argument('--dry-run', action='store_true',
                     help='print what would change, and change nothing')
    one.add_argument('--staged', action='store_true', help='the edit is '
                     'what is not staged, instead of not committed')
    action = one.add_mutually_exclusive_group()
    action.add_argument('--continue', dest='action', action='store_const',
                        const='continue', default='',
                        help='go on after a conflict was resolved')
    action.add_argument('--abort', dest='action', action='store_const',
                        const='abort', default='',
                        help='forget a run with a conflict')
    return result


if __name__ == '__main__':
    terminal.main('book', work)
