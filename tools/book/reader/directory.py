"""A reader's own directory: finding it, reading it, and writing to it
without losing anything that is in it."""

import os
import shutil

from common import files, processes
from common.terminal import Complaint, shown_path

MOST_FILES = 2000
LARGEST = 1 << 18               # bytes; no source is larger
STRICT = ('Makefile', '.mk', '.ld', '.sh', '.cfg')
NEW = '.new-files'              # in the directory, while it is replaced


def find(root, directory, own=False):
    """The directory that is meant: the one that was named, else the only
    one beside the chapters whose name begins with `my-`.  With `own` it
    will be written to, so it must not be one of the book's."""
    if not directory:
        mine = [name for name in sorted(os.listdir(root))
                if name.startswith('my-')
                and os.path.isdir(os.path.join(root, name))]
        if len(mine) != 1:
            raise Complaint('which directory? Say, for example, '
                            'DIR=my-kernel')
        return os.path.join(root, mine[0])
    real, top = os.path.realpath(directory), os.path.realpath(root)
    if not os.path.exists(real):
        raise Complaint('there is no directory %s' % directory)
    if not os.path.isdir(real):
        raise Complaint('%s is a file; DIR= is a directory with a kernel '
                        'of your own' % directory)
    if real == top:
        raise Complaint('%s is the whole project; DIR= is a directory with '
                        'a kernel of your own' % directory)
    first = os.path.relpath(real, top).split(os.sep)[0]
    if own and first not in ('..', 'build') and not first.startswith('my-'):
        raise Complaint('%s belongs to the project: DIR= is a directory of '
                        'your own (`make new NAME=my-kernel` begins one)'
                        % directory)
    return directory


def read(directory, known):
    """The reader's files as path -> lines, and those in which DOS's ends
    of lines do harm.  The book's paths are `known`."""
    found, dos = {}, []
    paths = files.below(directory, ('build', 'README.md'))
    if len(paths) > MOST_FILES:
        raise Complaint('%s has more than %d files: that is no kernel of '
                        'this book' % (shown_path(directory), MOST_FILES))
    if paths and not set(paths).intersection(known):
        raise Complaint('%s is no kernel of this book: no file in it has '
                        'the name and the place of one, as src/kernel/main.c '
                        'has' % shown_path(directory))
    for path in paths:
        full = os.path.join(directory, path)
        if not os.path.isfile(full) or os.path.islink(full) or \
                os.path.getsize(full) > LARGEST:
            continue
        content = files.read(full)
        if b'\0' in content:
            continue
        if b'\r\n' in content and path.endswith(STRICT):
            dos.append(path)
        found[path] = content.decode('utf-8', 'surrogateescape') \
            .replace('\r\n', '\n').replace('\r', '\n').split('\n')
    return found, dos


def save(root, directory, paths=None):
    """Copies the directory, or some of its files, to the first free place
    in build/saved/, and returns that place."""
    base = os.path.join(root, 'build', 'saved')
    os.makedirs(base, exist_ok=True)
    name, number = os.path.basename(os.path.realpath(directory)), 1
    while os.path.exists(os.path.join(base, '%s-%d' % (name, number))):
        number += 1
    target = os.path.join(base, '%s-%d' % (name, number))
    try:
        if paths is None:
            shutil.copytree(directory, target, symlinks=True)
        for path in paths or ():
            full = os.path.join(target, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            shutil.copy2(os.path.join(directory, path), full)
    except BaseException:       # half a copy would only deceive
        shutil.rmtree(target, ignore_errors=True)
        raise
    return shown_path(target)


def put(directory, snapshot):
    """Writes files (path -> content, executable) into a directory."""
    for path, (content, executable) in sorted(snapshot.items()):
        full = os.path.join(directory, path)
        files.write(full, content)
        os.chmod(full, 0o755 if executable else 0o644)


def replace(directory, snapshot):
    """Puts a tree in place of what is there; a repository, other names
    that begin with a dot and README.md stay.  Nothing goes before all
    that comes has been written."""
    new = os.path.join(directory, NEW)
    shutil.rmtree(new, ignore_errors=True)
    try:
        put(new, snapshot)
        with processes.uninterrupted():
            for name in os.listdir(directory):
                path = os.path.join(directory, name)
                if name.startswith('.') or name == 'README.md':
                    continue
                if os.path.isdir(path) and not os.path.islink(path):
                    shutil.rmtree(path)
                else:
                    os.remove(path)
            for name in os.listdir(new):
                os.rename(os.path.join(new, name),
                          os.path.join(directory, name))
    finally:
        shutil.rmtree(new, ignore_errors=True)
