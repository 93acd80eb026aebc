"""The screen of chapter 2, cell by cell.

needs: src/kernel/demo.c linker.ld
until: src/drivers/vga.c
"""

import os

from support import code, scratch, screen
from support.boot import booted


def test_hello_world_in_light_cyan_on_a_cleared_screen(kernel):
    """Row 0 greets; every other cell is a blank of the same colour."""
    screen.expect(booted(kernel), ["Hello World!"], 0x0B)


STORES = """
void stores(void);
void stores(void)
{
    put(0, 'a');
    put(0, 'b');
    put(0, 'c');
}
"""


def test_every_store_to_the_screen_is_done(kernel):
    """At -O3, three stores to the same cell are three: the adapter
    could have seen each."""
    with open(os.path.join(kernel.tree, "src/kernel/demo.c"),
              encoding="utf-8") as file:
        demo = file.read()
    product = scratch.variant(kernel, "stores", {
        "src/kernel/demo.c": demo + STORES,
        "Makefile": "OPT := -O3\ninclude ../common.mk\n"},
        "src/kernel/demo.c.o")
    stores = code.find({"stores": code.disassemble(product)["stores"]},
                       r"^movw?\s+[%$]\w+,(?!%)")
    assert len(stores) == 3, "there are %d stores:\n%s" % (
        len(stores), "\n".join(stores))
