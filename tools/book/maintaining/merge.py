"""Merges what an edit and a listing both did to a file.

Changes of neighbouring lines are no conflict here, as they are for git: a
listing often changes the line beside one that was mended.  Where both
changed the same line, their words are merged.
"""

import re
from difflib import SequenceMatcher

NAMES = ('<<<<<<< with the edit', '||||||| before', '=======',
         '>>>>>>> this listing')
TAKEN = 'edited lines that this listing takes away'
WORDS = 'merged word by word'
BOTH = 'both add lines at one place'


def merge(base, ours, theirs):
    """(lines, hows, whole): what was not exact, and whether no conflict
    is left in the lines, marked as git marks one."""
    lines, hows, whole, at = [], [], True, 0
    for low, high, mine, other in groups(base, ours, theirs, False):
        lines += base[at:low]
        at = high
        if other is None or mine == other:
            lines += mine
        elif mine is None:
            lines += other
        else:
            found, how = settle(base[low:high], mine, other)
            lines += found
            hows += [how] if how else []
            whole = whole and how is not None
    return lines + base[at:], hows, whole


def groups(base, ours, theirs, apart):
    """What changed, as (low, high, lines of ours, lines of theirs), None
    for a side that changed nothing there.  Changes of both sides that
    overlap are one group; so are neighbours that are to be `apart`."""
    changes = sorted((i1, i2, side, new[j1:j2])
                     for side, new in enumerate((ours, theirs))
                     for tag, i1, i2, j1, j2 in SequenceMatcher(
                         None, base, new, False).get_opcodes()
                     if tag != 'equal')
    found = []
    for change in changes:
        if found and meet(found[-1], change, apart):
            found[-1].append(change)
        else:
            found.append([change])
    for group in found:
        low, high = group[0][0], max(change[1] for change in group)
        yield (low, high, *(one_side(base, group, side, low, high)
                            for side in (0, 1)))


def meet(group, change, apart):
    """Whether a change overlaps one of a group."""
    high = max(other[1] for other in group)
    start, end = change[:2]
    same_place = start == end and any(
        other[:2] == (start, end) for other in group)
    return start < high or same_place or apart and start <= high


def one_side(base, group, side, low, high):
    """The lines of one side between low and high; None if that changed
    nothing."""
    changes = [change for change in group if change[2] == side]
    if not changes:
        return None
    lines, at = [], low
    for start, end, _, new in changes:
        lines += base[at:start] + new
        at = end
    return lines + base[at:high]


def settle(base, ours, theirs):
    """(lines, how) where both changed the same lines; how is None for a
    conflict."""
    if not theirs and (len(ours) <= len(base) or (
            ours[:1] == base[:1] and ours[-1:] == base[-1:])):
        return [], TAKEN
    if not base and not {text for text in ours if len(text) > 2} \
            .intersection(theirs):
        return ours + theirs, BOTH
    words, pieces, at = [split(lines) for lines in (base, ours, theirs)], \
        [], 0
    for low, high, mine, other in groups(*words, True):
        if mine is not None and other is not None and mine != other:
            return [NAMES[0], *ours, NAMES[1], *base, NAMES[2], *theirs,
                    NAMES[3]], None
        pieces += words[0][at:low] + (other if mine is None else mine)
        at = high
    return ''.join(pieces + words[0][at:]).split('\n'), WORDS


def split(lines):
    return re.findall(r'\w+|\s|[^\w\s]', '\n'.join(lines))
