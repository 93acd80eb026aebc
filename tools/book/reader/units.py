"""What of a file counts, when a reader's is compared with the book's.

A file is taken apart into units: in C what ends with a semicolon, a
comma or a brace, elsewhere a line. Spacing, comments, empty lines, the
ends of lines and how C is laid out in lines do not count; the tab before
a recipe of a Makefile does, since make tells it from blanks.
"""

import re
from functools import lru_cache

STRINGS = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
C_TOKEN = re.compile(r'//.*|/\*|' + STRINGS + r'|\w+|[^\w\s]')
ASM_TOKEN = re.compile(r';.*|' + STRINGS + r'|[\w.$]+|[^\w\s]')
C_FILE = re.compile(r'\.(?:c|h|ld)$')
ASM_FILE = re.compile(r'\.(?:asm|inc|s|S)$')
MAKEFILE = re.compile(r'(?:^|/)Makefile$|\.mk$')


class Unit:
    """Some tokens that belong together, each with its line (from 1)."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.text = ' '.join(token for token, _ in tokens)
        self.line = tokens[0][1]


def units(path, lines):
    """The units of a file."""
    if C_FILE.search(path):
        return c_units(lines)
    return [Unit(tokens) for tokens in (
        line_tokens(path, text.rstrip(), line)
        for line, text in enumerate(lines, 1)) if tokens]


def c_units(lines):
    found, tokens, comment, directive = [], [], False, False
    for line, text in enumerate(lines, 1):
        if comment:
            _, end, text = text.partition('*/')
            comment = not end
        here, comment = (c_tokens(text) if not comment else ([], True))
        if here[:1] == ['#'] and not directive:
            finish(found, tokens)       # what stands open before it
            tokens, directive = [], True
        for token in here:
            tokens.append((token, line))
            if not directive and token in ';{},':
                finish(found, tokens)
                tokens = []
        if directive and here[-1:] != ['\\']:
            finish(found, tokens)
            tokens, directive = [], False
    finish(found, tokens)
    return found


def finish(found, tokens):
    if tokens:
        found.append(Unit(tokens))


@lru_cache(maxsize=None)        # most lines stand in many trees
def c_tokens(text):
    """The tokens of a line, and whether a comment goes on after it."""
    found, at = [], 0
    while True:
        match = C_TOKEN.search(text, at)
        if not match or match.group().startswith('//'):
            return found, False
        at = match.end()
        if match.group() == '/*':
            end = text.find('*/', at)
            if end < 0:
                return found, True
            at = end + 2
        else:
            found.append(match.group())


def line_tokens(path, text, line):
    if ASM_FILE.search(path):
        return [(token, line) for token in ASM_TOKEN.findall(text)
                if not token.startswith(';')]
    bare = text.strip()
    if bare.startswith('#') and not bare.startswith('#!'):
        return []
    tokens = [(token, line) for token in bare.split()]
    if tokens and MAKEFILE.search(path) and text.startswith('\t'):
        tokens.insert(0, ('<tab>', line))
    return tokens
