"""What can be broken: the mutants of a file.

    C         a statement deleted; a condition negated; `return 0`; an
              operator swapped for its neighbour (< and <=, + and -, & and
              |, && and ||, ...); an integer larger by one; true and false
    assembly  an instruction deleted; a conditional jump turned round; an
              integer larger by one
    linker.ld a line deleted; an even number halved, an odd one doubled
"""

import collections
import re

from .source import C_TOKEN, Source, Token, line_end

Mutant = collections.namedtuple(
    "Mutant", "path function line operator before after text")

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
