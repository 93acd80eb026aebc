"""What `make measure` prints is the same each time, and the allocators
cost no more than they may.

needs: src/mm/allocator.h src/mm/header_heap.h src/mm/fixed_block.h
needs: linker.ld
when: thorough
once: src/mm/bump.c src/mm/linked_list.c src/mm/fixed_block.c
limit: 300
"""

import json
import os

from support import scratch

# Instructions for 64 bytes, allocated and freed, the two calls and the two
# returns included.  GCC 12 needs 18, 83 and 35, Clang 14 23, 90 and 37.
LIMITS = {"bump": 24, "list": 100, "block": 42}
ARENA = 100 << 10


def measured(kernel):
    """What was printed, and what was written."""
    said = scratch.make(kernel.tree, "-s", "measure")
    path = os.path.join(kernel.build, "measure", "allocators.json")
    with open(path, encoding="utf-8") as file:
        return said, json.load(file)


def test_it_measures_the_same_again(kernel):
    """To the last digit; in lines of 72 columns."""
    first, again = measured(kernel)[0], measured(kernel)[0]
    assert first == again, "it says\n%s\nand then\n%s" % (first, again)
    wide = [line for line in first.split("\n") if len(line) > 72]
    assert not wide, "these are too long:\n%s" % "\n".join(wide)


def test_the_allocators_are_cheap(kernel):
    """One block and back; and fixed blocks cost the same however many
    there are."""
    costs = measured(kernel)[1]["heaps"]["block"]["costs"]

    def both(name, workload):
        return sum(costs["%s %s %s" % (name, workload, what)][1]
                   for what in ("get", "give"))

    for name, limit in LIMITS.items():
        found = both(name, "pairs")
        assert found <= limit, "%s needs %.1f instructions, at most %d" % (
            name, found, limit)
    few, many = (costs["block %s give" % workload][1]
                 for workload in ("pairs", "shuffled"))
    assert few == many, "freeing one of 1,000 costs %.1f, one of 1 %.1f" % (
        many, few)


def test_all_memory_is_accounted_for(kernel):
    """Used, waiting and in holes: together the arena; and at the end
    nothing is used."""
    states = measured(kernel)[1]["heaps"]["block"]["states"]
    for key, (asked, used, waiting, holes, largest, free) in states.items():
        name, _, when = key.split()
        if name == "kmalloc":
            continue
        assert used + waiting + free == ARENA, "%s: %d" % (
            key, used + waiting + free)
        assert asked <= used and largest <= free, key
        if when == "back":
            assert asked == used == 0, "%s: %d bytes used" % (key, used)
            assert name == "block" or (holes, largest) == (1, ARENA), (
                "%s: %d holes" % (key, holes))
