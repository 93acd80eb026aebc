"""The small book: three short chapters and a side page, in git.

Its pages are in small-book/ beside this directory; the chapters are made
from them.  A test edits them as a person would; afterwards the listings
must lead to the directories again.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(TESTS))
sys.path.insert(0, os.path.join(ROOT, 'tools'))

from book.maintaining.propagate import propagate  # noqa: E402
from book.proving.check import Check  # noqa: E402
from book.reading import forms  # noqa: E402
from book.reading.replay import apply, read_book  # noqa: E402
from book.reading.report import Report  # noqa: E402
from book.reading.tree import Tree, write_tree  # noqa: E402
from common import files  # noqa: E402
from common.terminal import Complaint  # noqa: E402

CHAPTERS = '01-one', '02-two', '03-three'


class Case(unittest.TestCase):
    """A copy of the book for each test."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix='small book ')
        self.addCleanup(place.cleanup)
        self.root = os.path.join(place.name, 'a book')
        self.copy()
        self.git('init', '-q')
        self.commit()

    def copy(self):
        shutil.copytree(os.path.join(TESTS, 'small-book'), self.root)
        self.write('.gitignore', 'build/\n')
        for name in CHAPTERS:
            os.makedirs(self.path(name))
        self.make_directories()

    def make_directories(self, only=CHAPTERS):
        """The chapters that the pages lead to."""
        book, tree = read_book(self.root, Report()), Tree()
        for name in book.chapters[:book.chapters.index(only[-1]) + 1]:
            for item in book.items[book.page_of(name)]:
                if isinstance(item, forms.LISTINGS):
                    apply(tree, item)
            if name in only:
                given = [item.path for item in book.items[book.page_of(name)]
                         if isinstance(item, forms.Given)]
                for path in files.below(self.path(name), given):
                    os.remove(self.path(name + '/' + path))
                write_tree(tree.snapshot(), self.path(name))
                self.write(name + '/README.md', name)

    def path(self, name):
        return os.path.join(self.root, name)

    def read(self, name):
        return files.read_text(self.path(name))

    def write(self, name, text):
        files.write(self.path(name), text)

    def change(self, name, old, new):
        """Replaces the only place that has `old`."""
        text = self.read(name)
        self.assertEqual(text.count(old), 1, text)
        self.write(name, text.replace(old, new))

    def git(self, *arguments, place=None):
        return subprocess.run(
            ['git', '-c', 'user.name=t', '-c', 'user.email=t', '-C',
             place or self.root, *arguments], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode()

    def commit(self):
        self.git('add', '-A')
        self.git('commit', '-qm', 'book')

    def changed(self):
        """The files that differ from the commit."""
        self.git('add', '-AN')
        return self.git('diff', 'HEAD', '--name-only').split()

    def run_it(self, work, *arguments, status=0, **options):
        """What a command prints, or complains of with status 1."""
        out, found = io.StringIO(), None
        with contextlib.redirect_stdout(out):
            try:
                found = work(self.root, *arguments, **options)
            except Complaint as reason:
                found = 1
                print(reason)
        self.assertEqual(found or 0, status, out.getvalue())
        return out.getvalue()

    def propagate(self, status=0, **options):
        return self.run_it(propagate, status=status, **options)

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
