"""`make history`: the book as a git repository, one commit a listing.

Every commit says in its message where its listing stands; the tags are
`step-3.40` for a checkpoint and `03-vga` for a chapter's end. The same
book makes the same hashes. Between checkpoints a tree need not build.
"""

import os

from ..reading import forms
from ..maintaining.history import Refused, Repository, steps
from ..reading.markdown import Heading
from ..reading.replay import read_book
from ..reading.report import Report
from .step import link

DEFAULT = os.path.join('build', 'history')
MARK = 'book-history'           # in .git: this repository was made here


def publish(root, directory=''):
    """Makes the repository, in place of one that was made earlier."""
    directory = directory or os.path.join(root, DEFAULT)
    repository = Repository(directory)
    if os.path.lexists(directory) and not (
            os.path.isdir(directory) and not os.listdir(directory)) and \
            not os.path.exists(repository.path(MARK)):
        raise SystemExit('book: %s is there already, and no history that '
                         'was made here: name another directory' % directory)
    book = read_book(root, Report())
    try:
        found = steps(book)
    except Refused as reason:
        raise SystemExit('book: %s' % reason) from None
    tagged = tags(book, found)
    repository.begin()
    with open(repository.path(MARK), 'w', encoding='utf-8'):
        pass
    repository.load([(message(book, step), step.tree) for step in found],
                    [reset(name, number) for name, number in tagged])
    repository.git('checkout', '-q', 'main')
    if os.path.realpath(directory).startswith(
            os.path.realpath(os.path.join(root, 'build')) + os.sep):
        link(root, os.path.dirname(os.path.abspath(directory)))
    print('book: %s has %d commits and %d tags; `git log --oneline %s` '
          'there is one chapter' % (
              os.path.relpath(directory), len(found) + 1, len(tagged),
              '..'.join(book.chapters[-2:])))


def tags(book, found):
    """(tag, number of the last step it holds), counted from 1; 0 is the
    empty tree."""
    result, number = [], 0
    for chapter in book.chapters:
        for item in book.items.get(book.page_of(chapter), []):
            if isinstance(item, forms.LISTINGS):
                number += 1
            elif isinstance(item, forms.Promise):
                result.append(('step-' + item.name, number))
        rest = found[number:number + 1]
        number += bool(rest) and rest[0].item is None and \
            rest[0].chapter == chapter
        result.append((chapter, number))
    return result


def reset(name, number):
    """A tag on a step, for git fast-import."""
    return b'reset refs/tags/%s\nfrom :%d\n\n' % (name.encode(), number + 1)


def message(book, step):
    """Where a listing stands, and what it does."""
    if step.item is None:
        return '%s: %s\n' % (step.chapter, what(None))
    line = step.item.line
    above = [heading.text for heading in book.pages[step.page].of(Heading)
             if heading.line < line]
    return '%s: %s: %s\n\nThe listing is in %s, line %d.\n' % (
        step.chapter, above[-1] if above else 'beginning', what(step.item),
        step.page, line)


def what(item):
    """What a listing does, in a few words."""
    return item.describe() if item else 'what no listing tells yet'
