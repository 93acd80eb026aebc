"""Making the programs, and one line about what does not build."""

import os
import re

from common import files
from common.processes import cpus
from common.terminal import REMEDIES

from .shown import BUILD, Result
from .trees import first_error


def build(tree, programs, jobs=None):
    """Builds what the programs need; returns the results of those that
    do not build, by program, and the compiler's warnings."""
    failures = {}
    wanted = []
    for program in programs:
        if program.proof and program.proof.wrong:
            failures[program] = Result(program, program.name, BUILD,
                                       [program.proof.wrong])
        elif program.product not in wanted:
            wanted.append(program.product)
    if not wanted:
        return failures, []
    # make knows its products by the path that it uses itself.
    targets = [os.path.relpath(os.path.join(tree.build, product),
                               tree.directory) for product in wanted]
    made = tree.make("-k", "-j%d" % (jobs or cpus()), *targets)
    warnings = [line for line in made.output.splitlines()
                if " warning: " in line]
    broken = {}
    if made.status != 0:
        for number in REMEDIES:     # a full disk is no one's mistake
            if os.strerror(number) in made.output:
                raise OSError(number, os.strerror(number), tree.build)
        for product, target in zip(wanted, targets):
            again = tree.make(target)
            if again.status != 0:
                broken[product] = again.output
    for program in programs:
        if program.product in broken and program not in failures:
            output = broken[program.product]
            files.write(program.log, output)
            failures[program] = Result(program, program.name, BUILD,
                                       [message(tree, program, output)])
    return failures, list(dict.fromkeys(warnings))


def message(tree, program, output):
    """One line about why a program does not build."""
    error = first_error(output)
    for base in (tree.directory + "/../", tree.directory + "/",
                 files.ROOT + "/"):
        error = error.replace(base, "")
    difference = program.proof and differs_from_chapter(
        tree, program.proof.needs)
    if difference:
        return "%s, so this proof does not build here (%s)" % (difference,
                                                               error)
    return error


def differs_from_chapter(tree, needs):
    """`src/lib/format.h differs from chapter 03-vga's`, if the tree is
    not a chapter and a file that is needed differs from the nearest
    chapter's; else None."""
    chapter = nearest_chapter(tree.directory)
    if chapter in (None, tree.directory):
        return None
    # A changed header is the likelier reason.
    for path in sorted(needs, key=lambda path: not path.endswith(".h")):
        theirs = files.read(os.path.join(chapter, path))
        if theirs and theirs != files.read(tree.path(path)):
            return "%s differs from chapter %s's" % (
                path, os.path.basename(chapter))
    return None


def nearest_chapter(directory):
    """The chapter's directory that has most in common with a tree's."""
    def sources(place):
        place = os.path.join(place, "src")
        return {(path, files.read(os.path.join(place, path)))
                for path in files.below(place)}

    chapters = [os.path.join(files.ROOT, name)
                for name in sorted(os.listdir(files.ROOT))
                if re.match(r"\d\d-", name)]
    if directory in chapters:
        return directory
    ours = sources(directory)
    return min(chapters, default=None,
               key=lambda chapter: len(ours ^ sources(chapter)))
