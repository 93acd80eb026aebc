"""What a page must be besides true: its end, its checkpoints, its pace."""

import os

from common import files

from ..reading import forms
from ..reading.markdown import Heading
from ..reading.report import one_line
from ..reading.tree import is_executable, no_place, places

TYPED = 150             # lines between two runs


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
        lines = files.read_text(full).split('\n')
    wanted = item.fence.body
    if not wanted:
        report.error(page, item.line, 'this excerpt is empty')
    elif not places(wanted, lines):
        error = no_place(wanted, lines, item.path,
                         lambda k: item.fence.body_line + k)
        report.error(page, error.line, str(error))


# --- The end of a chapter ------------------------------------------------

def compare(book, course, tree, report):
    """At a chapter's end the reader's tree is the chapter's directory."""
    page, chapter = course.page, course.end
    directory = os.path.join(book.root, chapter)
    last = max((item.line for item in listings(book, course)), default=1)
    there = files.below(directory, skip=('README.md',))
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


def listings(book, course):
    return [item for item in book.items[course.page]
            if isinstance(item, forms.LISTINGS)]


def first_origin(file, page, line):
    """Where the file was last written to, in this chapter if it was."""
    here = [origin for origin in file.origins if origin[0] == page]
    return (here or [(page, line)])[0]


def compare_file(file, full, chapter, path, fallback, report):
    content = files.read(full)
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


# --- The outline of a course ---------------------------------------------

def check_outline(book, course, report):
    """Everything about a course's page that needs no tree."""
    check_numbers(book, course, report)
    check_checkpoints(book, course, report)
    check_given(book, course, report)
    check_pace(book, course, report)


def check_numbers(book, course, report):
    """The names of checkpoints are the course's, and rise."""
    page = course.page
    promises = [i for i in book.items[page] if isinstance(i, forms.Promise)]
    for before, promise in zip([None] + promises, promises):
        if not promise.course:
            report.error(page, promise.line, 'a checkpoint of a chapter has '
                         'a number: **Checkpoint %s.10**' % course.number)
        elif promise.course != course.number:
            report.error(page, promise.line, 'checkpoint %s is not of '
                         'chapter %s' % (promise.name, course.number))
        elif before and promise.number == before.number:
            report.error(page, promise.line, 'checkpoint %s is there twice, '
                         'first in line %d' % (promise.name, before.line))
        elif before and promise.number < before.number:
            report.error(page, promise.line, 'checkpoint %s comes after %s'
                         % (promise.name, before.name))


def check_checkpoints(book, course, report):
    """Sections and the page end with a checkpoint."""
    page = course.page
    changes = [item.line for item in listings(book, course)]
    promises = [item.line for item in book.items[page] if isinstance(
        item, (forms.Promise, forms.Misunderstood))]
    if not promises:
        report.error(page, 1, 'this chapter has no checkpoint')
    elif changes and changes[-1] > promises[-1]:
        report.error(page, changes[-1], 'this chapter does not end with a '
                     'checkpoint: this listing comes after its last one')
    starts = [h for h in book.pages[page].of(Heading) if h.level == 2]
    ends = [h.line for h in starts[1:]] + [len(book.pages[page].lines) + 1]
    for heading, end in zip(starts, ends):
        if any(heading.line < line < end for line in changes) and \
                not any(heading.line < line < end for line in promises):
            report.warning(page, heading.line, 'the section "%s" has '
                           'listings but no checkpoint' % heading.text)


def check_given(book, course, report):
    """What a chapter gives from its own directory stays as it is."""
    given = {}
    for item in listings(book, course):
        for path in item.touched():
            if path in given:
                report.error(course.page, item.line, '`%s` is given in line '
                             '%d as it is at the end of the chapter: it '
                             'cannot change any more' % (path, given[path]))
        if isinstance(item, forms.Given) and course.end and \
                item.source.startswith(course.end + '/'):
            given[item.path] = item.line


def check_pace(book, course, report):
    """A reader types no more than so many lines between two runs."""
    typed, first = 0, 0
    for item in book.items[course.page]:
        if isinstance(item, (forms.Promise, forms.Misunderstood)):
            typed = 0
        elif isinstance(item, forms.LISTINGS):
            first = item.line if not typed else first
            before, typed = typed, typed + item.typed()
            if before <= TYPED < typed:
                report.rule(course.page, item.line, 'more than %d lines are '
                            'typed since line %d without a checkpoint'
                            % (TYPED, first), warning=True)
