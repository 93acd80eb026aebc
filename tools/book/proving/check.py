"""`make check-book`: the whole book, from nothing to its last screen."""

import os
import re

from ..reading import forms
from ..maintaining.diffs import check_diffs
from .links import check_links
from ..reading.replay import (CHAPTER, check_checkpoints, check_excerpt,
                     chapter_before, compare, read_book, replay)
from ..reading.report import Report
from .runs import READER, Point, Runner
from ..reading.tree import Tree, read_tree


class Check:
    """One run over the book, or over one chapter or other page of it."""

    def __init__(self, root, chapter=None):
        self.report = Report()
        self.root = root
        self.book = read_book(root, self.report)
        self.points = []
        self.chapters = [c for c in self.book.chapters if not chapter
                         or c == chapter or c[:2] == chapter.zfill(2)]
        self.pages = [self.book.page_of(c) for c in self.chapters]
        self.pages += [name for name in self.book.others() if not chapter
                       or name == 'book/%s.md' % chapter]
        if not self.pages:
            raise SystemExit('book: there is no chapter %s' % chapter)

    def run(self, run=True, **options):
        """Everything; returns the summary line."""
        trees = []
        for chapter in self.chapters:
            trees = self.chapter(chapter, trees)
        for name in self.pages:
            if name in self.book.pages and name in self.book.others():
                self.other_page(name)
        # A chapter that is not true is told already, and makes its diff
        # and the next one's stale.
        if not self.report.errors():
            check_diffs(self.root, self.chapters, self.report)
        check_links(self.book, self.report,
                    [n for n in self.pages if n in self.book.pages])
        self.drop_other_pages()
        runner = None
        if run:
            runner = Runner(self.root, self.report, **options)
            runner.run(self.points)
        return self.summary(runner)

    def drop_other_pages(self):
        """Only what was asked for is reported."""
        self.report.problems = [p for p in self.report.problems
                                if p.page in self.pages
                                or p.page not in self.book.pages]

    # --- Chapters --------------------------------------------------------

    def chapter(self, chapter, trees):
        """Goes through one chapter from one of the trees that the one
        before may have ended with; returns those of this one."""
        page = self.book.page_of(chapter)
        if page not in self.book.pages:
            self.report.error(page, 1, 'the chapter of %s/ is missing'
                              % chapter)
            return []
        attempts = [self.attempt(chapter, tree) for tree in
                    trees or [chapter_before(self.book, chapter)]]
        report, points, tree = min(
            attempts, key=lambda attempt: len(attempt[0].errors()))
        check_checkpoints(self.book, chapter, self.report)
        self.report.problems += report.problems
        self.points += points.done
        if not report.errors():
            return [tree]
        # Who is wrong, the book or the directory? The next chapter goes on
        # from what suits it better, so that one error stays one.
        there = read_tree(os.path.join(self.root, chapter), chapter)
        return [there] if tree.broken else [tree, there]

    def attempt(self, chapter, tree):
        """One chapter from one tree: (report, points to run, tree)."""
        report, page = Report(), self.book.page_of(chapter)
        points = Points(self.book, page, chapter, report)
        tree = tree.copy()
        for item, tree in replay(self.book, chapter, tree, report):
            if isinstance(item, forms.Excerpt):
                check_excerpt(self.book, tree, item, page, report)
            points.take(item, tree)
        points.end()
        compare(self.book, chapter, tree, report)
        return report, points, tree

    def other_page(self, name):
        """A page that is no chapter: the reader's tree is the last one's."""
        tree = Tree()
        if self.book.chapters:
            chapter = self.book.chapters[-1]
            tree = read_tree(os.path.join(self.root, chapter), chapter)
        points = Points(self.book, name, os.path.basename(name)[:-3],
                        self.report)
        for item in self.book.items[name]:
            if isinstance(item, forms.LISTINGS):
                self.report.error(name, item.line, 'only a chapter changes '
                                  'the tree')
            elif isinstance(item, forms.Promise) and item.chapter:
                self.report.error(name, item.line, 'only a chapter numbers '
                                  'its checkpoints')
            elif isinstance(item, forms.Excerpt):
                check_excerpt(self.book, tree, item, name, self.report)
            else:
                points.take(item, tree)
        self.points += points.done

    # --- The end ---------------------------------------------------------

    def summary(self, runner):
        counts = [
            (len([p for p in self.pages if CHAPTER.match(p[5:-3])
                  and p in self.book.pages]), 'chapter'),
            (self.count(*forms.LISTINGS), 'listing'),
            (self.count(forms.Promise), 'checkpoint'),
            (self.count(forms.Transcript), 'transcript'),
            (self.count(forms.Screen), 'screen'),
        ]
        text = 'book: ' + ', '.join(number(*c) for c in counts)
        errors = len(self.report.errors())
        warnings = len(self.report.warnings())
        verdict = number(errors, 'error') if errors else 'all true'
        if runner is None and not errors:
            verdict = 'listings true, nothing was run'
        elif runner is not None and runner.other_versions:
            warnings -= runner.other_versions
            verdict += ', %s of another version' % number(
                runner.other_versions, 'transcript')
        if warnings:
            verdict += ', ' + number(warnings, 'warning')
        return '%s: %s' % (text, verdict)

    def count(self, *kinds):
        return sum(isinstance(item, kinds) for page in self.pages
                   for item in self.book.items.get(page, []))


def number(count, word):
    return '%d %s%s' % (count, word, '' if count == 1 else 's')


class Points:
    """Collects what is to be run on a page, by state of the tree."""

    def __init__(self, book, page, name, report):
        self.book, self.page, self.name = book, page, name
        self.report = report
        self.done, self.open = [], {}

    def take(self, item, tree):
        if isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
            self.open = {}          # another state of the tree
        elif tree.broken:
            return                  # what runs there would say nothing
        elif isinstance(item, (forms.Transcript, forms.Screen,
                               forms.Promise)):
            where = getattr(item, 'where', None)
            point = self.open.get(where) or self.new(where, item, tree)
            if point:
                point.items.append(item)

    def end(self):
        """The chapter's last state is the one that is now open."""
        for point in self.open.values():
            point.last = True

    def new(self, where, item, tree):
        name = '%s-%d' % (self.name, item.line)
        if where is None:
            trees, home = {READER: tree.snapshot()}, READER
            if reads_chapters(item):
                trees.update(self.chapter_trees())
        elif where == '.':
            trees, home = self.chapter_trees(), '.'
            trees[READER] = tree.snapshot()
        elif where in self.book.chapters:
            trees, home = {where: self.chapter_tree(where)}, where
        else:
            self.report.error(self.page, item.line, 'there is no chapter '
                              '`%s`' % where)
            return None
        point = Point(self.page, name, trees, home)
        self.open[where] = point
        self.done.append(point)
        return point

    def chapter_tree(self, chapter):
        directory = os.path.join(self.book.root, chapter)
        return read_tree(directory, chapter, skip=()).snapshot()

    def chapter_trees(self):
        return {c: self.chapter_tree(c) for c in self.book.chapters}


def reads_chapters(item):
    """Whether a transcript looks at the chapters beside the tree."""
    return any(re.search(r'\b\d\d-[a-z]|\bmake\b.*\b(diff|new)\b', c.text)
               for c in getattr(item, 'commands', []))
