"""The heap with headers and its misuse, seen from outside: what a header
can notice ends in a report that names the block and who is to blame.

needs: src/mm/header_heap.c src/mm/kmalloc.c src/kernel/exceptions.c
needs: src/kernel/demo.h linker.ld
"""

from heap_misuse import (FETCH, START, check_fault, check_panic, live, stand)

SIZE = 16 << 20


def check(now, message, callers, offset=0):
    """A panic of this heap's."""
    check_panic(now, message, callers, offset, "header_heap")


def test_free_twice(kernel):
    """Who has freed it first is told."""
    for size, alignment in ((77, 16), (0, 16), (5000, 4096)):
        now = stand(kernel, size=size, alignment=alignment)
        now.call("free_twice")
        check(now, "freeing BLOCK, freed by giver: %d bytes" % size,
              ["giver", "free_twice"])


def test_free_inside_a_block(kernel):
    """Not at its beginning."""
    for offset in (1, 16, 48, -16):
        now = stand(kernel, size=77, offset=offset)
        now.call("free_inside")
        check(now, "freeing BLOCK, where no block begins, or was written "
              "before it", ["giver", "free_inside"], offset)


def test_free_what_is_not_in_the_heap(kernel):
    """A variable, what is before the heap and behind it."""
    variable = stand(kernel).elf.address("block")
    for address in (variable, START - 16, START, START + SIZE + 1, 1):
        now = stand(kernel, offset=address)
        now.call("free_elsewhere")
        check(now, "freeing 0x%016x, which is not in the heap" %
              (address % (1 << 64)), ["giver", "free_elsewhere"])


def test_bytes_before_a_block(kernel):
    """The last ones of its header are a mark."""
    for offset in (-1, -2):
        now = stand(kernel, size=48, offset=offset)
        now.call("free_written")
        check(now, "freeing BLOCK, where no block begins, or was written "
              "before it", ["giver", "free_written"])


def test_resize_what_was_freed(kernel):
    """Before another block can take its place."""
    now = stand(kernel, size=50)
    now.call("resize_freed")
    check(now, "looking for BLOCK, freed by giver: 50 bytes",
          ["resize_freed"])


def test_a_call_into_a_block(kernel):
    """It is there, and no code: the report of the page fault names it."""
    now = stand(kernel, size=48, offset=5)
    now.call("call_live")
    check_fault(kernel, now, FETCH, 5, [live(48)],
                ["touch_call", "call_live"])
