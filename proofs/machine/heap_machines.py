"""The heap on machines with little memory and with more than it has
addresses for, and the tests' watch over what they give back.

needs: src/mm/heap.h src/mm/kmalloc.h src/test/test.c src/kernel/demo.h
needs: linker.ld
when: thorough
limit: 120
"""

import os
import re

from machine import qemu

from support import scratch

# Whichever of the last two runs first keeps a block, and the other one
# gives it back.
LEAKS = r"""#include <stddef.h>

#include "mm/kmalloc.h"
#include "test/test.h"

static void *one, *other, *third, *others;

TEST(gives_back)
{
    void *block = kmalloc(10);
    CHECK(block != NULL);
    kfree(block);
}

TEST(keeps_two)
{
    one = kmalloc(1234);
    other = kmalloc(77);
    CHECK(one != NULL && other != NULL);
}

TEST(is_not_blamed_for_others)
{
    CHECK(1 + 1 == 2);
}

TEST(fails_and_keeps)
{
    CHECK(1 + 1 == 3);
    third = kmalloc(5);
}

static void keep_or_give_back(void)
{
    if (others == NULL) {
        others = kmalloc(6);
    } else {
        kfree(others);
    }
}

TEST(keeps_or_gives_back)
{
    keep_or_give_back();
}

TEST(gives_back_or_keeps)
{
    keep_or_give_back();
}
"""
LISTED = re.compile(r"    (\d+) bytes at 0x[0-9a-f]{16}, "
                    r"allocated by 0x[0-9a-f]{16}")


def unit_tests(kernel, memory):
    """The unit tests of the kernel pass on a machine with this memory."""
    image = os.path.join(kernel.build, "tests", "unit.iso")
    scratch.make(kernel.tree, os.path.relpath(image, kernel.tree))
    machine = kernel.machine(image=image, memory=memory)
    status = machine.wait_exit(30)
    failed = [line for line in machine.serial().split("\n")
              if line.endswith("[failed]")]
    assert status == qemu.EXIT_SUCCESS and not failed, (
        "%s; %s" % (machine.how_it_ended(), ", ".join(failed)))


def test_little_memory(kernel):
    """`-m 32M`: all of it is had and comes back before the addresses are
    used up."""
    unit_tests(kernel, "32M")


def test_much_memory(kernel):
    """`-m 256M`: the addresses are used up first."""
    unit_tests(kernel, "256M")


def report(kernel):
    """What the unit tests of a kernel say of which some leak, test by
    test: the lines."""
    changes = {path: None for path in scratch.sources(kernel.tree)
               if path.endswith("_test.c")}
    changes["src/lib/leaks_test.c"] = LEAKS
    image = scratch.variant(kernel, "leaks", changes, "tests/unit.iso")
    machine = kernel.machine(image=image)
    status = machine.wait_exit()
    assert status == qemu.EXIT_FAILURE, machine.how_it_ended()
    tests = {}
    for part in re.split(r"(?m)^(?=\w+\.\.\. )", machine.serial())[1:]:
        name, _, said = part.partition("... ")
        tests[name] = said.rstrip("\n").split("\n")
    return tests


def test_a_test_that_leaks_fails(kernel):
    """By its name, with a list of the blocks; no other test does."""
    tests = report(kernel)
    for name, sizes in (("keeps_two", {1234, 77}),
                        ("fails_and_keeps", {5})):
        lines = tests[name]
        begin = "    it has not given back all blocks:"
        assert lines[0] == "[failed]" and begin in lines, "\n".join(lines)
        told = {int(LISTED.fullmatch(line)[1])
                for line in lines[lines.index(begin) + 1:]}
        assert sizes <= told, "it says\n" + "\n".join(lines)
    assert "1 + 1 == 3 is false" in tests["fails_and_keeps"][1], (
        "\n".join(tests["fails_and_keeps"]))
    for name in ("gives_back", "is_not_blamed_for_others"):
        assert tests[name] == ["[ok]"], "%s says\n%s" % (
            name, "\n".join(tests[name]))


def test_a_test_that_gives_back_too_much_fails(kernel):
    """What was another's: its number of blocks has changed, too."""
    tests = report(kernel)
    for name in ("keeps_or_gives_back", "gives_back_or_keeps"):
        assert tests[name][0] == "[failed]", "%s says\n%s" % (
            name, "\n".join(tests[name]))
