"""What GCC finds of mistakes with the heap before anything runs, because
mm/kmalloc.h says who takes back what: each of these mistakes has its
warning, and a program without a mistake has none.

needs: src/mm/kmalloc.h src/lib/owned.h linker.ld
when: thorough
once: src/mm/kmalloc.h src/lib/owned.h
limit: 120
"""

import os
import re

from support import scratch

BEGIN = """#include "mm/kmalloc.h"

#include <stddef.h>
#include <stdint.h>

int f(size_t n);
int f(size_t n)
{
"""

# By name: what a function does; the warnings that a build has for it, and
# those that only `make analyze` has.
MISTAKES = {
    "used_after_free": (
        """int *p = kmalloc(sizeof(*p));
        if (p == NULL) return 0;
        *p = (int)n;
        kfree(p);
        return *p;""",
        {"use-after-free"}, {"analyzer-use-after-free"}),
    "freed_twice": (
        """int *p = kmalloc(sizeof(*p));
        kfree(p);
        kfree(p);
        return (int)n;""",
        {"use-after-free"}, {"analyzer-double-free"}),
    "freed_in_between": (
        """char *p = kmalloc(n + 1);
        kfree(p + 1);
        return 0;""",
        {"free-nonheap-object"}, set()),
    "freed_variable": (
        """int i = (int)n;
        kfree(&i);
        return i;""",
        {"free-nonheap-object"}, {"analyzer-free-of-non-heap"}),
    "too_large": (
        """void *p = kmalloc(SIZE_MAX);
        kfree(p);
        return (int)n;""",
        {"alloc-size-larger-than"}, set()),
    "too_many": (
        """void *p = kcalloc(SIZE_MAX / 2, 3);
        kfree(p);
        return (int)n;""",
        {"alloc-size-larger-than"}, set()),
    "ignored": (
        """kmalloc(n);
        return 0;""",
        {"unused-result"}, set()),
    "out_of_bounds": (
        """char *p = kmalloc(4);
        if (p == NULL) return 0;
        p[4] = 1;
        int sum = p[4];
        kfree(p);
        return sum;""",
        {"array-bounds"}, set()),
    "lost": (
        """int *p = kmalloc(sizeof(*p));
        if (p == NULL) return 0;
        *p = (int)n;
        return *p;""",
        set(), {"analyzer-malloc-leak"}),
    "lost_if": (
        """char *p = kmalloc_aligned(n, 64);
        if (p == NULL) return 0;
        if (n == 7) return 1;
        kfree(p);
        return 2;""",
        set(), {"analyzer-malloc-leak"}),
    "not_checked": (
        """int *p = kcalloc(n, sizeof(*p));
        *p = (int)n;
        int i = *p;
        kfree(p);
        return i;""",
        set(), {"analyzer-possible-null-dereference"}),
}
CORRECT = """int *p = kcalloc(n, sizeof(*p));
    int *q = kmalloc(sizeof(*q));
    int *r = kmalloc_aligned(n + 64, 64);
    int i = 0;
    if (p != NULL && q != NULL && n > 0) {
        *p = (int)n;
        *q = *p + 1;
        i = *q;
    }
    kfree(p);
    kfree(q);
    kfree(r);
    return i;"""

MAKEFILE = """include ../common.mk

flags = $(filter-out -Werror -MMD -MP -O%,$(CFLAGS) $(WARNINGS)) -O2

which:
	@echo '$(CC_SAYS)'

build.%:
	@$(CC) $(flags) -c found/$*.c -o /dev/null

analyze.%:
	@$(CC) $(flags) -fanalyzer -c found/$*.c -o /dev/null
"""

_trees = {}


def tree(kernel):
    """A tree with the mistakes in it; None if its compiler is not GCC."""
    if kernel.tree not in _trees:
        bodies = {name: mistake[0] for name, mistake in MISTAKES.items()}
        bodies["correct"] = CORRECT
        changes = {"found/%s.c" % name: BEGIN + "    " + body + "\n}\n"
                   for name, body in bodies.items()}
        changes["Makefile"] = MAKEFILE
        made = scratch.variant_tree(kernel, "findings", changes)
        is_gcc = "clang" not in scratch.make(made, "-s", "which")
        _trees[kernel.tree] = made if is_gcc else None
    return _trees[kernel.tree]


def warnings(kernel, how, name):
    """The names of the warnings that a compilation has."""
    said = scratch.make(tree(kernel), "-s", "%s.%s" % (how, name))
    return {found.rstrip("=") for found in re.findall(
        r"warning: .*\[(?:-W|CWE-\d+\] \[-W)([a-z-]+=?)", said)}, said


def check(kernel, how, name, wanted):
    """A compilation has these warnings, or none."""
    if tree(kernel) is None:
        return
    found, said = warnings(kernel, how, name)
    if wanted:
        assert wanted <= found, "%s: %s is not found:\n%s" % (
            name, ", ".join(sorted(wanted - found)), said)
    else:
        assert not found, "%s: %s" % (name, said)


def test_a_build_finds_what_is_certain(kernel):
    """With the chapter's own flags: use after free, a free of what is no
    block, impossible sizes, results that nobody keeps."""
    for name, (_, wanted, _) in MISTAKES.items():
        if wanted:
            check(kernel, "build", name, wanted)


def test_the_analyser_finds_what_may_be(kernel):
    """As `make analyze` runs it: leaks, double frees, missing checks."""
    for name, (_, _, wanted) in MISTAKES.items():
        if wanted:
            check(kernel, "analyze", name, wanted)


def test_what_is_right_has_no_warning(kernel):
    """Neither in a build nor from the analyser."""
    check(kernel, "build", "correct", set())
    check(kernel, "analyze", "correct", set())


def test_without_the_attribute_less_is_found(kernel):
    """It is lib/owned.h that tells: without it neither a leak nor a double
    free is seen."""
    if tree(kernel) is None:
        return
    path = os.path.join(tree(kernel), "src/lib/owned.h")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("#define OWNED_BY(release)\n")
        for name in ("lost", "freed_twice"):
            found, said = warnings(kernel, "analyze", name)
            assert not found, "%s: %s" % (name, said)
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
