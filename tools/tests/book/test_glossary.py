"""Checks book/glossary.md: each word is explained where its link leads.

    python3 -m unittest tests.book.test_glossary
    python3 tools/tests/book/test_glossary.py

An entry is `- **word**: sentences [number](page.md#section)`. The section
must exist and use the word, in the singular or plural; words stand in
alphabetical order, each once.
"""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__)))))
BOOK = os.path.join(ROOT, "book")
sys.path.insert(0, os.path.join(ROOT, "tools"))
from book.proving.links import slug_of  # noqa: E402

ENTRY = re.compile(r"- \*\*(?P<word>[^*]+)\*\*: (?P<text>.+) "
                   r"\[[^\]]+\]\((?P<page>[\w-]+\.md)#(?P<slug>[^)]+)\)")
HEADING = re.compile(r"(#+) (.*)")


def read(name):
    with open(os.path.join(BOOK, name), encoding="utf-8") as file:
        return file.read()


def entries(text):
    """The glossary's entries, each joined to one line."""
    joined = re.sub(r"\n  (?=\S)", " ", text)
    return [line for line in joined.splitlines() if line.startswith("- ")]


def section(page, slug):
    """A heading and the text below it, None if there is no such heading.

    It ends at the next heading, whatever its level, and for a page's
    title too: a link should lead close to the word.
    """
    found, fenced = None, False
    for line in page.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        heading = None if fenced else HEADING.fullmatch(line)
        if heading and found is not None:
            break
        if heading and slug_of(heading[2]) == slug:
            found = []
        if found is not None:
            found.append(line)
    return None if found is None else " ".join(found)


def uses(text, word):
    """Whether the text has the word, however it is broken into lines."""
    plain = re.sub(r"[*`>\s]+", " ", text)
    pattern = r"\s".join(map(re.escape, word.split()))
    return re.search(r"\b%s(s|es)?\b" % pattern, plain, re.I) is not None


def order(word):
    return re.sub(r"[^a-z0-9 ]", "", word.lower())


def problems(text, read_page):
    """What is wrong with the glossary, a line each."""
    found, words = [], []
    for line in entries(text):
        entry = ENTRY.fullmatch(line)
        if not entry:
            found.append("not an entry: %s" % line)
            continue
        word = entry["word"]
        words.append(word)
        there = section(read_page(entry["page"]), entry["slug"])
        if there is None:
            found.append("%s: %s has no #%s"
                         % (word, entry["page"], entry["slug"]))
        elif not uses(there, word):
            found.append("%s: %s does not use it in #%s"
                         % (word, entry["page"], entry["slug"]))
    for first, second in zip(words, words[1:]):
        if order(first) >= order(second):
            found.append("%s stands before %s" % (first, second))
    return found


class Glossary(unittest.TestCase):
    """Every word is explained where its link leads."""

    def test_words_are_where_they_should_be(self):
        text = read("glossary.md")
        self.assertGreater(len(entries(text)), 50)
        found = problems(text, read)
        self.assertEqual(found, [], "book/glossary.md:\n"
                         + "\n".join(found))

    def test_faults_are_told(self):
        page = "# A\n## One thing\nA *gadget*\nis it.\n## Other\nText.\n"
        good = "- **gadget**: A thing. [1](x.md#one-thing)\n"
        self.assertEqual(problems(good, lambda _: page), [])
        for bad in (good.replace("one-thing", "other"),
                    good.replace("one-thing", "nothing"),
                    good.replace("gadget", "widget"),
                    good.replace(": ", " "), good + good):
            self.assertEqual(len(problems(bad, lambda _: page)), 1, bad)


if __name__ == "__main__":
    unittest.main()
