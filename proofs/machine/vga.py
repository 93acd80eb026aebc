"""The terminal on the real screen: a kernel with a demo of ours.

needs: src/kernel/demo.h src/kernel/console.c src/drivers/vga.c
needs: src/lib/terminal.h src/lib/format.c linker.ld
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
once: src/lib/terminal.* src/lib/format.* src/sync/*
"""

from support import code, scratch, screen
from support.boot import rest

YELLOW = 0x0E

DEMO = r"""
#include "kernel/demo.h"

#include "kernel/console.h"
#include "lib/terminal.h"

void demo(void)
{
    for (unsigned i = 0; i < 40; i++) {
        console_set_color((enum color)(i % 16), (enum color)(i % 8));
        kprintf("\nrow %u", i);
    }
    console_set_color(COLOR_BLACK, COLOR_LIGHT_GRAY);
    kprintf("\n%79s", "to the last cell");
    kprintf("!");
}
"""


def test_a_screen_that_scrolls_in_all_colors(kernel):
    """Each row keeps the colours it was written in; a row that appears
    at the bottom, from the 25th on, is blank in the present ones; the
    cursor of a full row is on its last cell."""
    image = scratch.variant(kernel, "scroll", {"src/kernel/demo.c": DEMO})
    machine = kernel.machine(image=image)
    rest(machine)
    rows = []
    for i in range(16, 40):
        color = (i % 8) << 4 | i % 16
        text = "row %d" % i
        rest_of_row = YELLOW if i < 24 else color
        rows.append([(text, color),
                     (" " * (80 - len(text)), rest_of_row)])
    rows.append([("%79s!" % "to the last cell", 0x70)])
    screen.expect(machine, rows, 0x70)
    where = screen.cursor(machine)
    assert where == (24, 79), "the cursor is at %s" % (where,)


STORES = r"""
#include "drivers/vga.h"

void stores(void);
void stores(void)
{
    __auto_type cell = vga_cells();
    cell[0] = 1;
    cell[0] = 2;
    cell[0] = 3;
}
"""


def test_every_store_to_the_screen_is_done(kernel):
    """At -O3, three stores to the same cell are three: the adapter
    could have seen each."""
    files = {"src/lib/stores.c": STORES,
             "Makefile": "OPT := -O3\ninclude ../common.mk\n"}
    product = scratch.variant(kernel, "stores", files,
                              "src/lib/stores.c.o")
    stores = code.find({"stores": code.disassemble(product)["stores"]},
                       r"^movw?\s+[%$]\w+,(?!%)")
    assert len(stores) == 3, "there are %d stores:\n%s" % (
        len(stores), "\n".join(stores))
