"""The heap with headers and its misuse, seen from outside: what a header
can notice ends in a report that names the block and who is to blame.

needs: src/mm/header_heap.c src/mm/kmalloc.c src/kernel/exceptions.c
needs: src/kernel/demo.h linker.ld
"""

from heap_misuse import (FETCH, START, check_fault, check_panic, live, stand)

HEAP = START + (3 << 30)    # of the heap over blocks of fixed sizes
NO_BLOCK = "freeing BLOCK, where no block begins, or was written before it"


def check(now, message, callers, offset=0):
    """A panic of this heap's."""
    check_panic(now, message, callers, offset, "header_heap")


def test_free_twice(kernel):
    """Who has freed it first is told."""
    for size, alignment in ((77, 16), (0, 16), (5000, 4096)):
        now = stand(kernel, size=size, alignment=alignment)
        now.call("free_twice")
        check(now, "freeing BLOCK, freed by giver", ["giver", "free_twice"])


def test_free_a_large_block_twice(kernel):
    """It is a hole, whose notes have taken the place of its header."""
    now = stand(kernel, size=5000)
    now.call("free_twice")
    check(now, NO_BLOCK, ["giver", "free_twice"])


def test_free_inside_a_block(kernel):
    """Not at its beginning."""
    for offset in (1, 16, 48, 80):
        now = stand(kernel, size=77, offset=offset)
        now.call("free_inside")
        check(now, NO_BLOCK, ["giver", "free_inside"], offset)


def test_free_what_is_not_in_the_heap(kernel):
    """A variable, another heap's addresses, what is before the heap and
    after what it has of its memory."""
    variable = stand(kernel).elf.address("block")
    for address in (variable, START + 16, HEAP - 16, HEAP,
                    HEAP + (16 << 20), 1):
        now = stand(kernel, offset=address)
        now.call("free_elsewhere")
        check(now, "freeing 0x%016x, which is not in the heap" %
              (address % (1 << 64)), ["giver", "free_elsewhere"])


def test_bytes_before_a_block(kernel):
    """Each byte of its header is in the sum, or is the sum."""
    for offset in (-1, -4, -8, -12, -16):
        now = stand(kernel, size=0x303030, offset=offset)
        now.call("free_written")
        check(now, NO_BLOCK, ["giver", "free_written"])


def test_resize_what_was_freed(kernel):
    """Before another block can take its place."""
    now = stand(kernel, size=50)
    now.call("resize_freed")
    check(now, "looking for BLOCK, freed by giver",
          ["resize_freed"])


def test_a_call_into_a_block(kernel):
    """It is there, and no code: the report of the page fault names it."""
    now = stand(kernel, size=48, offset=5)
    now.call("call_live")
    check_fault(kernel, now, FETCH, 5, [live(48)],
                ["touch_call", "call_live"])
