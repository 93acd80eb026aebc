"""The book from its first listing on: what the tree is at each point.

A course is a page whose listings lead from a start to an end: a chapter,
which starts where the one before ended, or a side page, which starts from
the end of the chapter that it names.  Everything that follows the
reader's tree goes through `replay`.
"""

import os
import re
from dataclasses import dataclass, field
from typing import Dict, List, Optional

from common import files
from common.terminal import Complaint

from . import forms
from .markdown import read_page
from .report import PageError, Report
from .tree import Tree, read_tree

CHAPTER = re.compile(r'^(\d\d)-[a-z0-9-]+$')
START = re.compile(r'^\*Starts from the end of \[[^\]]+\]\(\.\./'
                   r'(\d\d-[a-z0-9-]+)\.md\)\.\*$')


@dataclass
class Course:
    """A page that changes the reader's tree."""
    name: str                   # 03-vga, recursive
    page: str                   # book/03-vga.md, book/side/recursive.md
    number: str                 # what its checkpoints begin with: 3, ...
    start: Optional[str]        # the chapter whose end it starts from
    end: Optional[str]          # the directory that it must end as


@dataclass
class Book:
    """The pages and chapter directories of a repository."""
    root: str
    chapters: List[str]         # directories, in order
    pages: dict = field(default_factory=dict)    # name -> Page
    items: dict = field(default_factory=dict)    # name -> forms
    courses: Dict[str, Course] = field(default_factory=dict)

    def page_of(self, name):
        """The page of a chapter or of another course."""
        return self.courses[name].page

    def others(self):
        """Pages that are no course's."""
        own = {course.page for course in self.courses.values()}
        return [name for name in sorted(self.pages) if name not in own]


def read_book(root, report):
    """All pages, with what is wrong in them in the report."""
    directory = os.path.join(root, 'book')
    if not os.path.isdir(directory):
        raise Complaint('%s has no directory book/: run this in the '
                        'repository' % root)
    chapters = sorted(name for name in os.listdir(root)
                      if CHAPTER.match(name)
                      and os.path.isdir(os.path.join(root, name)))
    book = Book(root, chapters)
    for before, name in zip([None] + chapters, chapters):
        book.courses[name] = Course(name, 'book/%s.md' % name,
                                    str(int(name[:2])), before, name)
    for path in files.below(directory):
        name = path[:-len('.md')]
        if not path.endswith('.md') or path.count('/') > 1:
            continue
        if CHAPTER.match(name) and name not in chapters:
            report.warning('book/' + path, 1, 'not proven: there is no '
                           'directory %s/' % name)
            continue
        read_one(book, 'book/' + path, report)
    return book


def read_one(book, label, report):
    """Reads a page into the book."""
    content = files.read(os.path.join(book.root, label))
    if b'\r\n' in content:
        raise Complaint('%s has the line ends of DOS, and so will all files '
                        'of this checkout: `git config core.autocrlf false`, '
                        'and check it out again' % label)
    page = read_page(label, content.decode('utf-8', 'replace'), report,
                     book.root)
    book.pages[label] = page
    book.items[label] = forms.items(page, report)
    if label.count('/') > 1:
        add_course(book, page, report)


def add_course(book, page, report):
    """A page in a directory of book/ is a course of its own."""
    name = os.path.basename(page.name)[:-len('.md')]
    paragraphs = [entry for entry in page.paragraphs()
                  if not entry[1].startswith('# ')]
    found = START.match(paragraphs[0][1]) if paragraphs else None
    if not found or found[1] not in book.chapters:
        report.error(page.name, paragraphs[0][0] if paragraphs else 1,
                     'a side page begins with the chapter it starts from: '
                     '*Starts from the end of [chapter 9](../09-paging.md).*')
    elif name in book.courses:
        report.error(page.name, 1, 'there is a page of this name already, '
                     '%s: the names of checkpoints begin with it'
                     % book.page_of(name))
    else:
        book.courses[name] = Course(name, page.name, name, found[1], None)


def chapter_before(book, name):
    """The tree that a course starts from, as the repository has it."""
    start = book.courses[name].start
    if start is None:
        return Tree()
    return read_tree(os.path.join(book.root, start), start)


def replay(book, name, tree, report):
    """Goes through a course; yields each of its forms with the tree as
    it is after it."""
    page = book.page_of(name)
    for item in book.items[page]:
        if isinstance(item, forms.LISTINGS + (forms.Unreadable,)):
            tree = tree.copy()
            try:
                apply(tree, item)
            except PageError as error:
                report.error(page, error.line, str(error))
                tree.broken.update(item.touched())
        yield item, tree


def apply(tree, item):
    """Changes the tree as a listing says. A file that went wrong before
    is left alone: one error is enough."""
    if tree.broken.intersection(item.touched()):
        tree.broken.update(item.touched())
    else:
        item.apply(tree)


def tree_at(book, name):
    """The tree at a checkpoint: 3.40, recursive.20."""
    number = name.rpartition('.')[0].lstrip('0')
    for course in book.courses.values():
        if course.number != number or course.page not in book.pages:
            continue
        known = []
        for item, tree in replay(book, course.name,
                                 chapter_before(book, course.name),
                                 Report()):
            if not isinstance(item, forms.Promise):
                continue
            known.append(item.name)
            if item.name == name.lstrip('0'):
                if tree.broken:
                    raise Complaint('the book is wrong before that point: '
                                    'run `make check-book`')
                return tree
        raise Complaint('%s has no checkpoint %s; it has %s' % (
            course.page, name, ', '.join(known) or 'none'))
    raise Complaint('there is no checkpoint %s: their names are like %s'
                    % (name, ', '.join('%s.10' % course.number for course
                                       in list(book.courses.values())[-2:])))
