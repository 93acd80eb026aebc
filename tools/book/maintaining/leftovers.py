"""What `make propagate` does not rewrite, and a person should look at.

Simple text searches: an edited line that a page still quotes, a name
that is gone from the edited chapter but still used later on, and the
number of a line in a file that has grown or shrunk.
"""

import os
import re
from difflib import SequenceMatcher

from common import files

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


def leftovers(root, book, chapter, before, ends):
    """Places to look at, as FILE:LINE: sentence.  `before` are the files
    that the chapter had; `ends` are the trees of it and the later ones as
    they are now."""
    after = ends[chapter].files
    removed = []
    for path, file in before.items():
        kept = after[path].lines if path in after else []
        removed += [file.lines[i] for tag, i1, i2, _, _ in SequenceMatcher(
            None, file.lines, kept, False).get_opcodes()
            if tag in ('replace', 'delete') for i in range(i1, i2)]
    found = quotes(book, [text.strip() for text in removed])
    found += numbers(book, [
        path for path in after if path in before
        and len(after[path].lines) != len(before[path].lines)])
    still = {word for file in after.values() for text in file.lines
             for word in NAME.findall(text)}
    gone = {word for text in removed for word in NAME.findall(text)} - still
    for label, line, text in texts(root, book, chapter, ends) \
            if gone else ():
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


def texts(root, book, chapter, ends):
    """Lines that may use a name, as (label, line, text): of the pages
    what is not in a chapter's directory, what later chapters bring, and
    the proofs."""
    applied = listings(book)
    earlier = {book.page_of(name) for name in book.chapters
               if name < chapter}
    for name, page in sorted(book.pages.items()):
        there = {text for end, tree in ends.items()
                 if book.page_of(end) == name
                 for file in tree.files.values() for text in file.lines}
        own = {line for fence in page.of(Fence)
               if (name, fence.line) in applied
               for line, text in enumerate(fence.body, fence.body_line)
               if fence.language == 'diff' and (
                   text[:1] != '+' or text[1:] in there) or text in there}
        for line, text in enumerate(page.lines, 1):
            if name not in earlier and line not in own:
                yield name, line, text
    names = sorted(ends)
    for before, name in zip(names, names[1:]):
        for path, file in sorted(ends[name].files.items()):
            old = ends[before].files.get(path)
            there = set(old.lines) if old else ()
            for line, text in enumerate(file.lines, 1):
                if text not in there:
                    yield '%s/%s' % (name, path), line, text
    for path in files.below(os.path.join(root, 'proofs')):
        if path.endswith(('.c', '.h', '.py', '.md')):
            for line, text in enumerate(files.read_text(os.path.join(
                    root, 'proofs', path)).split('\n'), 1):
                yield 'proofs/' + path, line, text
