"""`make history`: the book as a git repository, one commit a listing.

Every commit says in its message where its listing is; the tags are
`step-3.40` for a checkpoint and `03-vga` for a chapter's end.  Side pages
are branches.  The same book makes the same hashes.
Between checkpoints a tree need not build.
"""

import os
import shutil
import subprocess

from common.terminal import Complaint, say, shown_path

from ..reading.markdown import Heading
from ..reading.states import load
from ..reading.tree import Tree

DEFAULT = os.path.join('build', 'history')
MARK = 'book-history'           # in .git: this repository was made here


class Repository:
    """A git repository that nothing of the user's settings changes."""

    def __init__(self, directory):
        self.directory = directory
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith('GIT_')}
        self.environment.update(
            GIT_CONFIG_NOSYSTEM='1', GIT_CONFIG_GLOBAL=os.devnull)

    def git(self, *arguments, data=None):
        """The output of a git command that must not fail."""
        try:
            run = subprocess.run(
                ['git', '-C', self.directory, *arguments], input=data,
                env=self.environment, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
        except FileNotFoundError:
            raise Complaint('git is needed for this, and is not installed') \
                from None
        if run.returncode:
            raise Complaint('git %s: %s' % (
                arguments[0], run.stderr.decode(errors='replace').strip()))
        return run.stdout

    def path(self, name):
        return os.path.join(self.directory, '.git', name)

    def begin(self):
        """An empty repository, in place of what was there."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.git('init', '-q', '-b', 'main')

    def load(self, commits, tags=()):
        """Makes commits upon an empty one, as (branch, message, tree,
        the number of the one before); they are counted from 1.  Tags are
        (name, number)."""
        stream, trees = [commit('main', 1, 'nothing', None)], [Tree()]
        for number, (name, message, tree, before) in enumerate(commits, 1):
            stream.append(commit(name, number + 1, message, before + 1)
                          + changes(trees[before], tree))
            trees.append(tree)
        stream += [b'reset refs/tags/%s\nfrom :%d\n\n' % (
            name.encode(), number + 1) for name, number in tags]
        self.git('fast-import', '--quiet', data=b''.join(stream))


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


def history(root, place=''):
    """Makes the repository, in place of one that was made earlier."""
    directory = place or os.path.join(root, DEFAULT)
    repository = Repository(directory)
    if os.path.lexists(directory) and not (
            os.path.isdir(directory) and not os.listdir(directory)) and \
            not os.path.exists(repository.path(MARK)):
        raise Complaint('%s is there already, and no history that was made '
                        'here: name another directory (DIR=)' % directory)
    states = load(root)
    courses = states.book.courses
    tags = [('step-' + name, number)
            for name, number in states.checkpoints.items()]
    tags += [(name, number) for name, number in states.ends.items()
             if name and courses[name].end]
    repository.begin()
    with open(repository.path(MARK), 'w', encoding='utf-8'):
        pass
    repository.load(
        [('main' if state.course.end else state.course.name,
          message(states.book, state), state.tree, state.before)
         for state in states[1:]], tags)
    repository.git('checkout', '-q', 'main')
    ends = [name for name in courses if courses[name].end]
    say('history: %s has %d commits and %d tags; `git log --oneline %s` '
        'there is one chapter' % (shown_path(directory), len(states),
                                  len(tags), '..'.join(ends[-2:])))


def message(book, state):
    """Where a listing is, and what it does."""
    if state.item is None:
        return '%s: %s\n' % (state.course.name, state.describe())
    above = [heading.text for heading in
             book.pages[state.course.page].of(Heading)
             if heading.line < state.item.line]
    return '%s: %s: %s\n\nThe listing is in %s, line %d.\n' % (
        state.course.name, above[-1] if above else 'beginning',
        state.describe(), state.course.page, state.item.line)
