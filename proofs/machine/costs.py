"""What output and the memory functions cost, in instructions, which QEMU
counts (see measure/README.md); a repeated string instruction counts once
for each repetition.  The machine has no serial port: what a character
costs there depends on the port.

needs: src/arch/repeat.h src/kernel/console.c src/drivers/vga.c linker.ld
once: src/arch/repeat.h src/lib/string.* src/lib/terminal.* src/lib/format.*
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.* src/sync/*
"""

import re

from support import scratch
from support.boot import Unplugged, rest

DEMO = r"""
#include "kernel/demo.h"

#include <stdint.h>

#include "kernel/console.h"
#include "lib/string.h"

static char one[4096];
static char other[4096];

static uint64_t now(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t nothing;
static uint64_t begin;

#define COUNT(result, statement)           \
    do {                                   \
        begin = now();                     \
        statement;                         \
        result = now() - begin - nothing;  \
    } while (0)

void demo(void)
{
    // Off, wherever they exist: a tick would be counted.
    __asm__ volatile("cli");
    uint64_t fill, copy, move, character, line, scroll;
    static char text[80];
    memset(text, 'x', 79);
    COUNT(nothing, );
    COUNT(fill, memset(one, 1, sizeof(one)));
    COUNT(copy, memcpy(other, one, sizeof(one)));
    COUNT(move, memmove(one, one + 1, sizeof(one) - 1));
    COUNT(character, kprintf("x"));
    kprintf("\n");
    COUNT(line, kprintf("%s", text));
    for (unsigned i = 0; i < 30; i++) {
        kprintf("\n");
    }
    COUNT(scroll, kprintf("\n"));
    kprintf("memset %lu\nmemcpy %lu\nmemmove %lu\ncharacter %lu\n"
            "line %lu\nscroll %lu\n",
            fill, copy, move, character, line, scroll);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}
"""

LIMITS = {
    "memset": 600,      # 4 KiB
    "memcpy": 600,
    "memmove": 600,     # towards lower addresses, not aligned
    "character": 260,   # a call of kprintf that prints one
    "line": 3500,       # and one that prints 79
    "scroll": 2500,     # and one whose newline scrolls the screen
}


def test_what_output_costs(kernel):
    """No more than the limits, at the optimisation that everybody
    uses."""
    image = scratch.variant(kernel, "costs", {"src/kernel/demo.c": DEMO})
    flags = ["-icount", "shift=3,sleep=off"]
    with Unplugged(image, without="serial", accel="tcg",
                   flags=flags) as machine:
        rest(machine)
        text = machine.screen().text
    # An instruction takes 8 ns, in which the counter goes on by 8.
    counts = {name: int(count) // 8 for name, count in re.findall(
        r"^(\w+) (\d+)$", text, re.M)}
    assert set(counts) == set(LIMITS), text
    wrong = ["%s: %d, expected at most %d" % (name, counts[name], limit)
             for name, limit in LIMITS.items() if counts[name] > limit]
    assert not wrong, "\n".join(wrong + ["all: %s" % counts])
