"""`make check-book`: the whole book, from nothing to its last screen."""

import os

from common.terminal import Complaint

from ..maintaining.diffs import check_diffs
from ..reading import forms
from ..reading.replay import chapter_before, read_book, replay
from ..reading.report import Report
from ..reading.tree import Tree, read_tree
from .links import check_links
from .outline import check_excerpt, check_outline, compare
from .points import Collector
from .runs import Runner


class Check:
    """One run over the book, or over one chapter or other page of it."""

    def __init__(self, root, chapter=None):
        self.report = Report()
        self.root = root
        self.book = read_book(root, self.report)
        self.routes = []

        def wanted(page, *names):
            return not chapter or chapter.zfill(2) in names or \
                chapter in (os.path.basename(page)[:-len('.md')], *names)

        self.courses = [course for course in self.book.courses.values()
                        if wanted(course.page, course.number.zfill(2))]
        self.others = [page for page in self.book.others() if wanted(page)]
        self.pages = [course.page for course in self.courses] + self.others
        if not self.pages:
            raise Complaint('there is no chapter or page %s; for example '
                            '--chapter 03, --chapter setup' % chapter)

    def run(self, run=True, jobs=None):
        """Everything; returns the summary line."""
        trees = []
        for course in self.courses:
            trees = self.course(course, trees)
        for page in self.others:
            self.other_page(page)
        # A chapter that is not true is told already, and makes its diff
        # and the next one's stale.
        if not self.report.errors():
            check_diffs(self.root, [course.end for course in self.courses],
                        self.report)
        check_links(self.book, self.report,
                    [name for name in self.pages if name in self.book.pages])
        # Only what was asked for is reported.
        self.report.problems = [p for p in self.report.problems
                                if p.page in self.pages
                                or p.page not in self.book.pages]
        runner = Runner(self.root, self.report, jobs) if run else None
        if runner:
            runner.run(self.routes)
        return self.summary(runner)

    # --- Pages -----------------------------------------------------------

    def course(self, course, trees):
        """Goes through one course, a chapter from one of the trees that
        the one before may have ended with; returns those of this one."""
        if course.page not in self.book.pages:
            self.report.error(course.page, 1, 'the chapter of %s/ is missing'
                              % course.end)
            return []
        if not trees or not course.end:
            trees = [chapter_before(self.book, course.name)]
        report, route, tree = min(
            [self.attempt(course, tree) for tree in trees],
            key=lambda attempt: len(attempt[0].errors()))
        check_outline(self.book, course, self.report)
        self.report.take(report)
        self.routes.append(route)
        if not course.end:
            return []
        if not report.errors():
            return [tree]
        # Which is wrong, the book or the directory? The next chapter goes
        # on from what suits it better, so that one error stays one.
        there = read_tree(os.path.join(self.root, course.end), course.end)
        return [there] if tree.broken else [tree, there]

    def attempt(self, course, tree):
        """One course from one tree: (report, route, tree)."""
        report = Report()
        collector = Collector(self.book, course.page, course.name, tree,
                              report)
        for item, tree in replay(self.book, course.name, tree, report):
            if isinstance(item, forms.Excerpt):
                check_excerpt(self.book, tree, item, course.page, report)
            collector.take(item, tree)
        if course.end:
            compare(self.book, course, tree, report)
        return report, collector.route, tree

    def other_page(self, name):
        """A page that is no course: the reader's tree is the last one's."""
        tree = Tree()
        if self.book.chapters:
            chapter = self.book.chapters[-1]
            tree = read_tree(os.path.join(self.root, chapter), chapter)
        collector = Collector(self.book, name, os.path.basename(name)[:-3],
                              tree, self.report)
        for item in self.book.items[name]:
            if isinstance(item, forms.LISTINGS):
                self.report.error(name, item.line, 'only a chapter or a side '
                                  'page changes the tree')
            elif isinstance(item, forms.Promise) and item.course:
                self.report.error(name, item.line, 'only a chapter or a side '
                                  'page numbers its checkpoints')
            elif isinstance(item, forms.Excerpt):
                check_excerpt(self.book, tree, item, name, self.report)
            else:
                collector.take(item, tree)
        self.routes.append(collector.route)

    # --- The end ---------------------------------------------------------

    def summary(self, runner):
        chapters = [c for c in self.courses if c.page in self.book.pages]
        sides = len([c for c in chapters if not c.end])
        counts = [(len(chapters) - sides, 'chapter')]
        counts += [(sides, 'side page')] if sides else []
        counts += [(self.count(*forms.LISTINGS), 'listing'),
                   (self.count(forms.Promise), 'checkpoint'),
                   (self.count(forms.Transcript), 'transcript'),
                   (self.count(forms.Screen), 'screen')]
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
        old = sum(self.report.old[page] for page in self.pages)
        if old:
            verdict += ', %s of the first edition to mend' % number(
                old, 'place')
        return 'book: %s: %s' % (
            ', '.join(number(*entry) for entry in counts), verdict)

    def count(self, *kinds):
        return sum(isinstance(item, kinds) for page in self.pages
                   for item in self.book.items.get(page, []))


def number(count, word):
    return '%d %s%s' % (count, word, '' if count == 1 else 's')
