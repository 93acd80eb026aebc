"""The toy book, to be spoilt: what the tests of the proof have in common.

The toy book (toy-book/ beside this directory) has three chapters of hosted
C, a side page, and a stub of tools/qemu.py, so a proof of it takes a
second.  A fault is an edit of it and the error that must name its place.
"""

import contextlib
import io
import os
import shutil
import sys
import tempfile
import unittest
from unittest import mock

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.dirname(TESTS))

from book.proving import versions  # noqa: E402
from book.proving.check import Check  # noqa: E402
from common import files  # noqa: E402

TOY = os.path.join(TESTS, 'toy-book')
HERE_NOW = versions.installed()
ONE, TWO, THREE, FRONT, LOUD = (
    'book/%s.md' % name for name in ('01-hello', '02-greet', '03-count',
                                     'README', 'side/loud'))


class BookCase(unittest.TestCase):
    """A copy of the toy book for each test."""

    options = {}                # of Check.run

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
        return files.read_text(self.path(name))

    def write(self, name, text):
        files.write(self.path(name), text)

    def append(self, name, text):
        self.write(name, self.read(name) + text)

    def change(self, name, old, new):
        """Replaces the only place that has `old`."""
        text = self.read(name)
        self.assertEqual(text.count(old), 1, 'once in %s: %r' % (name, old))
        self.write(name, text.replace(old, new))

    def line_of(self, name, text, nth=1):
        """The number of the nth line that has a text."""
        found = [n for n, line in enumerate(self.read(name).split('\n'), 1)
                 if text in line]
        self.assertGreaterEqual(len(found), nth, text)
        return found[nth - 1]

    def check(self, chapter=None, **options):
        """The report and the summary of a check."""
        with contextlib.redirect_stdout(io.StringIO()), \
                mock.patch.object(versions, 'installed',
                                  return_value=dict(HERE_NOW)):
            proof = Check(self.root, chapter)
            summary = proof.run(**(options or self.options))
        return proof.report, summary

    def assert_red(self, where, *words, chapter=None, only=True):
        """The check fails, with an error at the place; all words are in
        the report; by default there is no second error."""
        report, summary = self.check(chapter)
        out = '\n'.join(report.lines())
        errors = [(p.page, p.line) for p in report.errors()]
        self.assertIn(where, errors, out)
        for text in words:
            self.assertIn(text, out)
        if only:
            self.assertEqual(len(errors), 1, out)
        self.assertNotIn('true', summary)
        return out

    def assert_green(self, chapter=None, **options):
        """The check succeeds; returns its lines and the summary."""
        report, summary = self.check(chapter, **options)
        out = '\n'.join(report.lines() + [summary])
        self.assertEqual(report.errors(), [], out)
        return out


def fault(page, old, new, at, words, only=True):
    """A test: this edit is an error in the line that has `at`, a text or
    (text, nth) or (text, nth, lines below)."""
    def test(self):
        if old:
            self.change(page, old, new)
        else:
            self.append(page, new)
        text, nth, below = (at if isinstance(at, tuple) else (at,)) + \
            (1, 0)[len(at) - 1 if isinstance(at, tuple) else 0:]
        self.assert_red((page, self.line_of(page, text, nth) + below), words,
                        chapter=os.path.basename(page)[:-3], only=only)
    return test
