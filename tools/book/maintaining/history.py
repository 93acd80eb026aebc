"""The book as a git history of its own: one commit for each listing.

`steps` replays the book from nothing; `Repository` is an ephemeral git
repository (below build/book/) in which these steps can be rebased.
"""

import io
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..reading import forms
from ..reading.replay import apply
from ..reading.report import PageError
from ..reading.tree import File, Tree, read_tree

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      'merge.py')
LOG = 'inexact'                 # in .git, written by the merge driver


class Refused(Exception):
    """The work cannot be done; the message says why."""


# --- The steps of the book -----------------------------------------------

@dataclass
class Step:
    """A listing, and the tree after it. Without an item: what separates
    the end of a page that is not finished from its chapter's directory."""
    chapter: str
    page: str
    item: object
    tree: Tree

    @property
    def name(self):
        if self.item is None:
            return '%s/ (what no listing tells yet)' % self.chapter
        return '%s:%d' % (self.page, self.item.line)


def steps(book):
    """Every listing of every chapter in order, from an empty tree. The
    lines of the trees know the page and line that they were born in."""
    tree, found = Tree(), []
    for chapter in book.chapters:
        page = book.page_of(chapter)
        for item in book.items.get(page, []):
            if not isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
                continue
            tree = tree.copy()
            try:
                apply(tree, item)
            except PageError as error:
                raise Refused('%s:%d: %s' % (page, error.line, error))
            if tree.broken:
                raise Refused('%s:%d: this listing cannot be read; `make '
                              'check-book` says why' % (page, item.line))
            found.append(Step(chapter, page, item, tree))
        there = read_tree(os.path.join(book.root, chapter), chapter)
        if there.snapshot() != tree.snapshot():
            tree = adopt(tree, there, page)
            found.append(Step(chapter, page, None, tree))
    return found


def branch(tree, paths):
    """A tree that can be changed at these paths; the rest is shared."""
    files = dict(tree.files)
    for path in paths:
        if path in files:
            old = files[path]
            files[path] = File(list(old.lines), list(old.origins),
                               old.executable, old.complete)
    return Tree(files)


def adopt(tree, there, page):
    """The tree of a directory; unchanged lines keep their origins."""
    born = 0
    for path, file in there.files.items():
        old = tree.files.get(path, File([], []))
        origins = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(
                None, old.lines, file.lines, False).get_opcodes():
            if tag == 'equal':
                origins += old.origins[i1:i2]
            else:
                origins += [(page + ':rest', born + j)
                            for j in range(j1, j2)]
        file.origins = origins
        born += len(file.lines)
    return there


# --- The repository ------------------------------------------------------

class Repository:
    """A git repository with the steps as commits, on the branch main."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith('GIT_')}
        self.environment.update(
            GIT_CONFIG_NOSYSTEM='1', GIT_CONFIG_GLOBAL=os.devnull,
            GIT_AUTHOR_NAME='book', GIT_AUTHOR_EMAIL='book',
            GIT_COMMITTER_NAME='book', GIT_COMMITTER_EMAIL='book',
            GIT_EDITOR=':', GIT_SEQUENCE_EDITOR=':')

    def run(self, *arguments, data=None):
        return subprocess.run(
            ['git', '-C', self.directory, *arguments], input=data,
            env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def git(self, *arguments, data=None):
        """The output of a git command that must not fail."""
        run = self.run(*arguments, data=data)
        if run.returncode:
            raise Refused('git %s: %s' % (
                arguments[0], run.stderr.decode(errors='replace').strip()))
        return run.stdout

    def path(self, name):
        return os.path.join(self.directory, '.git', name)

    def begin(self):
        """An empty repository, in place of what was there."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.git('init', '-q', '-b', 'main')

    def load(self, trees, after=()):
        """Commits the (message, tree) pairs in a row upon an empty one;
        `after` is more for git fast-import."""
        stream, before = [commit('main', 1, 'nothing', None)], Tree()
        for number, (message, tree) in enumerate(trees, 1):
            stream.append(commit('main', number + 1, message, number)
                          + changes(before, tree))
            before = tree
        self.git('fast-import', '--quiet',
                 data=b''.join([*stream, *after]))

    def create(self, trees, first, edited):
        """Commits the (name, tree) pairs in a row, and on the branch
        edited other trees from the first one on."""
        self.begin()
        driver = '%s %s %%O %%A %%B %%P' % (shlex.quote(sys.executable),
                                            shlex.quote(DRIVER))
        self.git('config', 'merge.book.driver', driver)
        self.git('config', 'merge.directoryRenames', 'false')
        with open(self.path('info/attributes'), 'w') as stream:
            stream.write('* merge=book -text\n')
        stream = []
        before = trees[first - 1][1] if first else Tree()
        parent, mark = first + 1, len(trees) + 1
        for (name, _), tree in zip(trees[first:], edited):
            mark += 1
            stream.append(commit('edited', mark, name, parent)
                          + changes(before, tree))
            before, parent = tree, mark
        self.load(trees, stream)
        self.git('checkout', '-q', 'main')

    def rebase(self, first):
        """Puts the steps from one on upon the branch edited; the paths in
        conflict."""
        commits = self.git('rev-list', '--reverse', 'main').decode().split()
        return self.settle(self.run(
            'rebase', '-q', '-i', '--empty=keep', '--onto', 'edited',
            commits[first]))

    def go_on(self):
        """After a conflict was resolved; the paths in conflict."""
        if not os.path.isdir(self.path('rebase-merge')):
            return []
        for path in self.unmerged():
            full = os.path.join(self.directory, path)
            if os.path.lexists(full):
                with open(full, 'rb') as stream:
                    if b'\n<<<<<<<' in b'\n' + stream.read():
                        return [path]
            self.note(path, 'resolved by hand')
            self.git('add', '-f', '-A', '--', path)
        return self.settle(self.run('rebase', '--continue'))

    def settle(self, run):
        """Goes on for as long as only deletions stand in the way: a file
        that a later listing deletes may have been edited before."""
        while os.path.isdir(self.path('rebase-merge')):
            stages = self.unmerged()
            gone = [path for path in stages if stages[path] == {'1', '2'}]
            for path in gone:
                self.git('rm', '-q', '-f', '--', path)
            if len(gone) < len(stages):
                return sorted(set(stages) - set(gone))
            if not gone:
                break
            run = self.run('rebase', '--continue')
        if run.returncode:
            raise Refused('git rebase: '
                          + run.stderr.decode(errors='replace').strip())
        return []

    def unmerged(self):
        """The stages that the index has of each path in conflict."""
        stages = {}
        for entry in self.git('ls-files', '-u', '-z').split(b'\0')[:-1]:
            what, path = os.fsdecode(entry).split('\t', 1)
            stages.setdefault(path, set()).add(what.split()[2])
        return stages

    def stopped_at(self):
        """The name of the step that a rebase stopped at."""
        return self.git('log', '-1', '--format=%s',
                        'REBASE_HEAD').decode().strip()

    def note(self, path, how):
        with open(self.path(LOG), 'a', encoding='utf-8') as stream:
            stream.write('%s\t%s\t%s\n' % (self.stopped_at(), path, how))

    def inexact(self):
        """The merges that were not exact, as (step, path, how)."""
        if not os.path.exists(self.path(LOG)):
            return []
        with open(self.path(LOG), encoding='utf-8') as stream:
            return [tuple(line.rstrip('\n').split('\t')) for line in stream]

    def snapshots(self, names):
        """The tree at each step: path -> (content, executable)."""
        log = self.git('log', '--format=%H %s', 'main').decode()
        commits = dict(line.split(' ', 1)[::-1] for line in log.splitlines())
        found, blobs = [], {}
        tree = {}
        for name in names:
            if name in commits:     # else nothing was left of it
                tree = self.entries(commits[name])
            found.append(tree)
        wanted = sorted({sha for tree in found for sha, _ in tree.values()})
        batch = io.BytesIO(self.git('cat-file', '--batch',
                                    data='\n'.join(wanted).encode()))
        for sha in wanted:
            size = int(batch.readline().split()[2])
            blobs[sha] = batch.read(size)
            batch.readline()
        return [{path: (blobs[sha], executable)
                 for path, (sha, executable) in tree.items()}
                for tree in found]

    def entries(self, sha):
        """The files of a commit: path -> (blob, executable)."""
        found = {}
        for entry in self.git('ls-tree', '-r', '-z', sha).split(b'\0')[:-1]:
            what, path = os.fsdecode(entry).split('\t', 1)
            mode, _, blob = what.split()
            found[path] = (blob, mode == '100755')
        return found


def commit(ref, mark, name, parent):
    text = name.encode()
    # A commit's time is its number: the same book makes the same hashes.
    lines = ['commit refs/heads/' + ref, 'mark :%d' % mark,
             'committer book <book> %d +0000' % mark,
             'data %d' % len(text), name]
    if parent:
        lines.append('from :%d' % parent)
    return '\n'.join(lines).encode() + b'\n'


def changes(before, after):
    """What leads from one tree to the next, for git fast-import."""
    stream = []
    for path in before.files.keys() - after.files.keys():
        stream.append(b'D %s\n' % os.fsencode(path))
    for path, file in after.files.items():
        if before.files.get(path) is not file:
            content = file.content()
            stream.append(b'M 100%s inline %s\ndata %d\n%s\n' % (
                b'755' if file.executable else b'644', os.fsencode(path),
                len(content), content))
    return b''.join(stream)
