#!/usr/bin/env python3
"""The merge driver of `make propagate`: merge.py BASE OURS THEIRS PATH

Git calls it for a file that both the edit and a listing changed. What
`git merge-file` cannot do is left to wiggle, if that is installed, which
merges words instead of lines. Lines that were edited, and that a later
listing takes away, go away. Merges that were not exact are noted down.
"""

import os
import re
import shutil
import subprocess
import sys

CONFLICT = re.compile(rb'^<{7} .*?\n(?P<ours>.*?)^\|{7} .*?\n(?P<base>.*?)'
                      rb'^={7}\n(?P<theirs>.*?)^>{7} .*?\n', re.M | re.S)


def output(command):
    run = subprocess.run(command, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    return run.returncode, run.stdout


def merge(base, ours, theirs):
    """(content, how): how is empty for an exact merge, and None for one
    that leaves conflicts marked."""
    names = ['-L', 'with the edit', '-L', 'before', '-L', 'this listing']
    status, content = output(['git', 'merge-file', '-p', '-q', '--diff3',
                              *names, ours, base, theirs])
    if status == 0:
        return content, ''
    left = CONFLICT.sub(take_away, content)
    if not CONFLICT.search(left):
        return left, 'edited lines that this listing takes away'
    if shutil.which('wiggle'):
        status, merged = output(['wiggle', '--merge', ours, base, theirs])
        if status == 0:
            return merged, 'merged word by word'
    return content, None


def take_away(found):
    """What this listing deletes, and the edit changed, goes all the same;
    but not lines that the edit adds at its border."""
    ours, base = (found.group(name).splitlines() for name in
                  ('ours', 'base'))
    within = len(ours) <= len(base) or (
        ours[:1] == base[:1] and ours[-1:] == base[-1:])
    return b'' if within and not found.group('theirs') else found.group(0)


def main():
    base, ours, theirs, path = sys.argv[1:]
    content, how = merge(base, ours, theirs)
    with open(ours, 'wb') as stream:
        stream.write(content)
    if how is None:
        return 1
    if how:
        with open(os.path.join('.git', 'rebase-merge', 'done')) as stream:
            step = stream.read().splitlines()[-1].split(None, 2)[1]
        name = output(['git', 'log', '-1', '--format=%s', step])[1].decode()
        with open(os.path.join('.git', 'inexact'), 'a') as stream:
            stream.write('%s\t%s\t%s\n' % (name.strip(), path, how))
    return 0


if __name__ == '__main__':
    sys.exit(main())
