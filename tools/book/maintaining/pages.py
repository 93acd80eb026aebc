"""Writes listings again, where the trees around them have changed."""

from common.terminal import Complaint

from ..reading.forms import LISTINGS, Change, NewFile
from ..reading.rewriting import Cannot


def rewritten(states, carried):
    """The pages as they will be, and where in them listings changed:
    (page -> lines, [(page, line, whether it is still there)])."""
    edits, changed, problems = {}, [], []
    for number, state in enumerate(states):
        if not isinstance(state.item, LISTINGS):
            continue
        page = states.book.pages[state.course.page]
        try:
            found, there = listing(
                page, state.item, carried.names,
                states[state.before].tree.files, state.tree.files,
                carried.trees[state.before], carried.trees[number])
        except Cannot as reason:
            problems.append('%s: %s' % (state.name, reason))
            continue
        if found:
            edits.setdefault(page.name, []).extend(found)
            changed.append((page.name, state.item.line, there))
    if problems:
        raise Complaint('listings that cannot be written again; do it by '
                        'hand, or take the directories only (--only-trees):'
                        '\n  ' + '\n  '.join(problems))
    pages = {}
    for name, found in edits.items():
        changed = [(page, line + shift(found, line) if page == name
                    else line, there) for page, line, there in changed]
        lines = list(states.book.pages[name].lines)
        for start, end, new in sorted(found, reverse=True):
            lines[start:end] = new
        pages[name] = lines
    return pages, changed


def listing(page, item, names, before, after, before2, after2):
    """The edits of a page for one listing, (start, end, lines) counted
    from 0, and whether it is still there."""
    gone = [path for path in item.touched() if path in before
            and names.get(path, path) not in before2]
    same = isinstance(item, NewFile) and item.path in before2
    if gone or same:
        if same and before2[item.path].content() != \
                after2[item.path].content():
            raise Cannot('%s is there already' % item.path)
        if len(item.touched()) > len(gone) + same and \
                isinstance(item, Change):
            raise Cannot('%s is gone' % ', '.join(gone))
        return [taken_out(page, item)], False
    old, old_after = lines_of(before), lines_of(after)
    new, new_after = (lines_of({
        path: tree[names.get(path, path)] for path in files
        if names.get(path, path) in tree}) for tree, files in
        ((before2, before), (after2, after)))
    if (old, old_after) == (new, new_after):
        found = []
    else:
        found = item.rewrite(page, old, old_after, new, new_after)
    there = not found or bool(found[-1][2]) or len(found) > 1
    for path in item.touched():
        if path in names and path in before and there:
            found = moved(page, item, path, names[path], found)
    return found, there


def lines_of(tree):
    return {path: file.lines for path, file in tree.items()}


def taken_out(page, item):
    """The edit that removes a listing with its caption."""
    start, end = item.line - 1, item.line
    if isinstance(item, (NewFile, Change)):
        end = item.fence.end
    if isinstance(item, NewFile):
        start = item.fence.caption.line - 1
    while end < len(page.lines) and not page.lines[end].strip():
        end += 1
    return start, end, []


def moved(page, item, path, name, found):
    """The edits, with the name that a file has now."""
    if isinstance(item, Change):
        diff = next(diff for diff in item.diffs if diff.path == path)
        start, end = diff.line - 1, diff.line + 1
    else:
        start, end = item.line - 1, item.line
    for number, (low, high, lines) in enumerate(found):
        if low <= start < high:
            lines = [text.replace(path, name) if k < end - start else text
                     for k, text in enumerate(lines)]
            return found[:number] + [(low, high, lines)] \
                + found[number + 1:]
    return sorted(found + [(start, end, [
        text.replace(path, name) for text in page.lines[start:end]])])


def shift(edits, line):
    """How far a line (from 1) of a page moves."""
    return sum(len(new) - (end - start) for start, end, new in edits
               if end < line)
