"""What is printed while interrupts come stays in one piece, and a panic
is complete wherever it comes from.

needs: src/sync/irq_lock.h src/kernel/console.c src/kernel/timer.c
needs: src/drivers/pit.h src/kernel/demo.h linker.ld
once: src/drivers/pic.* src/drivers/pit.* src/kernel/timer.* src/sync/*
once: src/kernel/console.* src/drivers/vga.* src/drivers/serial.*
once: src/lib/terminal.* src/lib/format.* src/kernel/exceptions.*
once: src/kernel/panic.* src/lib/exception.* src/lib/backtrace.*
once: src/arch/interrupts.* src/arch/gdt.* src/arch/stacks.*
"""

import re

from support.boot import rest
from support.moment import STAND, moment
from support.report import Report

LINES = 300     # that main prints in the storm
STORM_HERTZ = 2000

DEMO = r"""
#include "kernel/demo.h"

#include <stddef.h>

#include "arch/cpu.h"
#include "arch/interrupts.h"
#include "drivers/pit.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "kernel/timer.h"
#include "sync/irq_lock.h"
""" + STAND + r"""
enum { LINES = %d, STORM_HERTZ = %d };

static char *volatile nowhere = (char *)0xdeadbeef;
static unsigned printed;

static void print_tick(uint64_t ticks)
{
    (void)ticks;
    kprintf("tick  %%6u of the timer, and not of the rest\n", printed++);
}

void storm(void);
void storm(void)
{
    pit_start(STORM_HERTZ);
    timer_set_handler(print_tick);
    for (unsigned i = 0; i < LINES; i++) {
        kprintf("line  %%6u of the rest, and not of the timer\n", i);
    }
    timer_set_handler(NULL);
    kprintf("done\n");
    for (;;) {
        cpu_wait_for_interrupt();
    }
}

void print_for_ever(void);
void print_for_ever(void)
{
    for (unsigned i = 0;; i++) {
        kprintf("line  %%6u of the rest, and not of the timer\n", i);
    }
}

static void give_up(uint64_t ticks)
{
    static unsigned calls;
    (void)ticks;
    calls++;
    if (calls == 5) {
        panic("in the handler, %%d", 42);
    }
}

void panic_in_handler(void);
void panic_in_handler(void)
{
    timer_set_handler(give_up);
    print_for_ever();
}

void panic_in_main(void);
void panic_in_main(void)
{
    pit_start(STORM_HERTZ);
    timer_set_handler(print_tick);
    while (timer_ticks() < 20) {
        cpu_wait_for_interrupt();
    }
    panic("in main, %%d", 42);
}

void fault_in_print(void);
void fault_in_print(void)
{
    kprintf("half a line %%s\n", nowhere);
}

static void print_in_handler(struct trap_frame *frame)
{
    kprintf("a fault at %%p\n", (void *)frame->rip);
}

void print_in_print(void);
void print_in_print(void)
{
    interrupts_handle(VECTOR_PAGE_FAULT, print_in_handler);
    kprintf("half a line %%s\n", nowhere);
}

void deadlock(void);
void deadlock(void)
{
    static struct irq_lock lock;
    irq_state_t outer = irq_lock_acquire(&lock);
    irq_state_t inner = irq_lock_acquire(&lock);
    irq_lock_release(&lock, inner);
    irq_lock_release(&lock, outer);
}

void demo(void)
{
    stand();
}
""" % (LINES, STORM_HERTZ)


def going_on(kernel, function):
    """The kernel, doing this."""
    now = moment(kernel, "printing", DEMO)
    now.call(function)
    return now


def whole(number, what, other):
    """A line of the storm."""
    return "%s  %6d of the %s, and not of the %s" % (what, number, *other)


def storm_line(number):
    """What main prints."""
    return whole(number, "line", ("rest", "timer"))


def tick_line(number):
    """What the handler prints."""
    return whole(number, "tick", ("timer", "rest"))


def check_storm(lines):
    """Lines of both kinds, each whole and in its order; how many of
    each."""
    counts = {"line": 0, "tick": 0}
    wanted = {"line": storm_line, "tick": tick_line}
    for line in lines:
        kind = line[:4]
        assert kind in wanted and line == wanted[kind](counts[kind]), (
            "a line is torn or out of order: %r" % line)
        counts[kind] += 1
    return counts["line"], counts["tick"]


def test_no_line_is_torn(kernel):
    """Main and a timer of 2 kHz print whole lines; the serial line has
    each in one piece, and the screen the last ones of them."""
    now = going_on(kernel, "storm")
    now.machine.wait_serial(lambda _: now.serial().endswith("done\n"))
    rest(now.machine)
    lines = now.serial().split("\n")
    assert lines[-2:] == ["done", ""], "it ends with %r" % lines[-2:]
    mine, ticks = check_storm(lines[:-2])
    assert mine == LINES, "main's lines are %d" % mine
    assert ticks > 10, "the timer has printed %d lines only" % ticks
    shown = now.machine.screen().lines
    assert shown == lines[-25:], "the screen shows\n%s\nexpected\n%s" % (
        "\n".join(shown), "\n".join(lines[-25:]))


def panicked(now):
    """What came over the serial line before a report, and the report's
    lines.  It is complete: the screen shows the same, who called is told,
    and the machine rests."""
    rest(now.machine)
    assert now.machine.halted_for_ever(), "it rests with interrupts on"
    before, begin, rest_of_it = now.serial().partition("\nkernel panic")
    text = begin[1:] + rest_of_it
    assert text.endswith("\n"), "the serial line says %r" % now.serial()
    lines = text[:-1].split("\n")
    rows = [line[at:at + 80].rstrip() for line in lines
            for at in range(0, len(line), 80)]
    shown = Report(now.machine.screen())
    assert shown.lines == rows, (
        "the screen shows\n%s\nthe serial line says\n%s" % (
            "\n".join(shown.lines), text))
    assert shown.callers, "it does not say who called: " + text
    return before + "\n", lines


def check_message(report, pattern):
    """The report's first line."""
    assert re.fullmatch(pattern, report[0]), "it begins with %r" % report[0]


def test_a_panic_in_main(kernel):
    """It is the last thing to be printed, though a timer prints."""
    before, report = panicked(going_on(kernel, "panic_in_main"))
    check_message(report, r"kernel panic at kernel/demo\.c:\d+: "
                  "in main, 42")
    _, ticks = check_storm(before.rstrip("\n").split("\n"))
    assert ticks > 0, "the timer has printed nothing"


def test_a_panic_in_a_handler(kernel):
    """While main prints all the time: the line that it was at is whole,
    and another one never comes."""
    before, report = panicked(going_on(kernel, "panic_in_handler"))
    check_message(report, r"kernel panic at kernel/demo\.c:\d+: "
                  "in the handler, 42")
    mine, _ = check_storm(before.rstrip("\n").split("\n"))
    assert mine > 0, "main has printed nothing"


def test_a_panic_that_interrupts_a_print(kernel):
    """No lock keeps an NMI out: the report takes the console, and begins
    a line of its own."""
    now = going_on(kernel, "print_for_ever")
    now.machine.wait_serial(lambda _: storm_line(20) in now.serial())
    now.machine.qmp("inject-nmi")
    before, report = panicked(now)
    check_message(report, re.escape(
        "kernel panic: non-maskable interrupt (exception 2)"))
    # What it interrupted, if not the end of a line; the byte that was
    # being sent may have come twice.
    *lines, last = before.rstrip("\n").split("\n")
    mine, _ = check_storm(lines)
    line = storm_line(mine)
    twice = [line[:at] + line[at:at + 1] + line[at:]
             for at in range(len(line))]
    assert any(possible.startswith(last) for possible in [line] + twice), (
        "half a line is %r" % last)


def test_a_fault_within_a_print(kernel):
    """The same of the print's own mistake."""
    before, report = panicked(going_on(kernel, "fault_in_print"))
    assert before == "half a line \n", "it says %r" % before
    check_message(report, re.escape("kernel panic: page fault (exception 14)"))
    assert "address 0x00000000deadbeef (cr2)" in report, (
        "\n".join(report))


def test_a_print_within_a_print(kernel):
    """It would wait for ever for the lock that it interrupted: named."""
    before, report = panicked(going_on(kernel, "print_in_print"))
    assert before == "half a line \n", "it says %r" % before
    check_message(report, r"kernel panic at sync/irq_lock\.h:\d+: "
                  r"deadlock: lock 0x[0-9a-f]{16} is held already")


def test_a_deadlock(kernel):
    """A lock that its holder asks for again."""
    _, report = panicked(going_on(kernel, "deadlock"))
    check_message(report, r"kernel panic at sync/irq_lock\.h:\d+: "
                  r"deadlock: lock 0x[0-9a-f]{16} is held already")
