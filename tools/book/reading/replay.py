"""The book from its first listing on: what the tree is at each point.

Everything that follows the reader's tree (the check, the tree of a
checkpoint) goes through `replay`.
"""

import os
import re
from dataclasses import dataclass, field
from typing import List

from . import forms, listings
from .markdown import Heading, read_page
from .report import PageError, one_line
from .tree import (Tree, files_below, is_executable, no_place, places,
                   read_tree)

CHAPTER = re.compile(r'^(\d\d)-[a-z0-9-]+$')


@dataclass
class Book:
    """The pages and chapter directories of a repository."""
    root: str
    chapters: List[str]         # directories, in order
    pages: dict = field(default_factory=dict)    # name -> Page
    items: dict = field(default_factory=dict)    # name -> forms

    def page_of(self, chapter):
        return 'book/%s.md' % chapter

    def others(self):
        """Pages that are no chapter's."""
        return [name for name in sorted(self.pages)
                if not CHAPTER.match(name[5:-3])]


def read_book(root, report):
    chapters = sorted(name for name in os.listdir(root)
                      if CHAPTER.match(name)
                      and os.path.isdir(os.path.join(root, name)))
    book = Book(root, chapters)
    directory = os.path.join(root, 'book')
    for name in sorted(os.listdir(directory)):
        if not name.endswith('.md'):
            continue
        label = 'book/' + name
        if CHAPTER.match(name[:-3]) and name[:-3] not in chapters:
            report.warning(label, 1, 'not proven: there is no directory '
                           '%s/' % name[:-3])
            continue
        with open(os.path.join(directory, name), encoding='utf-8') as stream:
            page = read_page(label, stream.read(), report)
        book.pages[label] = page
        book.items[label] = forms.items(page, report)
    return book


def chapter_before(book, chapter):
    """The tree a chapter starts from, as the repository has it."""
    at = book.chapters.index(chapter)
    if at == 0:
        return Tree()
    before = book.chapters[at - 1]
    return read_tree(os.path.join(book.root, before), before)


def replay(book, chapter, tree, report):
    """Goes through a chapter; yields each of its forms with the tree as
    it is after it. The tree is changed in place."""
    name = book.page_of(chapter)
    for item in book.items[name]:
        try:
            apply(tree, item, name)
        except PageError as error:
            report.error(name, error.line, str(error))
            tree.broken.update(touched(item))
        yield item, tree


def touched(item):
    """The files that a form of the book changes."""
    if isinstance(item, forms.Unreadable):
        return item.paths
    if isinstance(item, forms.Change):
        return [diff.path for diff in item.diffs]
    if isinstance(item, forms.Move):
        return [item.old, item.new]
    if isinstance(item, (forms.NewFile, forms.Delete)):
        return [item.path]
    return []


def apply(tree, item, page):
    """Changes the tree as one form of the book says. A file that went
    wrong before is left alone: one error is enough."""
    if isinstance(item, forms.Unreadable):
        tree.broken.update(item.paths)
    elif isinstance(item, forms.Change):
        for diff in item.diffs:
            if diff.path not in tree.broken:
                listings.apply_diff(tree, diff, page)
    elif tree.broken.intersection(touched(item)):
        tree.broken.update(touched(item))
    elif isinstance(item, forms.NewFile):
        tree.put(item.path, listings.new_file(item.fence, page,
                                              item.executable), item.line)
    elif isinstance(item, forms.Delete):
        tree.delete(item.path, item.line)
    elif isinstance(item, forms.Move):
        tree.move(item.old, item.new, item.line)


def check_excerpt(book, tree, item, page, report):
    """An excerpt is a run of lines of the named file, at this point."""
    if item.path in tree.broken:
        return
    if item.path in tree.files:
        lines = tree.files[item.path].lines
    else:
        full = os.path.join(book.root, item.path)
        if not os.path.isfile(full):
            report.error(page, item.line, 'there is no file `%s`, neither '
                         'in the tree nor in the repository' % item.path)
            return
        with open(full, encoding='utf-8') as stream:
            lines = stream.read().split('\n')
    wanted = item.fence.body
    if not wanted:
        report.error(page, item.line, 'this excerpt is empty')
    elif not places(wanted, lines):
        error = no_place(wanted, lines, item.path,
                         lambda k: item.fence.body_line + k)
        report.error(page, error.line, str(error))


# --- The end of a chapter ------------------------------------------------

def compare(book, chapter, tree, report):
    """At a chapter's end the reader's tree is the chapter's directory."""
    page = book.page_of(chapter)
    directory = os.path.join(book.root, chapter)
    last = last_listing(book, chapter)
    there = files_below(directory, skip=('README.md',))
    for path in sorted(set(there) | set(tree.files)):
        if path in tree.broken:
            continue
        full = os.path.join(directory, path)
        if path not in tree.files:
            report.error(page, last, '`%s/%s` is in the chapter\'s directory,'
                         ' but no listing makes it' % (chapter, path))
        elif not os.path.isfile(full) or os.path.islink(full):
            where = first_origin(tree.files[path], page, last)
            report.error(*where, 'the book makes `%s`, but `%s/` does not '
                         'have it at its end' % (path, chapter))
        else:
            compare_file(tree.files[path], full, chapter, path,
                         (page, last), report)


def last_listing(book, chapter):
    lines = [item.line for item in book.items[book.page_of(chapter)]
             if isinstance(item, forms.LISTINGS)]
    return max(lines, default=1)


def first_origin(file, page, line):
    """Where the file was last written to, in this chapter if it was."""
    here = [origin for origin in file.origins if origin[0] == page]
    return (here or [(page, line)])[0]


def compare_file(file, full, chapter, path, fallback, report):
    with open(full, 'rb') as stream:
        content = stream.read()
    label = '%s/%s' % (chapter, path)
    if content != file.content():
        origin, text = describe(file, content, label, fallback)
        report.error(*origin, text)
    elif is_executable(full) != file.executable:
        report.error(*first_origin(file, *fallback), '`%s` is %sexecutable, '
                     'the book makes it %sexecutable'
                     % (label, '' if is_executable(full) else 'not ',
                        '' if file.executable else 'not '))


def describe(file, content, label, fallback):
    """The first difference of a file: (listing, sentence)."""
    theirs = content.decode('utf-8', 'surrogateescape').split('\n')
    complete = theirs[-1] == ''
    if complete:
        theirs.pop()
    ours = file.lines
    at = 0
    while at < min(len(ours), len(theirs)) and ours[at] == theirs[at]:
        at += 1
    if at == len(ours) and at == len(theirs):
        return (origin_of(file, at - 1, fallback),
                '%s:%d: the last line does not end with a newline'
                % (label, at))
    # A line that only the directory has belongs below the one before.
    skip = theirs[at + 1:at + 4] == ours[at:at + 3] and at < len(theirs)
    index = at - 1 if skip or at == len(ours) else at
    text = '%s:%d differs: the book has %s, the directory has %s' % (
        label, at + 1,
        one_line(ours[at]) if at < len(ours) else 'nothing more',
        one_line(theirs[at]) if at < len(theirs) else 'nothing more')
    origin = origin_of(file, index, fallback)
    if not origin[0].startswith('book/'):
        text += ' (that line came unchanged from %s:%d)' % origin
        origin = fallback
    elif index != at:
        text += ' (this listing wrote the line above it)'
    else:
        text += ' (this listing wrote it)'
    return origin, text


def origin_of(file, index, fallback):
    if 0 <= index < len(file.origins):
        return file.origins[index]
    return fallback


# --- The outline of a chapter --------------------------------------------

def check_checkpoints(book, chapter, report):
    """Numbers rise; sections and the chapter end with a checkpoint."""
    page = book.page_of(chapter)
    items = book.items[page]
    number = int(chapter[:2])
    promises = [i for i in items if isinstance(i, forms.Promise)]
    for before, promise in zip([None] + promises, promises):
        if not promise.chapter:
            report.error(page, promise.line, 'a checkpoint of a chapter has '
                         'a number: **Checkpoint %d.10**' % number)
        elif promise.chapter != number:
            report.error(page, promise.line, 'checkpoint %s is not of '
                         'chapter %d' % (promise.name, number))
        elif before and promise.number == before.number:
            report.error(page, promise.line, 'checkpoint %s is there twice, '
                         'first in line %d' % (promise.name, before.line))
        elif before and promise.number < before.number:
            report.error(page, promise.line, 'checkpoint %s comes after %s'
                         % (promise.name, before.name))
    changes = [i.line for i in items if isinstance(i, forms.LISTINGS)]
    promises = [i for i in items
                if isinstance(i, (forms.Promise, forms.Misunderstood))]
    if not promises:
        report.error(page, 1, 'this chapter has no checkpoint')
    elif changes and changes[-1] > promises[-1].line:
        report.error(page, changes[-1], 'this chapter does not end with a '
                     'checkpoint: this listing comes after its last one')
    check_sections(book.pages[page], changes, promises, report)


def check_sections(page, changes, promises, report):
    """A `##` section that changes the tree should promise something."""
    starts = [h for h in page.of(Heading) if h.level == 2]
    ends = [h.line for h in starts[1:]] + [len(page.lines) + 1]
    for heading, end in zip(starts, ends):
        if any(heading.line < line < end for line in changes) and \
                not any(heading.line < p.line < end for p in promises):
            report.warning(page.name, heading.line, 'the section "%s" has '
                           'listings but no checkpoint' % heading.text)
