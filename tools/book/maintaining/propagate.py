"""`make propagate`: an edit of one chapter, carried through the book.

Without more, the edit is one of a chapter's directory, not committed yet.
It goes into the listings that wrote those lines, and into every later
listing and chapter.

With `--page 03` the page and the directory of chapter 3 have both been
written anew, and agree; what that changes at the chapter's end goes into
all later chapters and their listings.  `--only-trees 03` takes it into the
later chapters' directories, and leaves all pages alone.

Prose isn't written again: what a person has to read is listed.
"""

import io
import os
import shutil
import subprocess
import tarfile
from difflib import unified_diff

from common import files, processes
from common.terminal import Complaint, say

from ..reading.forms import Given
from ..reading.replay import CHAPTER, read_book
from ..reading.report import Report
from ..reading.states import States
from ..reading.tree import Tree, read_tree
from .carry import Carried
from .diffs import PLACE as DIFFS
from .diffs import refreshed
from .leftovers import leftovers, paragraph
from .plan import Plan
from .pages import rewritten

PLACE = os.path.join('build', 'book', 'propagate')


def propagate(root, page='', only_trees='', since='HEAD', dry_run=False,
              abort=False):
    """Does it all; returns the exit status."""
    place = os.path.join(root, PLACE)
    if abort:
        shutil.rmtree(place, ignore_errors=True)
        say('propagate: forgotten')
        return 0
    os.makedirs(place, exist_ok=True)
    work = Propagation(root, place, since)
    work.begin(page or only_trees, bool(page), bool(only_trees))
    if not work.carry():
        if dry_run:
            shutil.rmtree(place)
        return 1
    work.finish(dry_run)
    shutil.rmtree(place)
    return 0


class Propagation:
    """One run of the command."""

    def __init__(self, root, place, since):
        self.root, self.since = root, since
        self.base = os.path.join(place, 'base')
        self.result = os.path.join(place, 'result')
        self.conflicts = os.path.join(place, 'conflicts')
        self.report = Report()

    def begin(self, number, whole_page, only_trees):
        """Finds the chapter, and reads the book as it was before."""
        self.only_trees, plain = only_trees, not number
        self.chapter = self.edited() if plain else self.named(number)
        for place in self.base, self.result:
            shutil.rmtree(place, ignore_errors=True)
            os.makedirs(place)
            for name in ['book'] + chapters(self.root):
                if os.path.isdir(os.path.join(self.root, name)):
                    shutil.copytree(os.path.join(self.root, name),
                                    os.path.join(place, name))
        old = os.path.join(self.base, self.chapter)
        shutil.rmtree(old)
        archive = self.git('archive', self.since, '--', self.chapter)
        with tarfile.open(fileobj=io.BytesIO(archive)) as stream:
            stream.extractall(self.base)
        self.book = read_book(self.base, self.report)
        self.before = read_tree(old, self.chapter)
        self.after = read_tree(os.path.join(self.root, self.chapter),
                               self.chapter)
        if self.before.snapshot() == self.after.snapshot():
            raise Complaint('%s/ is as it was' % self.chapter)
        self.plan = start = None
        if plain:
            self.states = States(self.book)
            self.plan = Plan(self.states, self.chapter, self.after.files)
        else:
            if whole_page:
                self.agree()
            start = self.after.files
            self.states = States(self.book, (self.chapter, self.before),
                                 listings=not only_trees)
        self.start = start

    def git(self, *arguments):
        try:
            run = subprocess.run(['git', *arguments], cwd=self.root,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE)
        except FileNotFoundError:
            raise Complaint('git is needed to know what was there before; '
                            'it is not installed') from None
        if run.returncode:
            raise Complaint('git: ' + run.stderr.decode(errors='replace')
                            .strip())
        return run.stdout

    def uncommitted(self, *paths):
        """The files among some that git has not as they are."""
        found = self.git('status', '--porcelain', '-z', '--no-renames',
                         '--untracked-files=all', '--', *paths)
        return [os.fsdecode(entry[3:]) for entry in found.split(b'\0')
                if entry]

    def edited(self):
        """The one chapter whose directory has an edit."""
        found = sorted({path.split('/')[0] for path in self.uncommitted(
            *chapters(self.root), ':!*/README.md')} | {
                path for path in self.uncommitted('book')
                if path.endswith('.md')})
        if not found:
            raise Complaint('no chapter has an edit that is not committed')
        if len(found) > 1 or found[0].startswith('book/'):
            raise Complaint('%s: not committed; there may be edits in one '
                            'chapter\'s directory and nowhere else (--page '
                            'NN: its page, too)' % ', '.join(found))
        return found[0]

    def named(self, number):
        """The chapter of a number."""
        found = [name for name in chapters(self.root)
                 if number in (name, name[:2], name[:2].lstrip('0'))]
        if not found:
            raise Complaint('there is no chapter %s' % number)
        return found[0]

    def agree(self):
        """The chapter's page must lead to its directory."""
        book = read_book(self.root, Report())
        before = ([None] + book.chapters)[book.chapters.index(self.chapter)]
        start = read_tree(os.path.join(self.root, before), before) \
            if before else Tree()
        end = States(book, (before, start), only=self.chapter)
        if end[-1].tree.snapshot() != self.after.snapshot() or \
                end[-1].item is None:
            raise Complaint(
                'the page of %s does not lead to its directory: python3 '
                'tools/book.py check --no-run --chapter %s says where'
                % (self.chapter, self.chapter[:2]))

    # --- Carrying --------------------------------------------------------

    def carry(self):
        """Brings every state to what it is now; whether nothing is in
        the way."""
        self.now = Carried(self.states, self.conflicts, self.plan,
                           self.start)
        for name, path in self.now.conflicts:
            say('propagate: conflict at %s: %s' % (name, path))
        if self.now.conflicts:
            say('Mend these files, and run the same command again '
                '(ARGS=--abort forgets them).')
        return not self.now.conflicts

    def finish(self, dry_run):
        """Writes listings and chapters; nothing before all is proven."""
        if self.plan:
            end = self.now.trees[self.states.ends[self.chapter]]
            for path, file in self.after.files.items():
                if end[path].content() != file.content():
                    raise Complaint('the listings would not lead to %s/%s '
                                    'as it is now' % (self.chapter, path))
        pages, changed = {}, []
        if not self.only_trees:
            pages, changed = rewritten(self.states, self.now)
        found = self.changes(pages)
        put(self.result, found)
        if not self.only_trees:
            self.prove()
        after = read_book(self.result, Report())
        if os.path.isdir(os.path.join(self.base, DIFFS)):
            found.update((path, content and (content, False)) for path,
                         content in refreshed(self.result).items())
        dirty = self.uncommitted(*found) if found else []
        dirty = [path for path in dirty if not path.startswith(DIFFS)]
        if dirty and not dry_run:
            raise Complaint('%s would be written, and is not committed: '
                            'commit it first' % ', '.join(dirty[:5]))
        if dry_run:
            self.show(found)
        else:
            put(self.root, found)
        self.tell(after, changed, found, dry_run)

    def changes(self, pages):
        """What is to be written: path -> (content, executable) or None
        for a file that goes."""
        found = {page: ('\n'.join(lines).encode('utf-8', 'surrogateescape'),
                        False) for page, lines in pages.items()}
        for number, state in enumerate(self.states):
            if isinstance(state.item, Given) and not state.course.end:
                name = self.now.names.get(state.item.path, state.item.path)
                file = self.now.trees[number].get(name)
                if file and file.content() != state.item.file.content():
                    found[state.item.source] = (file.content(),
                                                file.executable)
        for chapter, number in self.states.ends.items():
            course = self.book.courses.get(chapter)
            if not course or not course.end or chapter <= self.chapter:
                continue
            old = self.states[number].tree.snapshot()
            new = {path: (file.content(), file.executable) for path, file
                   in self.now.trees[number].items()}
            for path in sorted(old.keys() | new.keys()):
                if old.get(path) != new.get(path):
                    found['%s/%s' % (chapter, path)] = new.get(path)
        return found

    def prove(self):
        """The new pages must lead through exactly the new trees."""
        report = Report()
        book = read_book(self.result, report)
        found = States(book, (self.chapter, self.after)) if self.start \
            else States(book)
        new = [state.tree.files for state in found]
        for course in self.states.ends.keys() & found.ends.keys():
            ways = [distinct(trees, states, states.ends[course]) for
                    trees, states in ((self.now.trees, self.states),
                                      (new, found))]
            if ways[0] != ways[1]:
                raise Complaint('the new listings of %s would not lead '
                                'through the new trees; they are in '
                                '%s/result' % (course, PLACE))
        known = {problem.text for problem in self.report.problems}
        self.mend = [str(problem) for problem in report.problems
                     if problem.text not in known]

    # --- Telling ---------------------------------------------------------

    def show(self, found):
        """Prints what would be written."""
        for path, what in found.items():
            old, new = (text.decode(errors='replace').splitlines(True)
                        for text in (files.read(os.path.join(
                            self.base, path)), (what or (b'',))[0]))
            for text in unified_diff(old, new, 'a/' + path, 'b/' + path):
                say(text.rstrip('\n'))

    def tell(self, after, changed, found, dry_run):
        """Says what is written, and what a person has to read again."""
        later = sum(bool(CHAPTER.match(path.split('/')[0]))
                    for path in found)
        say('propagate: %s: %d listings and %d files of later chapters %s'
            % (self.chapter, len(changed), later,
               'would change' if dry_run else 'changed'))
        ends = {name: read_tree(os.path.join(self.result, name), name)
                for name in after.chapters if name >= self.chapter}
        told = [('Paragraphs to read again, their listing is another now:',
                 [paragraph(after.pages[page], line, there)
                  for page, line, there in changed]),
                ('Merges that were not exact, to be looked at:',
                 self.now.inexact),
                ('Gone with their files:', self.now.gone),
                ('Folded in as well as could be told:',
                 self.plan.notes if self.plan else []),
                ('Carried too, though no listing tells it yet:', [] if
                 self.only_trees else [
                     state.course.name for state in self.states[1:]
                     if state.item is None]),
                ('To mend:', getattr(self, 'mend', [])),
                ('Not rewritten, to be looked at:', leftovers(
                    self.root, after, self.chapter, self.before.files,
                    ends))]
        for title, lines in told:
            if lines:
                say('\n  '.join([title, *lines]))


def chapters(root):
    return sorted(name for name in os.listdir(root) if CHAPTER.match(name))


def distinct(trees, states, number):
    """The trees on the way to a state, those left out that are as the
    one before."""
    found = []
    for at in [0] + states.path_to(number):
        tree = {path: (file.content(), file.executable)
                for path, file in trees[at].items()}
        if not found or found[-1] != tree:
            found.append(tree)
    return found


def put(root, found):
    """Writes or removes files: all of them, or none if that fails."""
    new = {}
    try:
        for path, what in found.items():
            full = os.path.join(root, path)
            if what:
                new[full] = full + '.new'
                files.write(new[full], what[0])
                mode = os.stat(full).st_mode & 0o777 \
                    if os.path.exists(full) else 0o644
                os.chmod(new[full], mode | 0o111 if what[1]
                         else mode & ~0o111)
        with processes.uninterrupted():
            for full in list(new):
                os.replace(new.pop(full), full)
            for path, what in found.items():
                if not what and os.path.exists(os.path.join(root, path)):
                    os.remove(os.path.join(root, path))
    finally:
        for temporary in new.values():
            if os.path.exists(temporary):
                os.remove(temporary)
