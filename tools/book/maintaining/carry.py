"""Carries an edit through the states of the book.

Every state gets the files that it has now: those of the state before it,
with what its listing does.  Conflicts are written to files with the marks
that git uses; once mended, they are taken the next time.
"""

import os
from dataclasses import replace
from difflib import SequenceMatcher

from common import files
from common.terminal import shown_path

from ..reading.listings import Move
from .merge import NAMES, merge

ALIKE = 0.5                     # what a file under a new name must share


class Carried:
    """The states as they are with the edit: path -> File, for each."""

    def __init__(self, states, place, plan=None, start=None):
        self.states, self.plan = states, plan
        self.place = place      # of the conflicts
        self.names = renamed(states[0].tree.files, start) if start else {}
        self.trees = []
        self.conflicts = []     # (state's name, file to be mended)
        self.stuck = set()      # paths with a conflict: what follows waits
        self.inexact, self.gone = [], []
        for number, state in enumerate(states):
            before = self.trees[state.before] if number else {}
            tree = dict(start if start and not number else before)
            self.trees.append(tree)
            if number:
                self.step(number, state, tree)

    def step(self, number, state, tree):
        """Brings a tree to a state from the one before it."""
        before = self.states[state.before].tree.files
        after = state.tree.files
        for path in before.keys() - after.keys():
            old = tree.pop(self.names.get(path, path), None)
            if isinstance(state.item, Move) and path == state.item.old:
                if old:
                    tree[state.item.new] = old
                for known in self.stuck, self.plan.past if self.plan else ():
                    if path in known:
                        known.add(state.item.new)
        for path, file in after.items():
            if file is before.get(path) or isinstance(
                    state.item, Move) and path == state.item.new:
                continue
            exact = True
            if self.plan:
                file, exact = self.plan.exact(
                    number, path, before.get(path), file)
            now = self.names.get(path, path)
            if self.plan and exact:
                tree[now] = file
            elif path in self.stuck:
                continue
            else:
                found = self.file(state, path, before.get(path),
                                  tree.get(now), file)
                if found:
                    tree[now] = found

    def file(self, state, path, base, ours, theirs):
        """A file of a state; None if there is none any more."""
        if not ours:
            if base:
                self.gone.append('%s: changes %s, which is gone: the '
                                 'listing was taken out' % (state.name, path))
            return None if base else theirs
        if base and ours.content() == base.content():
            return theirs
        if ours.content() == theirs.content():
            return ours
        lines, hows, whole = merge(base.lines if base else [], ours.lines,
                                   theirs.lines)
        if not whole:
            lines = self.mended(state, path, lines, ours, theirs)
        self.inexact += ['%s: %s: %s' % (state.name, path, how)
                         for how in hows]
        changed = theirs if not base or theirs.executable != \
            base.executable else ours
        return replace(ours, lines=lines, executable=changed.executable)

    def mended(self, state, path, lines, ours, theirs):
        """The lines of a conflict that a person has mended; else notes
        that it waits."""
        name = files.digest(ours.content(), theirs.content(),
                            '\n'.join(lines))[:12]
        full = os.path.join(self.place, name, path)
        if not os.path.exists(full):
            files.write(full, '\n'.join(lines).encode(
                'utf-8', 'surrogateescape') + b'\n')
        there = files.read(full).decode('utf-8', 'surrogateescape') \
            .split('\n')
        if any(text.split(' ')[0] in (NAMES[0].split(' ')[0],
                                      NAMES[3].split(' ')[0])
               for text in there):
            self.conflicts.append((state.name, shown_path(full)))
            self.stuck.add(path)
            return lines
        self.inexact.append('%s: %s: mended by hand' % (state.name, path))
        return there[:-1]


def renamed(before, after):
    """Files that are there under another name: old path -> new path."""
    fresh, found = set(after.keys() - before.keys()), {}
    for path in sorted(before.keys() - after.keys()):
        alike, name = max(
            ((SequenceMatcher(None, before[path].lines, after[other].lines,
                              False).ratio(), other) for other in fresh),
            default=(0, ''))
        if alike >= ALIKE:
            found[path] = name
            fresh.discard(name)
    return found
