"""What `make measure` counts is the same each time, is compared with what
was kept, and stays below what a kernel like this one may cost.

needs: src/mm/allocator.h src/mm/block_heap.c src/mm/linked_list.h
needs: linker.ld
when: thorough
once: src/mm/bump.c src/mm/linked_list.c src/mm/fixed_block.c
limit: 300
"""

import json
import os
import shutil
import subprocess
import sys

from support import scratch

# Instructions, the calls and the returns included.
LIMITS = {
    "64 bytes, kmalloc and kfree": 120,
    "a list's release of each of 65,000": 20,
    "the same, the holes sorted": 400,
    "the first block of a heap": 50000,
}
ARENA = 100 << 10


def measured(kernel):
    """What was printed, and what was written."""
    said = scratch.make(kernel.tree, "-s", "measure")
    path = os.path.join(kernel.build, "measure", "measured.json")
    with open(path, encoding="utf-8") as file:
        return said, json.load(file)


def test_it_measures_the_same_again(kernel):
    """To the last digit; in lines of 72 columns."""
    first, again = measured(kernel)[0], measured(kernel)[0]
    assert first == again, "it says\n%s\nand then\n%s" % (first, again)
    wide = [line for line in first.split("\n") if len(line) > 72]
    assert not wide, "these are too long:\n%s" % "\n".join(wide)


def test_the_costs_are_low(kernel):
    """Each below its limit; and fixed blocks cost the same however many
    there are."""
    found = measured(kernel)[1]
    for name, limit in LIMITS.items():
        assert 0 < found["costs"][name] <= limit, "%s: %d, at most %d" % (
            name, found["costs"][name], limit)
    few, many = (found["blocks"]["block %s give" % workload][1]
                 for workload in ("pairs", "shuffled"))
    assert few == many, "freeing one of 1,000 costs %.1f, one of 1 %.1f" % (
        many, few)


def test_all_memory_is_accounted_for(kernel):
    """Used, waiting and in holes: together the arena; and at the end
    nothing is used."""
    states = measured(kernel)[1]["states"]
    for key, (asked, used, waiting, holes, largest, free) in states.items():
        name, _, when = key.split()
        if name == "page_heap":
            continue
        assert used + waiting + free == ARENA, "%s: %d" % (
            key, used + waiting + free)
        assert asked <= used and largest <= free, key
        if when == "back":
            assert asked == used == 0, "%s: %d bytes used" % (key, used)
            assert name == "block" or (holes, largest) == (1, ARENA), (
                "%s: %d holes" % (key, holes))


def compared(kernel, count):
    """How a comparison ends when so many instructions were kept for a
    kmalloc and its kfree; the status and what it says."""
    measure = os.path.join(scratch.ROOT, "measure")
    copy = os.path.join(kernel.build, "compared", "measure")
    shutil.copytree(measure, copy, dirs_exist_ok=True)
    shutil.copytree(os.path.join(os.path.dirname(measure), "tools",
                                 "common"),
                    os.path.join(os.path.dirname(copy), "tools", "common"),
                    dirs_exist_ok=True)
    with open(os.path.join(copy, "kept.txt"), "w",
              encoding="utf-8") as file:
        file.write("of a test\nGCC 1.2.3, as always\n\n"
                   "64 bytes, kmalloc and kfree %12s\n" % count)
    done = subprocess.run(
        [sys.executable, os.path.join(copy, "measure.py"), kernel.build,
         "kept", "x86_64 gcc 1.2.3", "as always"], check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return done.returncode, done.stderr.decode()


def test_what_is_more_than_5_percent_worse_is_an_error(kernel):
    """In one sentence that names it; 5 % are none."""
    now = measured(kernel)[1]["costs"]["64 bytes, kmalloc and kfree"]
    assert compared(kernel, now) == (0, "")
    assert compared(kernel, int(now / 1.05) + 1) == (0, "")
    status, said = compared(kernel, int(now / 1.05) - 1)
    assert status == 1 and said.count("\n") == 1 and (
        "64 bytes, kmalloc and kfree" in said), said
