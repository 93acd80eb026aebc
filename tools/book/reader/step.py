"""`make step`: the exact tree at a checkpoint."""

import os
import shutil

from common.terminal import Complaint, say, shown_path

from ..reading import forms
from ..reading.replay import read_book, tree_at
from ..reading.report import Report
from ..reading.tree import write_tree
from . import directory

GENERATED = os.path.join('build', 'steps')


def step(root, name, place=''):
    """Writes the tree to build/steps/, or brings a directory there."""
    if not name:
        raise Complaint('which checkpoint? Say, for example, STEP=3.40')
    book = read_book(root, Report())
    snapshot = tree_at(book, name).snapshot()
    if not place:
        base = os.path.join(root, GENERATED)
        os.makedirs(base, exist_ok=True)
        link(root, base)
        place = os.path.join(base, name)
        shutil.rmtree(place, ignore_errors=True)
        write_tree(snapshot, place)
    elif not os.path.exists(place):
        write_tree(snapshot, place)
    else:
        directory.find(root, place, own=True)
        directory.read(place, [path for items in book.items.values()
                               for item in items
                               if isinstance(item, forms.LISTINGS)
                               for path in item.touched()])
        say('step: what was in %s is in %s' % (
            shown_path(place), directory.save(root, place)))
        directory.replace(place, snapshot)
    say('step: %s is the tree of checkpoint %s' % (shown_path(place), name))


def link(root, base):
    """A tree in build/steps/ builds like one at the root."""
    for name in ('common.mk', 'tools', 'proofs'):
        target = os.path.join(base, name)
        if os.path.exists(os.path.join(root, name)) and \
                not os.path.lexists(target):
            os.symlink(os.path.relpath(os.path.join(root, name), base),
                       target)
