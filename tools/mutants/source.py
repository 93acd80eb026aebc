"""The tokens of C, and its structure as far as mutants need it."""

import re


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
