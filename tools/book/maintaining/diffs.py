"""`make diffs`: what each chapter changes, as one file for each.

`book/diffs/NN-name.diff` leads from the directory of the chapter before
to this one's (their README.md aside), with `git apply` or `patch -p1`;
the first chapter's leads from nothing. They are committed, so that they
can be read and shown; `check` looks whether they are fresh.
"""

import os
import re
import tempfile

from .history import Repository
from ..reading.replay import CHAPTER
from ..reading.tree import read_tree

PLACE = 'book/diffs'
# Names of blobs say nothing here, and their length is git's choice.
INDEX = re.compile(rb'^index [0-9a-f]+\.\.[0-9a-f]+.*\n', re.M)


def chapter_diffs(root):
    """Every chapter's diff, as path -> content."""
    chapters = sorted(name for name in os.listdir(root)
                      if CHAPTER.match(name)
                      and os.path.isdir(os.path.join(root, name)))
    trees = [(name, read_tree(os.path.join(root, name), name))
             for name in chapters]
    with tempfile.TemporaryDirectory() as place:
        repository = Repository(place)
        repository.begin()
        repository.load([('main', name, tree, number) for number,
                         (name, tree) in enumerate(trees)])
        commits = repository.git('rev-list', '--reverse', '--first-parent',
                                 'main').decode().split()
        return {
            '%s/%s.diff' % (PLACE, name): INDEX.sub(b'', repository.git(
                'diff-tree', '-r', '-p', '-M', '--no-color',
                '--diff-algorithm=histogram', before, after))
            for name, before, after in zip(chapters, commits, commits[1:])}


def committed(root):
    """The diffs that are there, as path -> content."""
    found, directory = {}, os.path.join(root, PLACE)
    if os.path.isdir(directory):
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), 'rb') as stream:
                found['%s/%s' % (PLACE, name)] = stream.read()
    return found


def refreshed(root):
    """The diffs that are not as they should be: path -> content, or None
    for one to be removed."""
    there, wanted = committed(root), chapter_diffs(root)
    return {path: wanted.get(path)
            for path in sorted(there.keys() | wanted.keys())
            if there.get(path) != wanted.get(path)}


def diffs(root):
    """Writes what is not fresh."""
    stale = refreshed(root)
    os.makedirs(os.path.join(root, PLACE), exist_ok=True)
    for path, content in stale.items():
        full = os.path.join(root, path)
        if content is None:
            os.remove(full)
            continue
        with open(full, 'wb') as stream:
            stream.write(content)
    print('book: %s' % ('wrote ' + ', '.join(stale) if stale else
                        '%s/ was fresh' % PLACE))


def check_diffs(root, chapters, report):
    """Tells which diffs of these chapters are stale, and where. A book
    that has no such directory has none to look at."""
    there = committed(root)
    if not there:
        return
    for path, wanted in refreshed(root).items():
        name = path[len(PLACE) + 1:-len('.diff')]
        if wanted is None and not CHAPTER.match(name):
            report.error(path, 1, 'belongs to no chapter: remove it')
        elif wanted is None and not os.path.isdir(os.path.join(root, name)):
            report.error(path, 1, 'there is no chapter %s/: run `make diffs`'
                         % name)
        elif name in chapters:
            report.error(path, first_difference(there.get(path, b''), wanted),
                         'stale, %s/ is not what it tells: run `make diffs`'
                         % name if path in there else
                         'is missing: run `make diffs`')


def first_difference(one, other):
    """The first line (from 1) in which two texts differ."""
    line = 1
    for a, b in zip(one.split(b'\n'), other.split(b'\n')):
        if a != b:
            break
        line += 1
    return line
