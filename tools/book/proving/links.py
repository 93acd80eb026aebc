"""Links and images of the book's pages: what they point to must exist."""

import difflib
import os
import re
from urllib.parse import unquote

from ..reading.markdown import Heading, Prose

IMAGE = re.compile(r'!\[([^\]]*)\]\(\s*<?([^)\s>]*)>?[^)]*\)')
LINK = re.compile(r'(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]'
                  r'\(\s*<?([^)\s>]*)>?[^)]*\)')
DEFINITION = re.compile(r'^ {0,3}\[([^\]]+)\]:\s*<?([^\s>]+)>?')
REFERENCE = re.compile(r'\]\[([^\]]*)\]')
HTML_LINK = re.compile(r'<a\b[^>]*\bhref=["\']([^"\']*)["\']', re.I)
HTML_IMAGE = re.compile(r'<img\b[^>]*>', re.I)
ATTRIBUTE = re.compile(r'\b(\w+)=["\']([^"\']*)["\']')
ANCHOR = re.compile(r'<a\b[^>]*\b(?:id|name)=["\']([^"\']*)["\']', re.I)
EXTERNAL = re.compile(r'^[a-z][a-z0-9+.-]*:', re.I)


def slugs(page):
    """The anchors of a page's headings, as GitHub makes them."""
    found, counts = set(), {}
    for heading in page.of(Heading):
        slug = slug_of(heading.text)
        number = counts.get(slug, 0)
        counts[slug] = number + 1
        found.add('%s-%d' % (slug, number) if number else slug)
    for prose in page.of(Prose):
        found.update(ANCHOR.findall(prose.bare))
    return found


def slug_of(text):
    """Lower case, letters, digits, - and _ only, blanks become -."""
    text = re.sub(r'!?\[([^\]]*)\]\([^)]*\)', r'\1', text)
    text = re.sub(r'(?<!\w)([*_]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)', r'\2',
                  text)
    text = re.sub(r'<[^>]+>', '', text).lower()
    return re.sub(r'[^\w\- ]', '', text).strip().replace(' ', '-')


def check_links(book, report, names):
    """Checks all links of the named pages."""
    anchors = {name: slugs(page) for name, page in book.pages.items()}
    for name in names:
        page = book.pages[name]
        defined = {found.group(1).lower() for prose in page.of(Prose)
                   for found in [DEFINITION.match(prose.text)] if found}
        for prose in page.of(Prose):
            def error(text, line=prose.line, name=name):
                report.error(name, line, text)
            check_images(book, name, prose.bare, error)
            for target in targets(prose.bare):
                check_target(book, name, target, anchors, error)
            for label in REFERENCE.findall(prose.bare):
                if label and label.lower() not in defined:
                    error('the link [%s] is not defined' % label)


def targets(text):
    definition = DEFINITION.match(text)
    found = [definition.group(2)] if definition else []
    return found + LINK.findall(text) + HTML_LINK.findall(text)


def check_images(book, name, text, error):
    images = IMAGE.findall(text)
    for tag in HTML_IMAGE.findall(text):
        attributes = dict(ATTRIBUTE.findall(tag))
        images.append((attributes.get('alt', ''),
                       attributes.get('src', '')))
    for alternative, source in images:
        if not alternative.strip():
            error('the image %s has no alternative text' % source)
        if EXTERNAL.match(source):
            error('the image %s is not in the repository' % source)
        elif not os.path.isfile(resolve(book, name, source)):
            error('there is no image %s' % source)


def resolve(book, name, target):
    path = unquote(target.split('#')[0].split('?')[0])
    return os.path.normpath(os.path.join(book.root, os.path.dirname(name),
                                         path))


def check_target(book, name, target, anchors, error):
    if EXTERNAL.match(target) or target.startswith('//'):
        return
    path, _, anchor = target.partition('#')
    if path.startswith('/'):
        error('the link %s is absolute: the site may live in a '
              'subdirectory' % target)
        return
    full = resolve(book, name, path) if path else os.path.join(
        book.root, name)
    label = os.path.relpath(full, book.root).replace(os.sep, '/')
    if label.startswith('../'):
        error('the link %s leads out of the repository' % target)
    elif not os.path.exists(full):
        error('the link %s leads to nothing: there is no %s'
              % (target, label))
    elif anchor and label in anchors and \
            unquote(anchor) not in anchors[label]:
        error('the link %s leads to nothing: %s has no heading #%s%s'
              % (target, label, anchor, near(anchor, anchors[label])))


def near(anchor, there):
    """A hint for an anchor that is nearly right."""
    close = [a for a in sorted(there) if a.startswith(anchor)] or \
        difflib.get_close_matches(anchor, sorted(there), 1)
    return ' (but #%s)' % close[0] if close else ''
