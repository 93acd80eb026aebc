"""`make take` and `make show`: the book's files without typing them.

Given files are written up to the reader's point; what the reader has
changed is saved first.  Any file can be shown whole.
"""

import sys
from difflib import get_close_matches

from common.terminal import Complaint, say

from ..reading.listings import Given
from ..reading.replay import read_book, tree_at
from ..reading.report import Report
from . import directory
from .mine import Guide


def take(root, place='', step=None):
    """Writes the given files that are due at the reader's point, and
    earlier ones that are not there."""
    place = directory.find(root, place, own=True)
    guide = Guide(root)
    states = guide.states
    mine, _ = directory.read(place, guide.book.last)
    number, course = found(guide, place, mine, step)
    end = due(states, number, course)
    wanted, changed = {}, []
    for path, at in given(states, end).items():
        file = states[at].tree.files[path]
        before = [states[n].tree.files[path].lines + ['']
                  for n in states.path_to(at)[:-1]
                  if path in states[n].tree.files]
        if mine.get(path) == file.lines + ['']:
            continue
        if path not in mine or mine[path] in before or at > number:
            wanted[path] = at
            if path in mine and mine[path] not in before:
                changed.append(path)
    if changed:
        say('take: %s: what you had is in %s' % (
            ', '.join(changed), directory.save(root, place, changed)))
    for path, at in sorted(wanted.items(), key=lambda entry: entry[1]):
        file = states[at].tree.files[path]
        directory.put(place, {path: (file.content(), file.executable)})
        say('take: %s, given in %s' % (path, states[at].name))
    if not wanted:
        following = states.after(end)
        say('take: %s, and no given file is due%s' % (
            guide.where(number, step), '; next comes %s' % states[
                following[0]].name if following else ''))


def found(guide, place, mine, step):
    """The reader's state, and the name of a course to go on with: the
    one of a checkpoint, or the beginning of a side page."""
    course = guide.states.book.courses.get(step)
    if course:
        return guide.states.ends[course.start], course.name
    if step:
        return guide.states.number_of(step), None
    return (guide.look(mine, name=place).number if mine else 0), None


def due(states, number, course):
    """The state after the given files that come next."""
    for at in states.after(number):
        if course in (None, states[at].course.name):
            if isinstance(states[at].item, Given):
                return due(states, at, course)
            break
    return number


def given(states, number):
    """The given files of a state: path -> the state that gives it."""
    born = {path: states.born_at(number, path)
            for path in states[number].tree.files}
    return {path: at for path, at in born.items() if states[at].gives(path)}


def show(root, name, place='', step=None):
    """Prints a file as it is at a checkpoint, or at the reader's point."""
    if not name:
        raise Complaint('which file? Say, for example, '
                        'FILE=src/kernel/main.c')
    if step:
        tree, where = tree_at(read_book(root, Report()), step), \
            'at checkpoint ' + step
    else:
        place = directory.find(root, place)
        guide = Guide(root)
        answer = guide.ask(place)
        tree, where = guide.states[answer.number].tree, 'here, where ' \
            + answer.where
    if name not in tree.files:
        base = name.split('/')[-1]
        near = [path for path in sorted(tree.files)
                if path.split('/')[-1] == base] or \
            get_close_matches(name, tree.files, 3, 0.5)
        raise Complaint('there is no file %s %s%s' % (
            name, where,
            ': do you mean %s?' % ' or '.join(near) if near else ''))
    sys.stdout.write(tree.files[name].content().decode('utf-8', 'replace'))
