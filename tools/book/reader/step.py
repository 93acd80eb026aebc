"""The exact tree at a checkpoint."""

import os
import re
import shutil

from ..reading import forms
from ..reading.replay import chapter_before, read_book, replay
from ..reading.report import Report
from ..reading.tree import write_tree

GENERATED = os.path.join('build', 'steps')


def tree_at(root, name):
    """The snapshot at checkpoint `3.40`."""
    found = re.fullmatch(r'(\d+)\.(\d+)', name)
    if not found:
        raise SystemExit('book: a checkpoint is named like 3.40, not %s'
                         % name)
    report = Report()
    book = read_book(root, report)
    wanted = int(found.group(1)), int(found.group(2))
    for chapter in book.chapters:
        if int(chapter[:2]) != wanted[0] or \
                book.page_of(chapter) not in book.pages:
            continue
        tree = chapter_before(book, chapter)
        known = []
        for item, tree in replay(book, chapter, tree, report):
            if isinstance(item, forms.Promise):
                known.append(item.name)
                if (item.chapter, item.number) == wanted:
                    if tree.broken:
                        raise SystemExit('book: the book is wrong before '
                                         'that point: run `make check-book`')
                    return tree.snapshot()
        raise SystemExit('book: chapter %d has no checkpoint %s; it has %s'
                         % (wanted[0], name, ', '.join(known) or 'none'))
    raise SystemExit('book: there is no chapter %d' % wanted[0])


def step(root, name, directory=None):
    """Writes the tree to build/steps/, or brings a directory there."""
    tree = tree_at(root, name)
    if directory is None:
        base = os.path.join(root, GENERATED)
        os.makedirs(base, exist_ok=True)
        link(root, base)
        directory = os.path.join(base, name)
        shutil.rmtree(directory, ignore_errors=True)
    elif os.path.exists(directory):
        check_reader(root, directory)
        print('book: what was in %s is in %s' % (
            directory, save(root, directory)))
        clear(directory)
    write_tree(tree, directory)
    print('book: %s is the tree of checkpoint %s' % (
        os.path.relpath(directory), name))


def link(root, base):
    """A tree in build/steps/ builds like one at the root."""
    for name in ('common.mk', 'tools', 'proofs'):
        target = os.path.join(base, name)
        if os.path.exists(os.path.join(root, name)) and \
                not os.path.lexists(target):
            os.symlink(os.path.relpath(os.path.join(root, name), base),
                       target)


def check_reader(root, directory):
    """Only a directory that looks like a reader's kernel is replaced."""
    real = os.path.realpath(directory)
    name = os.path.basename(real)
    if os.path.dirname(real) == os.path.realpath(root) and \
            not name.startswith('my-'):
        raise SystemExit('book: %s is a directory of the book, not one of '
                         'your own' % directory)
    if not os.path.isdir(real) or os.listdir(real) and \
            not os.path.exists(os.path.join(real, 'Makefile')):
        raise SystemExit('book: %s does not look like a kernel: it has no '
                         'Makefile' % directory)


def save(root, directory):
    """Copies the directory to the first free place in build/saved/."""
    name = os.path.basename(os.path.realpath(directory))
    number = 1
    while True:
        target = os.path.join(root, 'build', 'saved',
                              '%s-%d' % (name, number))
        if not os.path.exists(target):
            shutil.copytree(directory, target, symlinks=True)
            return os.path.relpath(target)
        number += 1


def clear(directory):
    """Removes the sources, but not a repository or other dot files."""
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name.startswith('.') or name == 'README.md':
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.remove(path)
