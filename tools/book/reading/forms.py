"""Decides what each block of a page is: a listing, a transcript, a promise.

A form is a class that knows its caption (CAPTION above a fence) or its
line (LINE).  What is none of the forms is a problem, so nothing in the
book escapes the proof.  forms.md explains the forms to people.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from .checkpoints import (Misunderstood, Promise,  # noqa: F401
                          read_checkpoint)
from .listings import Change, Delete, Given, Move, NewFile, Unreadable
from .markdown import Checkpoint, Fence, Prose, columns
from .report import PageError
from .shown import Example, Excerpt, Screen, Transcript

WIDTH = 72
LONG_LISTING = 40

LISTINGS = (NewFile, Given, Change, Delete, Move)
CAPTIONED = (NewFile, Excerpt, Example, Screen, Transcript)
LINES = (Given, Delete, Move)
CAPTIONS = tuple(form.CAPTION for form in CAPTIONED)
NEAR_LISTING = re.compile(r'\*\*(New file|Delete file|Move file|Given)\b')
NEAR_PAUSE = re.compile(r"\bwon['’]t build until\b")

LANGUAGES = frozenset(
    'c cpp asm nasm make makefile ld linker-script linkerscript diff console '
    'text sh bash gdb python json yaml toml ini cfg grub xml html css '
    'markdown rust mermaid svg js dockerfile'.split())


@dataclass
class Pause:
    """*The kernel won't build until `PATH` below.*"""
    line: int
    until: str              # a path or a checkpoint
    PARAGRAPH: ClassVar = re.compile(
        r"^\*[^*]*\bwon['’]t build until (?:`(?P<path>[^`]+)` below|"
        r"checkpoint (?P<name>[a-z0-9-]+\.\d\d))\b[^*]*\*$")


def items(page, report):
    """The page's forms, in order."""
    found = pauses(page, report)
    for block in page.blocks:
        try:
            item = read_block(page, block)
            if item is None:
                continue
            check_size(item, page, report)
            found.append(item)
        except PageError as error:
            report.error(page.name, error.line, str(error))
            if isinstance(block, Checkpoint):
                found.append(Misunderstood(block.line))
            elif named_files(block):
                found.append(Unreadable(page.name, block.line,
                                        named_files(block)))
    for prose in page.of(Prose):
        if not prose.used and any(c.match(prose.text) for c in CAPTIONS):
            report.error(page.name, prose.line,
                         'a caption with no fence below it')
    return sorted(found, key=lambda item: item.line)


def pauses(page, report):
    """The paragraphs that say that the kernel does not build for now."""
    found = []
    for line, text in page.paragraphs():
        pause = Pause.PARAGRAPH.match(text)
        if pause:
            found.append(Pause(line, pause['path'] or pause['name']))
        elif NEAR_PAUSE.search(text):
            report.error(page.name, line, 'reads like the announcement of a '
                         'kernel that does not build, but is none: *The '
                         "kernel won't build until `PATH` below.* or *... "
                         'until checkpoint 3.40.*, a paragraph of its own')
    return found


def named_files(block):
    """The files that a listing seems to change."""
    if isinstance(block, Prose):
        return re.findall(r'`([^`]+)`', block.text) \
            if NEAR_LISTING.search(block.bare) else []
    if not isinstance(block, Fence):
        return []
    new = NewFile.CAPTION.match(block.caption.text if block.caption else '')
    return ([new.group(1)] if new else []) + [
        text[6:] for text in block.body if text.startswith('+++ b/')]


def read_block(page, block):
    if isinstance(block, Fence):
        return read_fence(page, block)
    if isinstance(block, Checkpoint):
        return read_checkpoint(block)
    if isinstance(block, Prose):
        return read_line(page, block)
    return None


def read_line(page, prose):
    text = re.sub(r'^[-*+] +', '', prose.text)
    for form in LINES:
        found = form.LINE.match(text)
        if found:
            return form.read(page, prose, found)
    if NEAR_LISTING.search(prose.bare) and not \
            NewFile.CAPTION.match(prose.text):
        raise PageError(prose.line, 'reads like a listing but is none: '
                        '**New file: `PATH`**, **Given: [`PATH`](LINK)**, '
                        '**Delete file: `PATH`** or **Move file: `OLD` to '
                        '`NEW`** at the beginning of a line')
    return None


def read_fence(page, fence):
    """The form of a fence, by its caption first, then its language."""
    if not fence.language:
        raise PageError(fence.line, 'this fence names no language (`text` '
                        'if there is none)')
    if fence.language not in LANGUAGES:
        raise PageError(fence.line, 'unknown language `%s`: one of %s'
                        % (fence.language, ', '.join(sorted(LANGUAGES))))
    if fence.info != fence.language:
        raise PageError(fence.line, 'only the language comes after the '
                        'backquotes, not `%s`' % fence.info)
    caption = fence.caption.text if fence.caption else ''
    for form in CAPTIONED:
        found = form.CAPTION.match(caption)
        if found:
            return form.read(page, fence, found)
    if fence.language == 'console':
        return Transcript.read(page, fence)
    if fence.language == 'diff':
        return Change.read(page, fence)
    raise PageError(fence.line, 'this `%s` fence is neither applied nor '
                    'captioned: put **New file: `PATH`**, *From `FILE`:*, '
                    '*Example, not part of the kernel:*, *On the screen:* '
                    '... above it' % fence.language)


def check_size(item, page, report):
    """Listings are narrow, short outside <details>, and of one file."""
    fence = getattr(item, 'fence', None)
    if fence is None or (fence.language in ('text', 'console')
                         and not isinstance(item, NewFile)):
        return
    sign = 1 if fence.language == 'diff' else 0
    for line, text in enumerate(fence.body, fence.body_line):
        if sign and text.startswith(('--- a/', '+++ b/', '@@')):
            continue
        width = columns(text[sign:])
        if width > WIDTH:
            report.error(page.name, line, 'this line has %d columns, a '
                         'listing has at most %d' % (width, WIDTH))
    if isinstance(item, Change) and len(item.diffs) > 1:
        report.rule(page.name, item.diffs[1].line, 'a second file: a listing '
                    'changes one file, so close the fence and begin another')
    if not isinstance(item, (NewFile, Change)) or fence.in_details:
        return
    changed = item.count('+-') if isinstance(item, Change) else item.typed()
    if changed > LONG_LISTING:
        report.warning(page.name, fence.line, 'a listing of %d changed '
                       'lines: build it up in pieces, or give the file'
                       % changed)
