"""The demo of chapter 11: the same traffic through three allocators.
What it says of each is what a model of that allocator says.

needs: src/mm/fixed_block.h src/mm/header_heap.c src/kernel/demo.c
until: src/task/executor.h
"""

import functools
import os
import re
import struct

from support.boot import booted, elf

ARENA = 100 * 1024
SLOTS = 256
ROUNDS = 5000
HEADER = 16         # before each block of kmalloc()
UNIT = 16
FEW = 32            # loose holes that are never too many
SIZES = [16, 32, 48, 64, 80, 96, 112, 128] + [
    power + quarter * power // 4 for power in (128, 256, 512, 1024, 2048)
    for quarter in (1, 2, 3, 4)][:-3]       # of the fixed blocks


class Bump:
    """Counts up, and starts again when all is back."""

    def __init__(self):
        self.next, self.live = 0, 0

    def allocate(self, size):
        place = -(-self.next // 8) * 8
        if place + size > ARENA:
            return None
        self.next = place + size
        self.live += 1
        return place

    def release(self, _place, _size):
        self.live -= 1
        if self.live == 0:
            self.next = 0


class List:
    """The lowest hole that is large enough.  Loose ones are sorted in, and
    those that touch become one, when many are loose, or nothing fits."""

    def __init__(self):
        self.loose, self.holes, self.known = [(0, ARENA)], [], 0

    def tidy(self):
        merged = []
        for start, end in sorted(self.loose + self.holes):
            if merged and merged[-1][1] == start:
                start = merged.pop()[0]
            merged.append((start, end))
        self.loose, self.holes, self.known = [], merged, len(merged)

    def first_fit(self, size):
        for number, (start, end) in enumerate(self.holes):
            if start + size <= end:
                self.holes[number:number + 1] = [(start + size, end)] * (
                    start + size < end)
                return start
        return None

    def allocate(self, size):
        size = -(-size // UNIT) * UNIT
        if len(self.loose) > FEW + self.known:
            self.tidy()
        place = self.first_fit(size)
        if place is None:
            self.tidy()
            place = self.first_fit(size)
        return place

    def release(self, place, size):
        size = -(-size // UNIT) * UNIT
        self.loose.append((place, place + size))

    def summary(self):
        self.tidy()
        sizes = [end - start for start, end in self.holes]
        return len(sizes), sum(sizes), max(sizes, default=0)


class Fixed:
    """Lists of blocks that wait, one for each size; new ones come from a
    list of holes."""

    def __init__(self):
        self.list = List()
        self.waiting = {}

    @staticmethod
    def block_size(size):
        return next(room for room in SIZES if room >= size)

    def allocate(self, size):
        size = self.block_size(size)
        if self.waiting.get(size):
            return self.waiting[size].pop()
        place = self.list.allocate(size)
        assert place is not None, "this traffic does not fill it"
        return place

    def release(self, place, size):
        self.waiting.setdefault(self.block_size(size), []).append(place)


def run(allocator):
    """The demo's traffic: blocks had and refused, bytes in use."""
    state = 1
    blocks = {}
    had = refused = 0

    def random():
        nonlocal state
        state = (state * 1664525 + 1013904223) % 2**32
        return state >> 8

    for _ in range(ROUNDS):
        slot = random() % SLOTS
        if slot in blocks:
            allocator.release(*blocks.pop(slot))
            continue
        size = 8 + random() % 505
        place = allocator.allocate(size)
        if place is None:
            refused += 1
        else:
            blocks[slot] = place, size
            had += 1
    return had, refused, sum(size for _, size in blocks.values())


def of_this_demo(test):
    """A test that has nothing to say while the demo is still that of
    chapter 10: a reader's tree has the heap first."""
    @functools.wraps(test)
    def tested(kernel):
        with open(os.path.join(kernel.tree, "src/kernel/demo.c"),
                  encoding="utf-8") as file:
            if '"containers/vector.h"' not in file.read():
                test(kernel)
    return tested


def numbers(kernel, row):
    """All numbers in a row of the screen."""
    line = booted(kernel).screen().lines[row]
    return tuple(map(int, re.findall(r"\d+", line))), line


def heap(kernel):
    """Which heap is the kernel's: `block`, `list` or `bump`."""
    place = elf(kernel).address("kernel_heap")
    return next(name for name in ("block", "list", "bump")
                if elf(kernel).address(name + "_heap") == place)


@of_this_demo
def test_neighbours_on_the_heap(kernel):
    """Where two blocks of 40 bytes lie, each behind a header, tells
    which heap this is."""
    line = booted(kernel).screen().lines[1]
    told = re.fullmatch(r"kmalloc: 40 bytes at 0x([0-9a-f]{16}), "
                        r"and at 0x([0-9a-f]{16})", line)
    assert told, "the second line is %r" % line
    one, other = (int(address, 16) for address in told.groups())
    rounded = -(-(HEADER + 40) // UNIT) * UNIT
    expected = {"block": Fixed.block_size(HEADER + 40),
                "list": rounded, "bump": rounded}[heap(kernel)]
    assert one % UNIT == 0 and other - one == expected, line


@of_this_demo
def test_bump(kernel):
    """It has what the model has: soon nothing."""
    model = Bump()
    expected = run(model)
    found, line = numbers(kernel, 2)
    assert line.startswith("bump ") and found == expected, line
    found, line = numbers(kernel, 3)
    assert found == (ARENA - model.next,), line
    assert line.endswith(" at the end"), line


@of_this_demo
def test_linked_list(kernel):
    """So many blocks, and holes."""
    model = List()
    expected = run(model)
    found, line = numbers(kernel, 4)
    assert line.startswith("linked list ") and found == expected, line
    found, line = numbers(kernel, 5)
    assert found == model.summary() + (0,), line


@of_this_demo
def test_fixed_block(kernel):
    """The same blocks; few holes, and blocks that wait."""
    model = Fixed()
    expected = run(model)
    found, line = numbers(kernel, 6)
    assert line.startswith("fixed block ") and found == expected, line
    waiting = sum(size * len(places)
                  for size, places in model.waiting.items())
    found, line = numbers(kernel, 7)
    assert found == model.list.summary() + (waiting,), line


@of_this_demo
def test_nothing_is_left(kernel):
    """The demo ends, and has given all of its blocks back."""
    machine = booted(kernel)
    assert machine.screen().lines[8] == "It did not crash!", (
        machine.screen().text)
    # After the heap's five functions.
    count, = struct.unpack("<Q", machine.memory(
        elf(kernel).address("kernel_heap") + 5 * 8, 8))
    assert count == 0, "%d blocks are still there" % count
