"""Which files and lines of a tree are broken.

Only lines that a chapter added, compared with the one before it, are; of a
tree without one before it, all lines.  A chapter's demo and the test
harness in src/test/ are part of what it added; its tests (*_test.c,
tests/) are not.
"""

import difflib
import fnmatch
import os
import random
import re
import shutil

from common import files, processes
from common.terminal import Complaint

from .changes import mutants_of


def is_test(path):
    """Whether a file of a tree belongs to its tests."""
    return path.startswith("tests/") or path.endswith("_test.c")


def chapter_before(tree):
    """The directory of the chapter before this one, or None."""
    root, name = os.path.split(tree)
    chapters = sorted(entry for entry in os.listdir(root)
                      if re.match(r"\d\d-", entry))
    if name not in chapters[1:]:
        return None
    return os.path.join(root, chapters[chapters.index(name) - 1])


def added_lines(before, after):
    """The numbers of the lines of `after` that are not in `before`."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(),
                                      after.splitlines(), False)
    return {number for tag, _, _, start, end in matcher.get_opcodes()
            if tag in ("replace", "insert")
            for number in range(start + 1, end + 1)}


def text_at(tree, revision, path):
    """A file of the tree in a commit, empty if it was not there."""
    shown = processes.run(["git", "-C", tree, "show",
                           "%s:./%s" % (revision, path)], most=1 << 24)
    return shown.output if shown.status == 0 else ""


def check_revision(tree, revision):
    """Complains of what is no commit."""
    if shutil.which("git") is None:
        raise Complaint("git is missing, and --changed-since needs it: run "
                        "./setup.sh, or do without")
    if processes.run(["git", "-C", tree, "rev-parse", "-q", "--verify",
                      revision + "^{commit}"]).status != 0:
        raise Complaint("%s is not a commit" % revision)


def all_mutants(tree, revision=None):
    """The mutants of a tree: on the lines that it adds to the tree
    before, and on those that changed since a commit, if one is given."""
    if revision:
        check_revision(tree, revision)
    before = chapter_before(tree)
    found = []
    for path in files.below(tree):
        if is_test(path) or not path.endswith((".c", ".h", ".asm", ".ld")):
            continue
        text = files.read_text(os.path.join(tree, path))
        lines = None
        if before and os.path.exists(os.path.join(before, path)):
            lines = added_lines(
                files.read_text(os.path.join(before, path)), text)
        if revision:
            changed = added_lines(text_at(tree, revision, path), text)
            lines = changed if lines is None else lines & changed
        found += mutants_of(path, text, lines)
    return found


def choose(tree, options):
    """The mutants that a run is about."""
    chosen = all_mutants(tree, options.changed_since)
    if options.file:
        chosen = [mutant for mutant in chosen
                  if fnmatch.fnmatch(mutant.path, options.file)
                  or fnmatch.fnmatch(os.path.basename(mutant.path),
                                     options.file)]
    if options.sample and options.sample < len(chosen):
        picked = random.Random(1).sample(range(len(chosen)), options.sample)
        chosen = [chosen[index] for index in sorted(picked)]
    return chosen
