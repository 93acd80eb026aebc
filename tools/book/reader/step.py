"""`make step`: the exact tree at a checkpoint."""

import os
import shutil
from difflib import get_close_matches

from common.terminal import Complaint, say, shown_path

from ..reading import forms
from ..reading.replay import chapter_before, read_book, replay
from ..reading.report import Report
from ..reading.tree import write_tree
from . import directory

GENERATED = os.path.join('build', 'steps')


def tree_at(book, name):
    """The tree at a checkpoint: `3.40`, `recursive.10`.  Only its own
    course is replayed, so a mistake in a later chapter does no harm."""
    report = Report()
    number = name.rpartition('.')[0].lstrip('0')
    course = next((course for course in book.courses.values()
                   if course.number == number), None)
    if not course:
        raise Complaint('there is no checkpoint %s: they are named like '
                        '3.40, by chapter%s' % (name, ''.join(
                            ', or like %s.10' % course.number
                            for course in book.courses.values()
                            if not course.end)))
    names = []
    for item, tree in replay(book, course.name, chapter_before(
            book, course.name), report):
        if not isinstance(item, forms.Promise):
            continue
        names.append(item.name)
        if item.name == name and tree.broken:
            raise Complaint('the book is wrong before that checkpoint: run '
                            '`make check-book`')
        if item.name == name:
            return tree
    near = get_close_matches(name, names, 3, 0.1)
    raise Complaint('there is no checkpoint %s%s' % (
        name, '; %s has %s' % (course.page, ', '.join(sorted(near)))
        if near else ', and %s has none' % course.page))


def step(root, name, place=''):
    """Writes the tree to build/steps/, or brings a directory there."""
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
