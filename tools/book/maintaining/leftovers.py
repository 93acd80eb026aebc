"""What `make propagate` does not rewrite, and a person should look at.

Simple text searches: an edited line that a page still quotes, a name
that is gone from the edited chapter but still used later on, and the
number of a line in a file that has grown or shrunk.
"""

import os
import re

from ..reading import forms
from ..reading.markdown import Fence, Prose

NAME = re.compile(r'\b(?:[A-Za-z]\w*_\w+|[A-Za-z_]\w*(?=\())')
WORD = re.compile(r'\w+')
SHORT = 8                       # a line of fewer characters says nothing


def paragraph(page, line, there):
    """The paragraph above the listing in a line, and how it begins."""
    lines = {prose.line for prose in page.of(Prose) if not any(
        caption.match(prose.text) for caption in forms.CAPTIONS)}
    at = max((n for n in lines if n < line), default=1)
    while at - 1 in lines:
        at -= 1
    return '%s:%d: %.50s... (%s)' % (
        page.name, at, page.lines[at - 1], 'listing in line %d' % line
        if there else 'its listing had nothing left to change, and was '
        'taken out')


def leftovers(root, book, plan, ends):
    """Places to look at, as FILE:LINE: sentence. `ends` are the trees at
    the ends of the chapters as they are now."""
    before = plan.steps[plan.tip(plan.chapter)].tree.files
    after = ends[plan.chapter].files
    removed = [text for piece in plan.pieces for text in
               before[piece.path].lines[piece.start:piece.end]]
    found = quotes(book, [text.strip() for text in removed])
    found += numbers(book, [
        path for path in after if path in before
        and len(after[path].lines) != len(before[path].lines)])
    still = {word for file in after.values() for text in file.lines
             for word in NAME.findall(text)}
    gone = {word for text in removed for word in NAME.findall(text)} - still
    later = {chapter: tree for chapter, tree in ends.items()
             if chapter > plan.chapter}
    for label, line, text in texts(root, book, later) if gone else ():
        found += ['%s:%d: still says %s' % (label, line, word)
                  for word in sorted(gone.intersection(WORD.findall(text)))]
    return found


def quotes(book, removed):
    """Fences that are no listings, and still have an edited line."""
    removed = {text for text in removed if len(text) >= SHORT}
    return ['%s:%d: shows a line that was edited: %s'
            % (name, line, text.strip())
            for name in sorted(book.pages)
            for fence in book.pages[name].of(Fence)
            if (name, fence.line) not in listings(book)
            for line, text in enumerate(fence.body, fence.body_line)
            if any(old in text for old in removed)]


def listings(book):
    """The fences that are applied: (page, line)."""
    return {(name, item.line) for name, items in book.items.items()
            for item in items
            if isinstance(item, (forms.NewFile, forms.Change))}


def numbers(book, paths):
    """Lines of pages that count the lines of a file."""
    files = '|'.join(re.escape(path.split('/')[-1]) for path in paths)
    counted = re.compile(r'\b(?:%s):\d+' % files)
    return ['%s:%d: the number of a line: %s' % (name, line, text.strip())
            for name in sorted(book.pages) if paths
            for line, text in enumerate(book.pages[name].lines, 1)
            if counted.search(text)]


def texts(root, book, ends):
    """Lines that may use a name, as (label, line, text): what chapters
    bring, of the pages what is in no such file, and the tests."""
    told = {origin for tree in ends.values() for file in tree.files.values()
            for origin in file.origins}
    applied = listings(book)
    for name, page in sorted(book.pages.items()):
        own = {line for fence in page.of(Fence)
               if (name, fence.line) in applied
               for line, text in enumerate(fence.body, fence.body_line)
               if (name, line) in told
               or fence.language == 'diff' and not text.startswith('+')}
        for line, text in enumerate(page.lines, 1):
            if line not in own:
                yield name, line, text
    for chapter, tree in ends.items():
        for path, file in sorted(tree.files.items()):
            for line, text in enumerate(file.lines, 1):
                if file.origins[line - 1][0].startswith(
                        book.page_of(chapter)):
                    yield '%s/%s' % (chapter, path), line, text
    for where, _, names in sorted(os.walk(os.path.join(root, 'proofs'))):
        for name in sorted(names):
            if name.endswith(('.c', '.h', '.py', '.md')):
                full = os.path.join(where, name)
                with open(full, encoding='utf-8') as stream:
                    for line, text in enumerate(stream, 1):
                        yield os.path.relpath(full, root), line, text
