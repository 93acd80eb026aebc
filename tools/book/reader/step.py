"""The exact tree at a checkpoint."""

import os
import shutil

from ..reading.replay import read_book, tree_at
from ..reading.report import Report
from ..reading.tree import write_tree

GENERATED = os.path.join('build', 'steps')


def step(root, name, directory=None):
    """Writes the tree to build/steps/, or brings a directory there."""
    tree = tree_at(read_book(root, Report()), name).snapshot()
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
