"""The reader's tree while the book changes it, and how hunks find their place.

Each line of a file remembers which line of which page wrote it, so that a
difference at the end of a chapter can name the listing to mend.
"""

import os
import stat
from dataclasses import dataclass, field
from typing import Dict, List, Tuple

from common import files as disk

from .report import PageError, one_line

Origin = Tuple[str, int]        # page, line


@dataclass
class File:
    """A file of a tree.  Trees share them: a file that is in a tree is
    never changed, only replaced by a changed copy."""
    lines: List[str]
    origins: List[Origin]
    executable: bool = False
    complete: bool = True       # ends with a newline

    def content(self):
        """The file's bytes."""
        if not hasattr(self, 'bytes'):
            text = '\n'.join(self.lines)
            if self.lines and self.complete:
                text += '\n'
            self.bytes = text.encode('utf-8', 'surrogateescape')
        return self.bytes

    def copy(self):
        return File(list(self.lines), list(self.origins), self.executable,
                    self.complete)


@dataclass
class Tree:
    """The files of the reader's directory at one point of the book."""
    files: Dict[str, File] = field(default_factory=dict)
    # Where a listing failed: what follows there would only confuse.
    broken: set = field(default_factory=set)

    def snapshot(self):
        """An unchanging copy: path -> (bytes, executable)."""
        return {path: (f.content(), f.executable)
                for path, f in self.files.items()}

    def copy(self):
        """A tree to go on with; this one stays as it is."""
        return Tree(dict(self.files), set(self.broken))

    def get(self, path, line):
        if path not in self.files:
            raise PageError(line, 'there is no file `%s` at this point'
                            % path)
        return self.files[path]

    def put(self, path, new, line):
        check_path(path, line)
        if path in self.files:
            raise PageError(line, 'the file `%s` exists already: change it '
                            'with a diff, or delete it first' % path)
        for other in self.files:
            if other.startswith(path + '/') or path.startswith(other + '/'):
                raise PageError(line, '`%s` and `%s` cannot both exist'
                                % (path, other))
        self.files[path] = new

    def delete(self, path, line):
        self.get(path, line)
        del self.files[path]

    def move(self, old, new, line):
        moved = self.get(old, line)
        self.delete(old, line)
        self.put(new, moved, line)


def check_path(path, line):
    parts = path.split('/')
    if path != path.strip() or '' in parts or '..' in parts or '.' in parts:
        raise PageError(line, '`%s` is not a path within the tree' % path)


def is_executable(path):
    return bool(os.stat(path).st_mode & stat.S_IXUSR)


def read_tree(directory, label, skip=('README.md',)):
    """A chapter's directory as a tree; its lines come from its files."""
    tree = Tree()
    for path in disk.below(directory, skip):
        full = os.path.join(directory, path)
        if not os.path.islink(full) and os.path.isfile(full):
            tree.files[path] = read_file(full, '%s/%s' % (label, path))
    return tree


def read_file(full, label):
    """A file whose lines come from itself."""
    text = disk.read(full).decode('utf-8', 'surrogateescape')
    complete = not text or text.endswith('\n')
    lines = text.split('\n')
    if complete:
        lines.pop()
    return File(lines, [(label, n + 1) for n in range(len(lines))],
                is_executable(full), complete)


def write_tree(snapshot, directory):
    os.makedirs(directory, exist_ok=True)
    for path, (content, executable) in sorted(snapshot.items()):
        full = os.path.join(directory, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb') as stream:
            stream.write(content)
        os.chmod(full, 0o755 if executable else 0o644)


def digest(snapshot):
    """A name for what a snapshot holds."""
    return disk.digest(*[part for path, (content, executable) in
                         sorted(snapshot.items())
                         for part in (path, str(executable), content)])


# --- Runs of lines in a file -------------------------------------------

def places(wanted, lines):
    """Where the wanted lines stand in a row: indexes from 0."""
    count = len(wanted)
    return [i for i in range(len(lines) - count + 1)
            if lines[i] == wanted[0] and lines[i:i + count] == wanted]


def nearest(wanted, lines):
    """The place that fits best, as (start, index of the first line of
    `wanted` that differs there); None if nothing fits at all."""
    best, best_score = None, (0, 0)
    for start in range(-len(wanted) + 1, len(lines)):
        same, prefix, told = 0, 0, False
        for k, text in enumerate(wanted):
            at = start + k
            if 0 <= at < len(lines) and lines[at] == text:
                same += 1 if text.strip() else 0
                prefix += not told
            else:
                told = True
        if (same, prefix) > best_score:
            best, best_score = (start, prefix), (same, prefix)
    return best if best_score[0] else None


def no_place(wanted, lines, path, line_of):
    """The error for lines that a file does not have; `line_of` gives the
    page's line for an index into `wanted`."""
    near = nearest(wanted, lines)
    if near is None:
        return PageError(line_of(0), 'none of these lines is in `%s`'
                         % path)
    start, k = near
    at = start + k
    if at < 0:
        there = 'is before its beginning'
    elif at >= len(lines):
        there = 'is beyond its end'
    else:
        there = 'is %s' % one_line(lines[at])
    blanks = 0 <= at < len(lines) and \
        ''.join(lines[at].split()) == ''.join(wanted[k].split())
    return PageError(
        line_of(k), 'these lines are not in `%s`: the nearest place is '
        'line %d, where line %d %s and the book has %s%s'
        % (path, max(start, 0) + 1, at + 1, there, one_line(wanted[k]),
           ' (they differ in blanks only)' if blanks else ''))
