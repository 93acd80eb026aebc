"""Checks that book/assembly.md explains all the assembly that we use.

    python3 -m unittest tests.book.test_primer
    python3 tools/tests/book/test_primer.py

Collects every mnemonic, directive and register from the .asm files and
the inline assembly of all chapters. The primer explains one by giving
it a row of a table, in backquotes in the row's first column.
"""

import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
PRIMER = os.path.join(ROOT, "book", "assembly.md")

PREFIXES = {"rep", "repe", "repne", "repz", "repnz", "lock"}
DATA = {"db", "dw", "dd", "dq", "resb", "resw", "resd", "resq", "equ",
        "times"}

# A string, or the comment that ends the line.
STRING_OR_COMMENT = re.compile(r""""[^"]*"|'[^']*'|`[^`]*`|;.*""")
REGISTER = re.compile(
    r"\b([re]?(?:[abcd]x|[sd]i|[sb]p)|[abcd][lh]|(?:[sd]i|[sb]p)l"
    r"|r(?:[89]|1[0-5])[dwb]?|[c-gs]s|[cd]r\d+|[re]ip|[xyz]?mm\d+)\b")

# What stands before the first colon of __asm__ volatile("..." : ...).
INLINE = re.compile(r'__asm__\s*(?:volatile\s*)?\(\s*'
                    r'((?:"(?:[^"\\]|\\.)*"\s*)+)')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Use:
    """The words that a piece of assembly uses."""

    def __init__(self):
        self.instructions = set()
        self.directives = set()
        self.registers = set()
        self.macros = set()

    def all(self):
        """Every word that needs an explanation."""
        return ((self.instructions - self.macros) | self.directives
                | self.registers)


def without_strings(line):
    """The line with its strings emptied and its comment removed."""
    return STRING_OR_COMMENT.sub(
        lambda found: "" if found[0][0] == ";" else "''", line)


def joined(text):
    """The lines of a file; a backslash at the end continues one."""
    return text.replace("\\\n", " ").splitlines()


def read_nasm(text, use=None):
    """What a NASM source uses."""
    use = use or Use()
    for line in joined(text):
        line = without_strings(line).strip()
        if line:
            read_line(line, use)
    return use


def read_line(line, use):
    """One line without a comment: label, directive or instruction."""
    words = line.split()
    if words[0].startswith("%"):
        if re.fullmatch(r"%\d.*|%%.*", words[0]):   # a macro's label
            read_rest(line.partition(":")[2], use)
            return
        use.directives.add(words[0])
        if words[0] in ("%macro", "%imacro", "%define"):
            use.macros.add(words[1].split("(")[0])
        use.registers.update(REGISTER.findall(" ".join(words[2:])))
        return
    label = re.match(r"[\w.$?@~]+:(?!:)", line)
    if label and not re.match(r"[\w.]+:\w", line):
        line = line[label.end():]
        words = line.split()
    if len(words) > 1 and words[1].lower() in DATA:  # name equ value
        words = words[1:]
    read_rest(" ".join(words), use)


def read_rest(text, use):
    """A line after its label."""
    words = text.split()
    while words:
        word = words.pop(0).lower().strip("[]")
        use.registers.update(REGISTER.findall(" ".join(words).lower()))
        if word == "times":     # times COUNT INSTRUCTION
            use.directives.add(word)
            words = words[1:]
            continue
        if word in DATA or word in ("section", "bits", "align", "global",
                                    "extern", "default", "segment",
                                    "struc", "endstruc", "istruc", "iend",
                                    "at", "incbin", "cpu", "org"):
            use.directives.add(word)
            return
        use.instructions.add(word)
        if word not in PREFIXES:
            return


def read_c(text, use=None):
    """What the inline assembly of a C source uses."""
    use = use or Use()
    for found in INLINE.finditer(text):
        code = "".join(LITERAL.findall(found[1]))
        for statement in re.split(r";|\\n(?:\\t)?", code):
            statement = re.sub(r"^\s*\w+:", "", statement)
            words = statement.split()
            while words:
                word = words.pop(0)
                use.instructions.add(word)
                if word not in PREFIXES:
                    break
            use.registers.update(REGISTER.findall(
                " ".join(re.findall(r"%%\w+", statement))))
    return use


def chapters():
    """The directories of the chapters."""
    return sorted(name for name in os.listdir(ROOT)
                  if re.match(r"\d\d-", name)
                  and os.path.isdir(os.path.join(ROOT, name)))


def sources(*endings):
    """(path, text) of every source of every chapter."""
    for chapter in chapters():
        for directory, _, names in os.walk(os.path.join(ROOT, chapter)):
            for name in sorted(names):
                if name.endswith(endings):
                    path = os.path.join(directory, name)
                    with open(path, encoding="utf-8") as file:
                        yield os.path.relpath(path, ROOT), file.read()


def explained(text):
    """The words that the primer's tables explain."""
    words = set()
    for line in text.splitlines():
        cells = re.match(r"\s*\|([^|]*)\|", line)
        if cells:
            for quoted in re.findall(r"`([^`]+)`", cells[1]):
                words.update(re.findall(r"[%\w]+", quoted))
    return words


class Primer(unittest.TestCase):
    """The primer against the sources."""

    def setUp(self):
        with open(PRIMER, encoding="utf-8") as file:
            self.known = explained(file.read())

    def check(self, path, use):
        missing = sorted(use.all() - self.known)
        self.assertFalse(missing, "%s uses what book/assembly.md does not "
                         "explain: %s" % (path, ", ".join(missing)))

    def test_assembly_files(self):
        seen = Use()
        for path, text in sources(".asm"):
            with self.subTest(path):
                self.check(path, read_nasm(text))
            read_nasm(text, seen)
        # Nothing found would be nothing checked.
        self.assertTrue({"mov", "hlt", "call"} <= seen.instructions)
        self.assertTrue({"section", "bits", "dd"} <= seen.directives)
        self.assertTrue({"eax", "cr0"} <= seen.registers)

    def test_inline_assembly(self):
        seen = Use()
        for path, text in sources(".c", ".h"):
            with self.subTest(path):
                self.check(path, read_c(text))
            read_c(text, seen)
        self.assertTrue({"hlt", "outb"} <= seen.instructions)

    def test_no_inline_assembly_is_missed(self):
        for path, text in sources(".c", ".h"):
            with self.subTest(path):
                self.assertEqual(
                    len(re.findall(r"^[^/\n]*\basm\b|^[^/\n]*__asm__", text,
                                   re.M)),
                    len(INLINE.findall(text)))


class Reading(unittest.TestCase):
    """The reading itself."""

    def test_instructions_and_labels(self):
        use = read_nasm("start: mov eax, 1  ; not this: ud2\n"
                        ".next:\n    rep stosw\n    jmp 8:start\n")
        self.assertEqual(use.instructions, {"mov", "rep", "stosw", "jmp"})
        self.assertEqual(use.registers, {"eax"})

    def test_directives(self):
        use = read_nasm("SIZE equ 4\nsection .bss\nstack: resb SIZE\n"
                        "dd -(1 + \\\n 2), 'div; cx'\ntimes 3 nop\n")
        self.assertEqual(use.directives,
                         {"equ", "section", "resb", "dd", "times"})
        self.assertEqual(use.instructions, {"nop"})
        self.assertEqual(use.registers, set())

    def test_macros_are_not_instructions(self):
        use = read_nasm("%macro save 1\n%%again: push %1\n%endmacro\n"
                        "save rax\n")
        self.assertEqual(use.all(), {"%macro", "%endmacro", "push", "rax"})

    def test_inline(self):
        use = read_c('__asm__ volatile("sti; hlt" ::: "memory");\n'
                     '__asm__("mov %%cr3, %0" : "=r"(x));\n'
                     '// "int3" is a string\n')
        self.assertEqual(use.instructions, {"sti", "hlt", "mov"})
        self.assertEqual(use.registers, {"cr3"})

    def test_only_first_columns_explain(self):
        self.assertEqual(explained("| `inc EAX`, `dec` | like `add` |\n"
                                   "`mul` outside\n"),
                         {"inc", "EAX", "dec"})

    def test_an_unexplained_word_is_noticed(self):
        use = read_nasm("    frobnicate eax\n")
        self.assertIn("frobnicate", use.all() - {"eax"})


if __name__ == "__main__":
    unittest.main()
