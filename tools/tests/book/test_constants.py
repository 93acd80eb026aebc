"""Checks book/constants.md against the newest chapter's sources.

    python3 -m unittest tests.book.test_constants
    python3 tools/tests/book/test_constants.py

A row of the index is `name` | `value` | `file`, ... | meaning. Each name
must have that value in each of the files. The other way round, every
constant that a file below boot/, arch/ or drivers/ gives a name to must
have its row, so that none is forgotten.
"""

import glob
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
INDEX = os.path.join(ROOT, "book", "constants.md")
HARDWARE = ("boot", "arch", "drivers")

COMMENT = {".c": re.compile(r"//[^\n]*|/\*(?:.|\n)*?\*/"),
           ".h": re.compile(r"//[^\n]*|/\*(?:.|\n)*?\*/"),
           ".asm": re.compile(r";.*")}
DEFINE = re.compile(r"^#define (\w+) +(.+)$", re.M)
EQU = re.compile(r"^(\w+) +equ +(.+)$", re.M)
ENUM = re.compile(r"\benum\s*\w*\s*\{([^}]*)\}")
# What is left of an expression when every name in it is known.
NUMERIC = re.compile(r"[0-9a-fA-FxX+\-*/|&<>() ]+")
ROW = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$")


def newest_chapter():
    """The directory of the last chapter, which has all files."""
    return sorted(glob.glob(os.path.join(ROOT, "[0-9][0-9]-*")))[-1]


def value_of(text, known):
    """The number that an expression stands for, None if it is no number."""
    text = re.sub(r"UINT64_C\((\w+)\)", r"\1", text)
    text = re.sub(r"'(.)'", lambda found: str(ord(found[1])), text)
    text = re.sub(r"\b(\d\w*?)[uUlL]+\b", r"\1", text)
    text = re.sub(r"\b[A-Za-z_]\w*",
                  lambda found: str(known.get(found[0], found[0])), text)
    if not NUMERIC.fullmatch(text.strip()):
        return None
    try:
        return eval(text.replace("/", "//"), {"__builtins__": {}})
    except SyntaxError:
        return None


def constants_of(path, known):
    """The constants that a file names, with their values.

    `known` has those of other files, which an expression may use.
    """
    with open(path, encoding="utf-8") as file:
        text = COMMENT[os.path.splitext(path)[1]].sub("", file.read())
    found = {}

    def add(name, expression):
        value = value_of(expression, {**known, **found})
        if value is not None:
            found[name] = value

    for pattern in (DEFINE, EQU):
        for name, expression in pattern.findall(text):
            add(name, expression)
    for body in ENUM.findall(text):
        following = 0
        for entry in filter(None, map(str.strip, body.split(","))):
            name, _, expression = map(str.strip, entry.partition("="))
            add(name, expression or str(following))
            following = found.get(name, 0) + 1
    return found


def all_constants(tree):
    """Of every source but tests: its path below src/, its constants."""
    source = os.path.join(tree, "src")
    paths = sorted(path for path in glob.glob(
        os.path.join(source, "**", "*"), recursive=True)
        if os.path.splitext(path)[1] in COMMENT
        and not path.endswith("_test.c"))
    known = {}
    for _ in range(3):  # an expression may use what a later file names
        files = {}
        for path in paths:
            files[os.path.relpath(path, source)] = constants_of(path, known)
        for found in files.values():
            for name, value in found.items():
                known.setdefault(name, value)
    return files


def rows_of(text):
    """The rows of the index: line, name, value as written, files."""
    for number, line in enumerate(text.splitlines(), 1):
        row = ROW.match(line)
        if row:
            name, value, files, _ = row.groups()
            yield number, name, value, re.findall(r"`([^`]+)`", files)


def problems(text, files):
    """What is wrong with the index, a line each."""
    found, listed = [], set()
    for number, name, value, places in rows_of(text):
        if not places:
            found.append("line %d: %s has no file" % (number, name))
        for place in places:
            listed.add((place, name))
            actual = files.get(place, {}).get(name)
            if place not in files:
                found.append("line %d: there is no %s" % (number, place))
            elif actual is None:
                found.append("line %d: %s names no %s"
                             % (number, place, name))
            elif value_of(value, {}) != actual:
                found.append("line %d: %s is %s in %s, not %s" % (
                    number, name, hex(actual), place, value))
    for place, constants in files.items():
        if place.split("/")[0] in HARDWARE:
            found += ["%s is missing, from %s" % (name, place)
                      for name in constants if (place, name) not in listed]
    return found


class Constants(unittest.TestCase):
    """The index agrees with the sources."""

    @classmethod
    def setUpClass(cls):
        with open(INDEX, encoding="utf-8") as file:
            cls.text = file.read()
        cls.files = all_constants(newest_chapter())

    def test_index_and_sources_agree(self):
        found = problems(self.text, self.files)
        self.assertEqual(found, [], "book/constants.md:\n"
                         + "\n".join(found))

    def test_rows_are_read(self):
        """A table of another form would pass by not being looked at."""
        tables = [line for line in self.text.splitlines()
                  if line.startswith("| `")]
        self.assertEqual(len(list(rows_of(self.text))), len(tables))

    def test_a_wrong_value_is_told(self):
        wrong = self.text.replace("`0x36d76289`", "`0x36d76288`")
        self.assertEqual(len(problems(wrong, self.files)), 1)

    def test_a_lost_row_is_told(self):
        wrong = "\n".join(line for line in self.text.splitlines()
                          if not line.startswith("| `MSR_EFER`"))
        self.assertIn("MSR_EFER is missing, from boot/boot.asm",
                      problems(wrong, self.files))

    def test_expressions(self):
        self.assertEqual(value_of("UINT64_C(9) << 40", {}), 9 << 40)
        self.assertEqual(value_of("A | 0x38", {"A": 0x80}), 0xb8)
        self.assertEqual(value_of("PAGE + 16 * 1024", {"PAGE": 4096}),
                         20480)
        self.assertIsNone(value_of("header.end - header", {}))


if __name__ == "__main__":
    unittest.main()
