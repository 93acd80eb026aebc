#!/usr/bin/env python3
"""Breaks the statements of a chapter one at a time: do its tests notice?

    python3 tools/mutants.py 03-vga             make mutants CHAPTER=03
    python3 tools/mutants.py 03-vga --list      only lists them
    python3 tools/mutants.py 03-vga --sample 40 --seed 1
    python3 tools/mutants.py 03-vga --changed-since HEAD~1
    python3 tools/mutants.py 03-vga --quick --seconds 90

A mutant is the kernel with one small change that should make a test fail:

    C         a statement deleted; a condition negated; `return 0`; an
              operator swapped for its neighbour (< and <=, + and -, & and
              |, && and ||, ...); an integer larger by one; true and false
    assembly  an instruction deleted; a conditional jump turned round; an
              integer larger by one
    linker.ld a line deleted; an even number halved, an odd one doubled

Only lines that the chapter added, compared with the one before it, are
changed; of a tree without one before it, all lines are.  The chapter's
demo and the test harness in src/test/ are part of what it added; its
tests (*_test.c, tests/) are not.

A mutant counts if it compiles (warnings do not matter), if its object
differs from the original's (debugging information aside), and if no
earlier mutant of the same file made the same object.  It is killed if one
of the programs that `make test THOROUGH=1` runs fails; they are run one
after the other, likely ones first.  It hangs if a program takes four times
what it took unbroken, and at least 4 seconds; that kills it as well.

What survives needs a test, or was needless, or is excused with a reason
in proofs/excuses/NAME.txt, a line for each:

    FILE:FUNCTION :: LINE BEFORE => LINE AFTER :: REASON

Excuses know no line numbers.  For each survivor the line to paste is
printed.  The result is

    killed of (those that count, less the survivors that are excused)

in whole points of 100, rounded down; the exit status is 1 below
--at-least.  With --seconds no mutant is begun or gone on with when so much
time has passed, the tests of the unbroken kernel included; those without a
verdict do not count.  --quick does without the thorough proofs.

Verdicts are kept in build/mutants/NAME.json.  A later run tests only what
has changed since: a survivor when any source or test has changed, a
killed mutant when a source or the tests that killed it have.  Comments
and the layout of lines do not matter, nor do the tools' own versions:
--fresh forgets all of it.

Nothing is changed but files below build/mutants/.
"""

import argparse
import collections
import concurrent.futures
import difflib
import fnmatch
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

AT_LEAST = 85
SHORTEST_LIMIT = 4      # seconds that a program may always take
PATIENCE = 4            # times what it takes unbroken
MAKE_LIMIT = 120
COMMAND_LIMIT = 600     # of one run of the tests, whatever they do

Mutant = collections.namedtuple(
    "Mutant", "path function line operator before after text")


class Wrong(Exception):
    """The command cannot do anything sensible; the message says why."""


# --- Tokens of C ------------------------------------------------------

class Token:
    """A piece of C: kind is name, number, char, string, operator or edge
    (where a preprocessor line begins or ends)."""

    __slots__ = ("kind", "text", "start", "end")

    def __init__(self, kind, text, start):
        self.kind = kind
        self.text = text
        self.start = start
        self.end = start + len(text)


C_TOKEN = re.compile(r"""
    (?P<newline>\n)
  | (?P<space>[^\S\n]+|\\\n|//[^\n]*|/\*.*?\*/)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<char>'(?:\\.|[^'\\\n])*')
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<operator>->|\+\+|--|<<=|>>=|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||\.\.\.|.)
""", re.X | re.S)
DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(define[ \t]+\w+(?:\([^)]*\))?)?")


def line_end(text, position):
    """The end of a line, with the lines that a backslash joins to it."""
    while True:
        end = text.find("\n", position)
        if end < 0:
            return len(text)
        if text[end - 1] != "\\":
            return end
        position = end + 1


def c_tokens(text):
    """The tokens of a C source.  Of a preprocessor line only what a
    #define stands for is kept, between two edges."""
    tokens = []
    position, line_begins, in_define = 0, True, False
    while position < len(text):
        directive = DIRECTIVE.match(text, position) if line_begins else None
        if directive:
            tokens.append(Token("edge", "", position))
            in_define = directive[1] is not None
            position = directive.end()
            if not in_define:
                position = line_end(text, position)
                tokens.append(Token("edge", "", position))
            line_begins = False
            continue
        match = C_TOKEN.match(text, position)
        line_begins = match.lastgroup == "newline"
        if line_begins and in_define:
            tokens.append(Token("edge", "", position))
            in_define = False
        elif match.lastgroup not in ("newline", "space"):
            tokens.append(Token(match.lastgroup, match[0], position))
        position = match.end()
    return tokens


# --- The structure of C -----------------------------------------------

OPEN = {"(": ")", "[": "]", "{": "}"}

# What a declaration begins with; without it nothing would compile.
DECLARES = set("""
    const static extern volatile unsigned signed void char short int long
    bool struct enum union typedef register inline _Alignas _Static_assert
""".split())

# Words with parentheses behind them that hold no code of the kernel's.
OPAQUE = {"__attribute__", "_Static_assert", "__asm__", "_Alignas", "sizeof",
          "PRINTF"}


class Source:
    """A C source with its statements and conditions found.

    statements  (first, last) tokens of each that ends with a semicolon
    returns     (first, last) tokens of each value that is returned
    conditions  (first, last) tokens of each condition
    steps       (first, last) tokens of the third part of each `for`
    functions   (start, end, name): where each function stands"""

    def __init__(self, text):
        self.text = text
        self.tokens = c_tokens(text)
        self.partner = self.match_brackets()
        self.statements = []
        self.returns = []
        self.conditions = []
        self.steps = []
        self.functions = []
        self.opaque = self.find_opaque()
        self.parse()
        self.find_ternaries()

    def match_brackets(self):
        """The closing token for each opening one, by index, and back."""
        partner, stack = {}, []
        for index, token in enumerate(self.tokens):
            if token.kind != "operator":
                continue
            if token.text in OPEN:
                stack.append(index)
            elif token.text in ")]}" and stack:
                partner[index] = stack.pop()
                partner[partner[index]] = index
        return partner

    def is_text(self, index, text):
        return index < len(self.tokens) and self.tokens[index].text == text

    def find_opaque(self):
        """The indices of tokens that are left alone."""
        opaque = set()
        for index, token in enumerate(self.tokens):
            if token.text in OPAQUE:
                start = index + 1
                while self.is_text(start, "volatile"):
                    start += 1
                if start in self.partner:
                    opaque.update(range(index, self.partner[start] + 1))
        return opaque

    def parse(self):
        """Finds function bodies, and macros that are statements."""
        index, name = 0, ""
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "edge":
                if self.is_text(index + 1, "do"):
                    self.statement(index + 1)
                while index + 1 < len(self.tokens) \
                        and self.tokens[index + 1].kind != "edge":
                    index += 1      # to the edge that ends the directive
                index += 2
            elif token.text == "(" and index in self.partner:
                if index and self.tokens[index - 1].kind == "name" \
                        and self.tokens[index - 1].text not in OPAQUE:
                    name = self.tokens[index - 1].text
                    if self.tokens[index + 1].kind == "name" \
                            and self.partner[index] == index + 2:
                        name = self.tokens[index + 1].text \
                            if name == "TEST" else name
                index = self.partner[index] + 1
            elif token.text == "{" and index in self.partner:
                end = self.partner[index]
                if self.is_text(index - 1, ")"):
                    self.functions.append((token.start,
                                           self.tokens[end].end, name))
                    self.block(index)
                index = end + 1
            else:
                index += 1

    def block(self, index):
        """The statements between two braces; the index behind them."""
        end = self.partner[index]
        index += 1
        while index < end:
            index = max(self.statement(index), index + 1)
        return end + 1

    def condition(self, index):
        """Notes a condition in parentheses; the index behind them."""
        end = self.partner[index]
        self.conditions.append((index + 1, end - 1))
        return end + 1

    def statement(self, index):
        """One statement; the index behind it."""
        word = self.tokens[index].text
        if word == "{":
            return self.block(index)
        if word in ("if", "while"):
            index = self.statement(self.condition(index + 1))
            if word == "if" and self.is_text(index, "else"):
                return self.statement(index + 1)
            return index
        if word == "switch":
            return self.statement(self.partner[index + 1] + 1)
        if word == "for":
            self.for_parts(index + 1)
            return self.statement(self.partner[index + 1] + 1)
        if word == "do":
            index = self.condition(self.statement(index + 1) + 1)
            return index + self.is_text(index, ";")
        if word in ("case", "default") or self.is_text(index + 1, ":"):
            while not self.is_text(index, ":"):
                index += 1
            return index + 1
        return self.simple(index)

    def for_parts(self, index):
        """The condition and the step of a `for`."""
        parts, start, end = [], index + 1, self.partner[index]
        at = start
        while at <= end:
            if at in self.partner and at < self.partner[at]:
                at = self.partner[at]
            elif at == end or self.is_text(at, ";"):
                parts.append((start, at - 1))
                start = at + 1
            at += 1
        if len(parts) == 3:
            for part, found in ((parts[1], self.conditions),
                                (parts[2], self.steps)):
                if part[0] <= part[1]:
                    found.append(part)

    def simple(self, index):
        """A statement up to its semicolon; the index behind it."""
        end = index
        while end < len(self.tokens) and not self.is_text(end, ";"):
            if self.tokens[end].kind == "edge" or self.is_text(end, "}"):
                return end
            end = self.partner.get(end, end) + 1
        if end >= len(self.tokens):
            return end
        if self.is_text(index, "return") and end > index + 1:
            self.returns.append((index + 1, end - 1))
        elif end > index and not self.is_declaration(index):
            self.statements.append((index, end))
        return end + 1

    def is_declaration(self, index):
        first, second = self.tokens[index], self.tokens[index + 1]
        if first.text in DECLARES or first.text.endswith("_t"):
            return True
        if first.kind != "name" or first.text in OPAQUE | {"return", "goto"}:
            return False
        # `type name`, or `type *name` as we write it.
        return second.kind == "name" or (
            second.text == "*" and second.start > first.end
            and self.tokens[index + 2].start == second.end)

    def find_ternaries(self):
        """The condition in front of each question mark."""
        for index, token in enumerate(self.tokens):
            if token.kind != "operator" or token.text != "?":
                continue
            start = index - 1
            while start >= 0:
                now = self.tokens[start]
                if now.text in ")]}" and start in self.partner:
                    start = self.partner[start] - 1
                elif now.kind == "edge" or now.text in (
                        "return", "(", "[", "{", ",", ";", "?", ":", "=",
                        "+=", "-=", "|=", "&="):
                    break
                else:
                    start -= 1
            if start + 1 < index:
                self.conditions.append((start + 1, index - 1))

    def function_at(self, position):
        """The function around a position, empty outside of all."""
        for start, end, name in self.functions:
            if start <= position < end:
                return name
        return ""


# --- What can be broken -----------------------------------------------

SWAP = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "&&": "||", "||": "&&", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "*", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
    "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "*=",
    "|=": "&=", "&=": "|=", "^=": "&=", "<<=": ">>=", ">>=": "<<=",
}
STEP = {"++": "--", "--": "++"}
INTEGER = re.compile(r"(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)([uUlL]*)$")


def blank(text):
    """Only the line ends of a text, with their backslashes."""
    return "".join(re.findall(r"\\?\n", text))


def one_more(number):
    """An integer constant plus one, written alike; None for others."""
    match = INTEGER.match(number)
    if not match:
        return None
    digits, suffix = match.groups()
    if digits[:2] in ("0x", "0X"):
        return "0x%0*x%s" % (len(digits) - 2, int(digits, 16) + 1, suffix)
    if digits[:2] in ("0b", "0B"):
        return bin(int(digits, 2) + 1) + suffix
    base = 8 if digits[0] == "0" and len(digits) > 1 else 10
    value = int(digits, base) + 1
    return ("0%o" % value if base == 8 else str(value)) + suffix


def c_changes(source):
    """(start, end, replacement, operator) for all that can be broken."""
    tokens, text = source.tokens, source.text

    def span(first, last):
        return tokens[first].start, tokens[last].end

    for first, last in source.statements:
        start, end = span(first, last)
        yield start, end, ";" + blank(text[start:end]), "deleted"
    for first, last in source.steps:
        start, end = span(first, last)
        yield start, end, blank(text[start:end]), "deleted"
    for first, last in source.conditions:
        start, end = span(first, last)
        yield start, end, "!(%s)" % text[start:end], "negated"
    for first, last in source.returns:
        start, end = span(first, last)
        if text[start:end] not in ("0", "true", "false", "NULL"):
            yield start, end, "0" + blank(text[start:end]), "return 0"
    for index, token in enumerate(tokens):
        new = None if index in source.opaque else c_replacement(source, index)
        if new is not None:
            yield (token.start, token.end) + new


def c_replacement(source, index):
    """What a token becomes, and the operator's name; or None."""
    token, text = source.tokens[index], source.text
    if token.kind == "number":
        value = one_more(token.text)
        return value and (value, "larger by one")
    if token.kind == "char":
        return "(%s + 1)" % token.text, "larger by one"
    if token.text in ("true", "false"):
        other = "false" if token.text == "true" else "true"
        return other, "true and false swapped"
    if token.kind == "operator" and token.text in STEP:
        return STEP[token.text], "operator swapped"
    # An operator between two operands has blanks on both sides; without,
    # it is a sign, a pointer or an address.
    if token.kind == "operator" and token.text in SWAP \
            and text[token.start - 1].isspace() and text[token.end].isspace():
        return SWAP[token.text], "operator swapped"
    return None


# Words that are no instructions; the first few take no sensible change.
ASM_SKIPPED = {"section", "bits", "default", "align", "global", "extern",
               "cpu", "org", "incbin"}
ASM_DATA = {"db", "dw", "dd", "dq", "resb", "resw", "resd", "resq", "times",
            "equ"}
ASM_JUMPS = {}
for pair in ("je jne", "jz jnz", "jb jae", "jc jnc", "ja jbe", "jl jge",
             "jg jle", "js jns", "jo jno", "jp jnp"):
    one, other = pair.split()
    ASM_JUMPS[one], ASM_JUMPS[other] = other, one

ASM_TOKEN = re.compile(r"""
    (?P<newline>\n) | (?P<space>[^\S\n]+|\\\n|;[^\n]*)
  | (?P<string>'[^'\n]*'|"[^"\n]*")
  | (?P<name>[A-Za-z_.$%@?][\w.$@?]*) | (?P<number>\d\w*) | (?P<operator>.)
""", re.X | re.S)


def asm_statements(text):
    """The tokens of each logical line of an assembly source."""
    position = 0
    while position < len(text):
        end = line_end(text, position)
        tokens = []
        while position < end:
            match = ASM_TOKEN.match(text, position)
            if match.lastgroup != "space":
                tokens.append(Token(match.lastgroup, match[0], position))
            position = match.end()
        position = end + 1
        yield tokens


def asm_changes(text):
    """Like c_changes, for NASM's language."""
    for tokens in asm_statements(text):
        if len(tokens) > 1 and tokens[1].text == ":":
            tokens = tokens[2:]
        if not tokens or tokens[0].text[0] == "%":
            continue
        words = {tokens[0].text.lower()}
        if len(tokens) > 1 and tokens[0].kind == "name":
            words.add(tokens[1].text.lower())
        if words & ASM_SKIPPED:
            continue
        if not words & ASM_DATA and tokens[0].kind == "name":
            start, end = tokens[0].start, tokens[-1].end
            yield start, end, blank(text[start:end]), "deleted"
            jump = ASM_JUMPS.get(tokens[0].text.lower())
            if jump:
                yield (start, tokens[0].end, jump, "negated")
        for token in tokens:
            value = None
            if token.kind == "number":
                value = one_more(token.text)
            elif token.kind == "string" and len(token.text) == 3:
                value = "(%s + 1)" % token.text
            if value:
                yield token.start, token.end, value, "larger by one"


def asm_label(text, position):
    """The label above a position that is not local."""
    label = ""
    for match in re.finditer(r"^([A-Za-z_]\w*):", text, re.M):
        if match.start() > position:
            break
        label = match[1]
    return label


LD_COMMENT = re.compile(r"/\*.*?\*/", re.S)
LD_STATEMENT = re.compile(
    r"^[ \t]*((?:[.\w]+\s*=[^=;\n]*;|[./\w]+\s*:[^;\n{]*\{[^\n]*\}"
    r"|QUAD\([^\n]*\)[ \t]*;?))[ \t]*$", re.M)


def ld_changes(text):
    """Like c_changes, for linker scripts."""
    clear = LD_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]),
                           text)
    for match in LD_STATEMENT.finditer(clear):
        yield match.start(1), match.end(1), "", "deleted"
    for match in re.finditer(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)([KM]?)\b",
                             clear):
        value = int(match[1], 0)
        value = str(value * 2 if value % 2 else value // 2 or 1) + match[2]
        yield match.start(), match.end(), value, "halved or doubled"


def changes_of(path, text):
    """The changes for a file, and a function that names the place."""
    if path.endswith((".c", ".h")):
        source = Source(text)
        return c_changes(source), source.function_at
    if path.endswith(".asm"):
        return asm_changes(text), lambda position: asm_label(text, position)
    if path.endswith(".ld"):
        return ld_changes(text), lambda position: ""
    return (), lambda position: ""


def code_of(path, text):
    """A text without comments and with single blanks, on one line."""
    if path.endswith((".c", ".h")):
        text = "".join(" " if match.lastgroup == "space" else match[0]
                       for match in C_TOKEN.finditer(text))
    elif path.endswith(".asm"):
        text = "".join(" " if match.lastgroup == "space" else match[0]
                       for match in ASM_TOKEN.finditer(text))
    elif path.endswith(".ld"):
        text = LD_COMMENT.sub(" ", text)
    return " ".join(text.split())


def lines_of(path, text, start, end):
    """The whole lines around a piece of text, as code_of() gives them."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    return code_of(path, text[first:len(text) if last < 0 else last])


def mutants_of(path, text, lines=None):
    """The mutants of a file, in its order; of these lines if given."""
    changes, place = changes_of(path, text)
    found, seen = [], {text}
    for start, end, new, operator in sorted(changes):
        line = text.count("\n", 0, start) + 1
        last = text.count("\n", 0, end) + 1
        if lines is not None and not lines & set(range(line, last + 1)):
            continue
        mutated = text[:start] + new + text[end:]
        if mutated in seen:
            continue
        seen.add(mutated)
        found.append(Mutant(
            path, place(start), line, operator,
            lines_of(path, text, start, end),
            lines_of(path, mutated, start, start + len(new)), mutated))
    return found


# --- Which files and lines --------------------------------------------

def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_test(path):
    """Whether a file of a tree belongs to its tests; the harness does
    not."""
    return path.startswith("tests" + os.sep) or path.endswith("_test.c")


def tree_files(tree):
    """The files of a tree, relative to it, sorted."""
    found = []
    for base, directories, names in os.walk(tree):
        directories[:] = [name for name in directories if name[0] != "."]
        for name in names:
            if name[0] != ".":
                found.append(os.path.relpath(os.path.join(base, name), tree))
    return sorted(found)


def chapter_before(tree):
    """The directory of the chapter before this one, or None."""
    root, name = os.path.split(tree)
    chapters = sorted(entry for entry in os.listdir(root)
                      if re.match(r"\d\d-", entry)
                      and os.path.isdir(os.path.join(root, entry)))
    if name not in chapters or chapters.index(name) == 0:
        return None
    return os.path.join(root, chapters[chapters.index(name) - 1])


def added_lines(before, after):
    """The numbers of the lines of `after` that are not in `before`."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(),
                                      after.splitlines(), False)
    added = set()
    for tag, _, _, start, end in matcher.get_opcodes():
        if tag in ("replace", "insert"):
            added.update(range(start + 1, end + 1))
    return added


def text_at(tree, revision, path):
    """A file of the tree in a commit, empty if it was not there."""
    run = subprocess.run(
        ["git", "-C", tree, "show", "%s:./%s" % (revision, path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return run.stdout.decode("utf-8", "replace")


def all_mutants(tree, before, revision):
    """The mutants of a tree: on the lines that it adds to the tree
    before, and on those that changed since a commit, if one is given."""
    if revision and subprocess.run(
            ["git", "-C", tree, "rev-parse", "-q", "--verify",
             revision + "^{commit}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode != 0:
        raise Wrong("%s is not a commit" % revision)
    found = []
    for path in tree_files(tree):
        if is_test(path) or not path.endswith((".c", ".h", ".asm", ".ld")):
            continue
        text = read(os.path.join(tree, path))
        lines = None
        if before is not None:
            old = os.path.join(before, path)
            if os.path.exists(old):
                lines = added_lines(read(old), text)
        if revision:
            changed = added_lines(text_at(tree, revision, path), text)
            lines = changed if lines is None else lines & changed
        found += mutants_of(path, text, lines)
    return found


# --- Excuses ----------------------------------------------------------

NOTHING = "(nothing)"   # what a deleted line becomes

class Excuse:
    """A line of the list of excuses."""

    def __init__(self, where, change, reason):
        self.where = where
        self.before, _, self.after = change.partition(" => ")
        if self.after.strip() == NOTHING:
            self.after = ""
        self.reason = reason
        self.matches = 0

    def fits(self, mutant):
        return (self.where == place_of(mutant)
                and self.before.split() == mutant.before.split()
                and self.after.split() == mutant.after.split())


def place_of(mutant):
    """File and function of a mutant, as an excuse names them."""
    return mutant.path + (":" + mutant.function if mutant.function else "")


def excuse_line(mutant, reason="REASON"):
    """The line that excuses a mutant."""
    return "%s :: %s => %s :: %s" % (place_of(mutant), mutant.before,
                                     mutant.after or NOTHING, reason)


def read_excuses(path):
    """The list of excuses, empty if there is none."""
    excuses = []
    for number, line in enumerate(read(path).splitlines()
                                  if os.path.exists(path) else (), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split(" :: ")
        if len(parts) != 3 or " => " not in parts[1] \
                or parts[2].strip() in ("", "REASON"):
            raise Wrong("%s:%d: expected FILE:FUNCTION :: BEFORE => AFTER "
                        ":: REASON" % (path, number))
        excuses.append(Excuse(parts[0].strip(), parts[1], parts[2].strip()))
    return excuses


def excuse_for(mutant, excuses):
    """The excuse that fits a mutant, or None."""
    for excuse in excuses:
        if excuse.fits(mutant):
            return excuse
    return None


# --- Fingerprints, for the verdicts that are kept ---------------------

def digest(*parts):
    hasher = hashlib.sha256()
    for part in parts:
        part = part.encode("utf-8", "surrogateescape") \
            if isinstance(part, str) else part
        hasher.update(b"%d:" % len(part) + part)
    return hasher.hexdigest()


def digest_files(paths):
    """A digest of files by their code; an absent one counts as such."""
    parts = []
    for path in sorted(paths):
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") \
                    as file:
                parts += [path, code_of(path, file.read())]
        except OSError:
            parts += [path, "absent"]
    return digest(*parts)


class Fingerprints:
    """What verdicts depend on.

    source(mutant)   the whole kernel with this mutant in it
    tests(program)   the tests of a program; of all of them for None"""

    def __init__(self, root, tree, command):
        self.root = root
        self.tree = tree
        self.command = command
        self.codes = {}
        for path in tree_files(tree):
            if not is_test(path) and os.path.basename(path) != "README.md":
                self.codes[path] = code_of(path, self.text(path))
        self.rules = digest_files(
            [os.path.join(root, "common.mk")]
            + self.below("proofs/host/include")
            + self.below("proofs/host/support")
            + self.below("proofs/machine/support"))
        # Read now, like the copy that is tested: later they may differ.
        self.sums = {path: digest_files([path]) for path in self.files(None)}

    def text(self, path):
        with open(os.path.join(self.tree, path), encoding="utf-8",
                  errors="surrogateescape") as file:
            return file.read()

    def below(self, directory):
        """All files below a directory of the root."""
        top = os.path.join(self.root, directory)
        return [os.path.join(top, path) for path in tree_files(top)
                if not path.endswith(".pyc")]

    def source(self, mutant):
        codes = dict(self.codes)
        codes[mutant.path] = code_of(mutant.path, mutant.text)
        parts = [part for item in sorted(codes.items()) for part in item]
        return digest(self.rules, mutant.path, *parts)

    def own_tests(self, wanted):
        return [os.path.join(self.tree, path)
                for path in tree_files(self.tree)
                if is_test(path) and wanted(path)]

    def tests(self, program):
        return digest(self.command or "", *(
            self.sums.get(path, "absent")
            for path in sorted(self.files(program))))

    def files(self, program):
        """The sources of a program's tests."""
        kind, _, name = (program or "").rpartition("/")
        if kind in ("host", "kernel", "machine"):
            suffix = ".py" if kind == "machine" else ".c"
            return [os.path.join(self.root, "proofs", kind, name + suffix)]
        if program in ("host", "unit"):
            return self.own_tests(lambda path: path.endswith("_test.c"))
        if program and os.path.exists(
                os.path.join(self.tree, "tests", program + ".c")):
            return [os.path.join(self.tree, "tests", program + ".c")]
        return (self.own_tests(lambda path: True)
                + self.below("proofs/host") + self.below("proofs/kernel")
                + self.below("proofs/machine"))


class Verdicts:
    """The verdicts of earlier runs, in build/mutants/NAME.json.

    A verdict is a list: "broken" (does not compile), "same" (as the
    original), or "killed" or "survived" with the object's digest, the
    program that killed it, how, and the fingerprint of the tests."""

    def __init__(self, path, fresh):
        self.path = path
        self.lock = threading.Lock()
        self.entries = {}
        self.new = []
        try:
            if not fresh:
                self.entries = json.loads(read(path))
        except (OSError, ValueError):
            pass

    def get(self, key, prints):
        """The verdict on a mutant if it still holds, else None."""
        entry = self.entries.get(key)
        if entry is None:
            return None
        if entry[0] == "killed" and entry[4] != prints.tests(entry[2]):
            return None
        if entry[0] == "survived" and entry[4] != prints.tests(None):
            return None
        return entry

    def put(self, key, entry):
        with self.lock:
            self.entries[key] = entry
            self.new.append(key)
            if len(self.new) % 20 == 0:
                self.save()

    def forget(self):
        """Drops the verdicts of this run."""
        with self.lock:
            for key in self.new:
                self.entries.pop(key, None)

    def save(self):
        temporary = "%s.%d" % (self.path, os.getpid())
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(self.entries, file, indent=0, sort_keys=True)
        os.replace(temporary, self.path)


# --- Processes --------------------------------------------------------

class Stopped(Exception):
    """The run is being interrupted."""


class Processes:
    """The programs that run now, so that an interrupt ends them all."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.stopped = False

    def run(self, command, limit, **options):
        """Runs a program; (status, output), the status None if it took
        longer than its limit."""
        with self.lock:
            if self.stopped:
                raise Stopped
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True, **options)
            self.running.add(process)
        try:
            output = process.communicate(timeout=limit)[0]
            status = process.returncode
        except subprocess.TimeoutExpired:
            output = self.end(process)
            status = None
        finally:
            with self.lock:
                self.running.discard(process)
        if self.stopped:
            raise Stopped
        return status, output.decode("utf-8", "replace")

    @staticmethod
    def signal(process, number):
        try:
            os.killpg(process.pid, number)
        except OSError:
            pass    # it has just ended

    def end(self, process):
        """Ends a program and its children; it may clean up first."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.signal(process, number)
            try:
                return process.communicate(timeout=10)[0]
            except subprocess.TimeoutExpired:
                continue
        return b""

    def stop(self):
        """Asks all to end; who waits for them, in a thread, sees it."""
        with self.lock:
            self.stopped = True
            for process in self.running:
                self.signal(process, signal.SIGTERM)


def clean_environment():
    """Our environment without what a `make` above us or a user has set
    for other builds, and with all proofs."""
    environment = dict(os.environ, THOROUGH="1")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "STRICT", "TEST",
                 "JUNIT", "V", "OPT", "QEMU_FLAGS"):
        environment.pop(name, None)
    return environment


# --- A place to break things ------------------------------------------

class Workshop:
    """A copy of the project with one tree, and what was built of it."""

    NAME = "mutant"

    def __init__(self, root, tree, directory, options, processes):
        self.directory = directory
        self.tree = os.path.join(directory, self.NAME)
        self.options = options
        self.processes = processes
        self.environment = clean_environment()
        if options.quick:
            del self.environment["THOROUGH"]
        self.build = None
        self.kept = {}      # the unbroken objects, by their path in build
        copy_project(root, tree, directory, self.tree)

    def clone(self, directory):
        """Another workshop like this one, with all that is built."""
        shutil.copytree(self.directory, directory, symlinks=True)
        other = object.__new__(Workshop)
        other.__dict__.update(self.__dict__)
        other.directory = directory
        other.tree = os.path.join(directory, self.NAME)
        other.build = os.path.join(directory,
                                   os.path.relpath(self.build,
                                                   self.directory))
        return other

    def make(self, *targets):
        """Runs make in the tree; its status and what it said."""
        return self.processes.run(
            ["make", "--no-print-directory", "-s", *targets], MAKE_LIMIT,
            cwd=self.tree, env=self.environment)

    def target(self, product):
        """A product, as make knows it."""
        return os.path.relpath(os.path.join(self.build, product), self.tree)

    def warm_up(self):
        """Builds the unbroken kernel."""
        status, output = self.make("print-build")
        if status != 0:
            raise Wrong("make print-build: " + output.strip())
        self.build = os.path.normpath(os.path.join(
            self.tree, output.rstrip().split("\n")[-1]))
        status, output = self.compile()
        if status != 0:
            raise Wrong("the unbroken kernel does not build:\n" + output)

    def keep(self):
        """Remembers the unbroken objects, for Broken to put back."""
        for path in tree_files(self.build):
            if path.endswith(".o"):
                with open(os.path.join(self.build, path), "rb") as file:
                    self.kept[path] = file.read()

    def products(self):
        """What contains every object that a mutant can change."""
        products = ["kernel.elf"]
        if os.path.exists(os.path.join(self.tree, "src/test/main.c")):
            products.append("tests/unit.elf")
        return products

    def compile(self):
        return self.make(*map(self.target, self.products()))

    def objects(self, path):
        """What a file of the tree is compiled to: its object, or for a
        header all objects, or for a linker script the kernels."""
        if path.endswith((".c", ".asm")):
            return [os.path.join(self.build, path + ".o")]
        if path.endswith(".ld"):
            return [os.path.join(self.build, name)
                    for name in self.products()]
        found = []
        for name in tree_files(os.path.join(self.build, "src")):
            if name.endswith(".o") and not name.endswith("_test.c.o"):
                found.append(os.path.join(self.build, "src", name))
        return found

    def digest(self, path):
        """A digest of what a file is compiled to, without debugging
        information."""
        parts = []
        for name in self.objects(path):
            bare = name + ".bare"
            flag = "--strip-all" if path.endswith(".ld") else "--strip-debug"
            status, output = self.processes.run(
                [objcopy(), flag, name, bare], MAKE_LIMIT)
            if status != 0:
                raise Wrong("objcopy: " + output.strip())
            with open(bare, "rb") as file:
                parts += [os.path.relpath(name, self.build), file.read()]
            os.remove(bare)
        return digest(*parts)

    def broken(self, mutant):
        """A context in which the mutant stands in the tree."""
        return Broken(self, mutant)

    def test(self, program, limit):
        """Runs the tests of one program, or the user's command.  None if
        they pass, else a word for how they fail."""
        environment = dict(self.environment)
        if self.options.test_command:
            environment.update(TREE=self.tree, BUILD=self.build)
            status, _ = self.processes.run(
                self.options.test_command, limit, shell=True, cwd=self.tree,
                env=environment)
            return None if status == 0 else "hang" if status is None \
                else "fail"
        environment.setdefault("TIMEOUT", "%.1f" % limit)
        report = os.path.join(self.build, "report.json")
        if os.path.exists(report):
            os.remove(report)
        command = [sys.executable, os.path.join(self.directory, "tools",
                                                "test.py"),
                   self.tree, "--build", self.build, "--jobs", "1",
                   "--fail-fast"]
        status, output = self.processes.run(
            command + ["--only", program], COMMAND_LIMIT,
            cwd=self.directory, env=environment)
        if status == 0:
            return None
        if status is None:
            return "hang"
        return verdict_in(report, output)


def verdict_in(report, output):
    """How the tests failed, from the report of a run that was not good."""
    try:
        results = json.loads(read(report))["results"]
    except (OSError, ValueError, KeyError):
        raise Wrong("the tests could not be run:\n" + output) from None
    for result in results:
        if result["status"] != "ok":
            return result["status"]
    raise Wrong("the tests failed without a failure:\n" + output)


def copy_project(root, tree, directory, copy):
    """Copies what a tree needs, with the times of the files."""
    os.makedirs(directory)
    for name in ("common.mk", "tools", "proofs", "measure"):
        source = os.path.join(root, name)
        target = os.path.join(directory, name)
        if os.path.isdir(source):
            shutil.copytree(source, target, ignore=shutil.ignore_patterns(
                "__pycache__", "*.pyc"))
        elif os.path.exists(source):
            shutil.copy2(source, target)
    shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".*"))
    # GRUB's modules may be there, unpacked for a machine without them.
    grub = os.path.join(root, "build", "grub")
    if os.path.isdir(grub):
        os.makedirs(os.path.join(directory, "build"))
        os.symlink(grub, os.path.join(directory, "build", "grub"))


def objcopy():
    """A program that strips objects for x86-64."""
    for name in (os.environ.get("OBJCOPY"), "x86_64-elf-objcopy",
                 "x86_64-linux-gnu-objcopy", "objcopy"):
        if name and shutil.which(name):
            return name
    raise Wrong("objcopy (binutils) is missing")


class Broken:
    """A mutant that stands in a workshop's tree, and leaves no trace.

    make goes by the times of files.  A mutant is new, so its objects are
    made again.  Afterwards the source counts as new, for the builds in
    other directories that a test has made of the broken one.  Here the
    unbroken object is put back and counts as newer still, so that it need
    not be made, and whatever was linked with the broken one is linked
    again."""

    def __init__(self, workshop, mutant):
        self.workshop = workshop
        self.path = os.path.join(workshop.tree, mutant.path)
        self.mutant = mutant

    def __enter__(self):
        self.original = read(self.path)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.mutant.text)
        return self

    def __exit__(self, *_):
        # The clock of a file system may tick only every 10 ms.
        time.sleep(0.02)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(self.original)
        if not self.mutant.path.endswith((".c", ".asm")):
            return
        for base in ("", "host"):
            name = os.path.join(base, self.mutant.path + ".o")
            target = os.path.join(self.workshop.build, name)
            # Not what stood there before the mutant: it may have been
            # made with the header of the mutant before this one.
            if name in self.workshop.kept:
                with open(target, "wb") as file:
                    file.write(self.workshop.kept[name])
            elif os.path.exists(target):
                os.remove(target)


# --- One run ----------------------------------------------------------

class Run:
    """The mutants of one tree, tried in several workshops at once."""

    def __init__(self, tree, options):
        self.root, self.name = os.path.split(tree)
        self.tree = tree
        self.options = options
        self.processes = Processes()
        self.prints = Fingerprints(self.root, tree, options.test_command)
        self.scratch = os.path.join(self.root, "build", "mutants")
        os.makedirs(self.scratch, exist_ok=True)
        self.verdicts = Verdicts(
            os.path.join(self.scratch, self.name + ".json"), options.fresh)
        self.excuses = read_excuses(os.path.join(
            self.root, "proofs", "excuses", self.name + ".txt"))
        self.lock = threading.Lock()
        self.originals = {}     # digests of the unbroken objects
        self.testing = {}       # digest of an object: its verdict, to come
        self.seconds = {}       # what each program takes unbroken
        self.kills = collections.Counter()
        self.limit_scale = 1.0
        self.deadline = None
        if options.seconds:
            self.deadline = time.monotonic() + options.seconds

    def choose(self):
        """All mutants, and those that this run is about."""
        before = self.options.since and os.path.abspath(self.options.since)
        whole = all_mutants(self.tree, before or chapter_before(self.tree),
                            None)
        chosen = whole
        if self.options.changed_since:
            chosen = all_mutants(self.tree,
                                 before or chapter_before(self.tree),
                                 self.options.changed_since)
        if self.options.file:
            chosen = [mutant for mutant in chosen
                      if fnmatch.fnmatch(mutant.path, self.options.file)
                      or fnmatch.fnmatch(os.path.basename(mutant.path),
                                         self.options.file)]
        if self.options.sample and self.options.sample < len(chosen):
            picked = random.Random(self.options.seed).sample(
                range(len(chosen)), self.options.sample)
            chosen = [chosen[index] for index in sorted(picked)]
        return whole, chosen

    def run(self):
        """Tries the mutants; True if enough of them were killed."""
        whole, chosen = self.choose()
        if self.options.list:
            for mutant in chosen:
                print("%s:%d: %s: %s => %s" % (
                    mutant.path, mutant.line, mutant.operator,
                    mutant.before, mutant.after))
            print("%s: %d mutants" % (self.name, len(chosen)))
            return True
        if not chosen:
            print("%s: there is nothing to break" % self.name)
            return True
        keys = [self.prints.source(mutant) for mutant in chosen]
        entries = [self.verdicts.get(key, self.prints) for key in keys]
        left = [index for index, entry in enumerate(entries)
                if entry is None]
        if left:
            self.try_all(chosen, keys, entries, left)
        tried = [pair for pair in zip(chosen, entries) if pair[1]]
        if len(tried) < len(chosen):
            print("%d of %d mutants were tried in the time given"
                  % (len(tried), len(chosen)))
        return self.report(whole, [mutant for mutant, _ in tried],
                           [entry for _, entry in tried])

    def late(self):
        """Whether the time that --seconds gives is over."""
        return self.deadline is not None and time.monotonic() > self.deadline

    def try_all(self, chosen, keys, entries, left):
        """Tries the mutants without a verdict, in several workshops."""
        base = os.path.join(self.scratch, "%s-%d" % (self.name, os.getpid()))
        pool = concurrent.futures.ThreadPoolExecutor(self.options.jobs)
        try:
            first = Workshop(self.root, self.tree,
                             os.path.join(base, "0"), self.options,
                             self.processes)
            self.prepare(first, {chosen[index].path for index in left})
            shops = [first] + [
                first.clone(os.path.join(base, str(number)))
                for number in range(1, min(self.options.jobs, len(left)))]
            if self.deadline is not None:
                # Not all of them in the first files.
                random.Random(self.options.seed).shuffle(left)
            todo = collections.deque(left)
            done = [pool.submit(self.work, shop, todo, chosen, keys, entries)
                    for shop in shops]
            for future in done:
                future.result()
            progress("running the tests of %s, unbroken again" % self.name)
            for future in [pool.submit(self.check_unbroken, shop)
                           for shop in shops]:
                future.result()
        finally:
            self.processes.stop()
            pool.shutdown()
            self.verdicts.save()
            shutil.rmtree(base, ignore_errors=True)
            progress("")

    def prepare(self, shop, paths):
        """Builds the unbroken kernel, runs all of its tests, and notes
        what they take; they must pass."""
        progress("building %s" % self.name)
        shop.warm_up()
        self.originals = {path: shop.digest(path) for path in paths}
        progress("running the tests of %s, unbroken" % self.name)
        if self.options.test_command:
            start = time.monotonic()
            if shop.test(None, COMMAND_LIMIT) is not None:
                raise Wrong("the tests fail before anything is broken")
            self.seconds = {"tests": time.monotonic() - start}
            shop.keep()
            return
        status, output = self.processes.run(
            [sys.executable, os.path.join(shop.directory, "tools", "test.py"),
             shop.tree, "--build", shop.build, "--jobs", "1"],
            COMMAND_LIMIT, cwd=shop.directory, env=shop.environment)
        if status != 0:
            raise Wrong("the tests of %s fail before anything is broken:\n%s"
                        % (self.name, output))
        report = json.loads(read(os.path.join(shop.build, "report.json")))
        for result in report["results"]:
            self.seconds[result["suite"]] = report["programs"].get(
                result["suite"], 0)
        shop.keep()

    def check_unbroken(self, shop):
        """After all mutants the programs that have killed one must pass
        once more with the unbroken kernel: a mutant may have left a trace,
        or a test fails now and then, and then no verdict of this run can
        be trusted."""
        shop.compile()
        for program in self.seconds:
            if not self.kills[program]:
                continue
            how = shop.test(program, self.limit_for(program))
            if how is not None:
                self.verdicts.forget()
                raise Wrong("%s fails (%s) with the unbroken kernel, after "
                            "it had passed; this run is void"
                            % (program, how))

    def limit_for(self, program):
        """How long a program may take before it counts as hanging."""
        try:
            busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        except OSError:
            busy = 1.0
        return busy * max(SHORTEST_LIMIT, PATIENCE * self.seconds[program])

    def work(self, shop, todo, chosen, keys, entries):
        """The work of one thread: takes mutants until none is left."""
        while not self.late():
            try:
                index = todo.popleft()
            except IndexError:
                return
            entry = self.try_one(shop, chosen[index])
            if entry is not None:
                entries[index] = entry
                self.verdicts.put(keys[index], entry)
            progress("%s: %d to go" % (self.name, len(todo)))

    def try_one(self, shop, mutant):
        """Compiles and tests one mutant; its verdict, None if the time
        is over before there is one."""
        with shop.broken(mutant):
            status, _ = shop.compile()
            if status != 0:
                return ["broken"]
            mark = shop.digest(mutant.path)
            if mark == self.originals[mutant.path]:
                return ["same"]
            with self.lock:
                known = self.testing.get(mark)
                if known is None:
                    mine = self.testing[mark] = concurrent.futures.Future()
            if known is not None:
                return known.result()
            try:
                entry = self.test(shop, mutant, mark)
            except BaseException as problem:
                mine.set_exception(problem)
                raise
            mine.set_result(entry)
            return entry

    def test(self, shop, mutant, mark):
        """Runs the tests, those first that have noticed most in this
        file, then in others, then the quick ones."""
        with self.lock:
            programs = sorted(self.seconds, key=lambda program: (
                -self.kills[mutant.path, program], -self.kills[program],
                self.seconds[program]))
        for program in programs:
            if self.late():
                return None
            how = shop.test(program, self.limit_for(program))
            if how is not None:
                with self.lock:
                    self.kills[program] += 1
                    self.kills[mutant.path, program] += 1
                return ["killed", mark, program, how,
                        self.prints.tests(program)]
        return ["survived", mark, None, None, self.prints.tests(None)]

    # What is said about it.

    def report(self, whole, chosen, entries):
        """Prints survivors, excuses and the sum; True if it is enough."""
        counted = collections.OrderedDict()
        for mutant, entry in zip(chosen, entries):
            if entry[0] in ("killed", "survived"):
                counted.setdefault((mutant.path, entry[1]), []).append(
                    (mutant, entry))
        killers, ways = collections.Counter(), collections.Counter()
        killed = excused = 0
        survivors = []
        for group in counted.values():
            excuse = next((found for found in (
                excuse_for(mutant, self.excuses) for mutant, _ in group)
                if found is not None), None)
            entry = group[0][1]
            if entry[0] == "killed":
                killed += 1
                killers[entry[2]] += 1
                ways[entry[3]] += 1
                if excuse is not None:
                    print("excused, but killed by %s: %s" % (
                        entry[2], excuse_line(group[0][0], excuse.reason)))
            elif excuse is not None:
                excused += 1
            else:
                survivors.append(group[0][0])
        self.show_survivors(survivors)
        self.show_stale(whole)
        if killed:
            print("killed by " + ", ".join(
                "%s %d" % pair for pair in killers.most_common()))
            print("they " + ", ".join(
                "%s %d" % pair for pair in ways.most_common()))
        rate = percent(killed, len(counted) - excused)
        print("%d written, %d do not compile, %d are as before or as another"
              % (len(chosen), sum(entry[0] == "broken" for entry in entries),
                 sum(entry[0] != "broken" for entry in entries)
                 - len(counted)))
        print("mutants: %d compiled, %d killed, %d excused, %d survived: "
              "%d of 100" % (len(counted), killed, excused, len(survivors),
                             rate))
        return rate >= self.options.at_least

    def show_survivors(self, survivors):
        for mutant in survivors:
            print("%s/%s:%d: survived (%s)" % (self.name, mutant.path,
                                               mutant.line, mutant.operator))
            print("    - %s\n    + %s" % (mutant.before,
                                         mutant.after or NOTHING))
        if survivors:
            print("\nTo excuse one, with a reason, add its line to "
                  "proofs/excuses/%s.txt:" % self.name)
            for mutant in survivors:
                print(excuse_line(mutant))
            print()

    def show_stale(self, whole):
        """Excuses that fit no mutant of the tree."""
        for excuse in self.excuses:
            if not any(excuse.fits(mutant) for mutant in whole):
                print("stale excuse, it fits no mutant: %s :: %s => %s" % (
                    excuse.where, excuse.before, excuse.after))


def percent(part, whole):
    """Whole points of 100, rounded down; nothing at all is 100."""
    return 100 * part // whole if whole else 100


_shown = 0


def progress(text):
    """One line on a terminal that is written over by the next."""
    global _shown
    if sys.stderr.isatty():
        sys.stderr.write("\r" + text[:78].ljust(_shown) + (
            "" if text else "\r"))
        sys.stderr.flush()
        _shown = len(text[:78])


# --- The program ------------------------------------------------------

def find_tree(name):
    """The directory that a name, a path or a chapter's number means."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    candidates = [name, os.path.join(root, name)]
    if re.match(r"\d\d$", name) and os.path.isdir(root):
        candidates += [os.path.join(root, entry)
                       for entry in sorted(os.listdir(root))
                       if entry.startswith(name + "-")]
    for path in candidates:
        if os.path.isfile(os.path.join(path, "Makefile")):
            return os.path.realpath(path)
    raise Wrong("%s is not a kernel's directory" % name)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog="The file's first lines say what is broken and how the "
               "result is computed.")
    parser.add_argument("trees", metavar="TREE", nargs="+",
                        help="03-vga, 03, or a directory of your own")
    parser.add_argument("--list", action="store_true",
                        help="list the mutants, try none")
    parser.add_argument("--file", metavar="FILE",
                        help="only this file; * and ? as in the shell")
    parser.add_argument("--changed-since", metavar="REV",
                        help="only lines changed since a commit")
    parser.add_argument("--since", metavar="TREE",
                        help="the tree that this one adds to")
    parser.add_argument("--sample", metavar="N", type=int,
                        help="only N of them, chosen by --seed")
    parser.add_argument("--seconds", metavar="N", type=float,
                        help="try mutants for so long")
    parser.add_argument("--quick", action="store_true",
                        help="without the thorough proofs")
    parser.add_argument("--seed", metavar="S", type=int, default=1)
    parser.add_argument("--jobs", metavar="N", type=int, default=2,
                        help="how many at once (%(default)s)")
    parser.add_argument("--at-least", metavar="N", type=int,
                        default=AT_LEAST,
                        help="of 100, to succeed (%(default)s)")
    parser.add_argument("--fresh", action="store_true",
                        help="forget the verdicts of earlier runs")
    parser.add_argument("--test-command", metavar="COMMAND",
                        help="instead of the tree's tests; run by the shell "
                             "in the tree, with BUILD set")
    options = parser.parse_args()
    options.jobs = max(1, options.jobs)
    return options


def interrupted(*_):
    # A second signal, as `timeout` sends it, must not disturb the tidying.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, interrupted)
    enough = True
    try:
        for name in options.trees:
            tree = find_tree(name)
            if len(options.trees) > 1:
                print("%s:" % os.path.basename(tree))
            enough = Run(tree, options).run() and enough
    except (Wrong, subprocess.SubprocessError, UnicodeError) as problem:
        print("mutants: %s" % problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
