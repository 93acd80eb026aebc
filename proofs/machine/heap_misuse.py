"""The heap of pages and its misuse, seen from outside: every mistake ends
in a report that names the block, its size, who allocated it and who freed
it, and the instruction, where the processor noticed.

needs: src/mm/page_heap.c src/mm/kmalloc.h src/kernel/exceptions.c
needs: src/kernel/demo.h linker.ld
until: src/mm/header_heap.c
"""

import re
import struct

from support.boot import rest
from support.moment import STAND, moment
from support.report import (Report, check_callers, function_at, page_fault)
from support.tables import NO_EXECUTE, Tables

PAGE = 4096
START = 0xFFFFC00000000000
SIZE = 128 << 20
RECORD = 32             # bytes for each page, after the heap

DEMO = r"""
#include "kernel/demo.h"

#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#include "mm/frame.h"
#include "mm/kmalloc.h"
""" + STAND + r"""
// Told from outside.
volatile uint64_t size = 40;
volatile uint64_t alignment = 16;
volatile int64_t offset;
volatile uint64_t times;

// And told to the outside.  What is freed is not what was allocated, as
// far as the compiler can see.
uint8_t *volatile block;

NOINLINE static void allocator(void)
{
    block = kmalloc_aligned(size, alignment);
}

NOINLINE static void giver(void *what)
{
    kfree(what);
}

// Each is one instruction.
void touch_read(const uint8_t *at);
void touch_write(const uint8_t *at);
void touch_call(const uint8_t *at);
__asm__(".text\n"
        ".type touch_read, @function\n"
        "touch_read: push %rbp\n mov %rsp, %rbp\n"
        "touch_read_at: mov (%rdi), %al\n pop %rbp\n ret\n"
        ".type touch_write, @function\n"
        "touch_write: push %rbp\n mov %rsp, %rbp\n"
        "touch_write_at: movb $0, (%rdi)\n pop %rbp\n ret\n"
        ".type touch_call, @function\n"
        "touch_call: push %rbp\n mov %rsp, %rbp\n"
        "call *%rdi\n pop %rbp\n ret\n");

void read_live(void);
void read_live(void)
{
    allocator();
    touch_read(block + offset);
}

void write_live(void);
void write_live(void)
{
    allocator();
    touch_write(block + offset);
}

void call_live(void);
void call_live(void)
{
    allocator();
    touch_call(block + offset);
}

void read_freed(void);
void read_freed(void)
{
    allocator();
    giver(block);
    touch_read(block + offset);
}

void write_freed(void);
void write_freed(void)
{
    allocator();
    giver(block);
    touch_write(block + offset);
}

void free_written(void);
void free_written(void)
{
    allocator();
    touch_write(block + offset);
    giver(block);
}

void free_twice(void);
void free_twice(void)
{
    allocator();
    giver(block);
    giver(block);
}

void free_inside(void);
void free_inside(void)
{
    allocator();
    giver(block + offset);
}

void free_elsewhere(void);
void free_elsewhere(void)
{
    giver((void *)offset);
}

void resize_freed(void);
void resize_freed(void)
{
    allocator();
    giver(block);
    block = krealloc(block, 2 * size);
}

NOINLINE static void resizer(void)
{
    block = krealloc(block, 2 * size);
}

void use_after_resize(void);
void use_after_resize(void)
{
    allocator();
    const uint8_t *before = block;
    resizer();
    touch_write(before);
}

// A freed block, long ago.
void read_later(void);
void read_later(void)
{
    allocator();
    uint8_t *first = block;
    giver(first);
    for (uint64_t i = 0; i < times; i++) {
        allocator();
        giver(block);
    }
    block = first;
    touch_read(first);
}

// Kept, to be looked at.
void keep(void);
void keep(void)
{
    for (uint64_t i = 0; i < times; i++) {
        allocator();
    }
    stand();
}

void demo(void)
{
    stand();
}
"""


def stand(kernel, **settings):
    """The kernel, about to do what a test wants of it."""
    now = moment(kernel, "heap", DEMO.replace(
        "NOINLINE", "__attribute__((noinline))"))
    for name, value in settings.items():
        now.gdb.write(now.elf.address(name),
                      struct.pack("<q" if value < 0 else "<Q", value))
    return now


def number(now, name):
    """The value of a variable of the demo's."""
    return struct.unpack("<Q", now.machine.memory(
        now.elf.address(name), 8))[0]


def report_of(now):
    """What a kernel that gives up says: the lines of the serial line, and
    the report on the screen, which are the same."""
    rest(now.machine)
    assert now.machine.halted_for_ever(), "it does not give up: " + (
        now.serial())
    report = Report(now.machine.screen())
    said = now.serial().strip("\n").split("\n")
    rows = [line[at:at + 80].rstrip() for line in said
            for at in range(0, len(line), 80)]
    assert report.lines == rows, "the screen shows\n%s\nit says\n%s" % (
        "\n".join(report.lines), "\n".join(said))
    return report, said


def named(now, text):
    """A text with the names of the functions of the kernel's in the place
    of addresses in them."""
    def name(found):
        where = function_at(now.elf, int(found[0], 16) - 1)
        return found[0] if where == "nowhere" else where
    return re.sub(r"0x[0-9a-f]{16}", name, text)


def check_fault(kernel, now, error, offset, told, caller, at=None):
    """A page fault at the block and so many bytes, with these lines of
    the heap's, at the instruction that the label names."""
    report, _ = report_of(now)
    assert report.message == "kernel panic: page fault (exception 14)", (
        report.message)
    block = number(now, "block")
    wanted = (["error code " + error]
              + page_fault(kernel, now.machine, block + offset)
              + ["heap: " + line.replace("BLOCK", "0x%016x" % block)
                 for line in told])
    found = report.cause[:len(wanted) - len(told)] + [
        named(now, line) for line in report.cause[len(wanted) - len(told):]]
    assert found == wanted, "it says\n%s\nexpected\n%s" % (
        "\n".join(found), "\n".join(wanted))
    rip = report.registers["rip"]
    place = now.elf.address(at) if at else block + offset
    assert rip == place, "at %#x, expected %#x" % (rip, place)
    check_callers(report, now.elf, caller + ["demo", "kernel_main"])


READ = "0x0: read, page not present"
WRITE = "0x2: write, page not present"
FETCH = "0x11: fetch, page forbids it"


def live(size):
    """The first line of a block's explanation."""
    return "%d bytes at BLOCK, allocated by allocator" % size


def overrun(kernel, size, alignment, offset):
    """A read and a write behind a block, in the page that is absent."""
    for function, error in (("read_live", READ), ("write_live", WRITE)):
        now = stand(kernel, size=size, alignment=alignment, offset=offset)
        now.call(function)
        check_fault(kernel, now, error, offset,
                    [live(size), "they end %d bytes before" % (
                        offset - size)], [function],
                    "touch_%s_at" % function[:-5])


def test_the_byte_behind_a_block(kernel):
    """A size that is a multiple of 16: at the instruction."""
    overrun(kernel, 48, 16, 48)


def test_the_sixteenth_byte_behind_a_block(kernel):
    """The size that leaves the most bytes at its end."""
    overrun(kernel, 33, 16, 48)


def test_a_byte_far_behind_a_large_block(kernel):
    """To the end of the absent page; three pages at an alignment of a
    page."""
    overrun(kernel, 8200, 4096, 3 * PAGE + PAGE - 1)


def test_a_call_into_a_block(kernel):
    """It is there, and no code: no byte is before or behind."""
    now = stand(kernel, size=48, offset=5)
    now.call("call_live")
    check_fault(kernel, now, FETCH, 5, [live(48)],
                ["touch_call", "call_live"])


def use_after_free(kernel, size, offset):
    """A read and a write where a block was."""
    for function, error in (("read_freed", READ), ("write_freed", WRITE)):
        now = stand(kernel, size=size, offset=offset)
        now.call(function)
        check_fault(kernel, now, error, offset,
                    [live(size), "freed by giver"], [function],
                    "touch_%s_at" % function[:-6])


def test_use_after_free(kernel):
    """Its first byte, and the last one of another."""
    use_after_free(kernel, 40, 0)
    use_after_free(kernel, 3 * PAGE, 3 * PAGE - 1)


def test_use_before_and_behind_what_was_freed(kernel):
    """The record is that of the page."""
    use_after_free(kernel, 40, -1)
    use_after_free(kernel, 48, 48)


def test_use_after_a_resize(kernel):
    """The old block is gone, and who has resized it freed it."""
    now = stand(kernel, size=100)
    now.gdb.set(rip=now.elf.address("use_after_resize"))
    now.gdb.run_to(now.elf.address("resizer"))
    block = number(now, "block")
    now.gdb.go()
    report, _ = report_of(now)
    told = [named(now, line) for line in report.cause
            if line.startswith("heap: ")]
    assert told == [
        "heap: 100 bytes at 0x%016x, allocated by allocator" % block,
        "heap: freed by resizer"], "it says\n" + "\n".join(told)
    assert report.registers["rip"] == now.elf.address("touch_write_at")


def test_use_after_free_many_blocks_later(kernel):
    """A thousand others have come and gone: the freed one is still absent,
    and named."""
    now = stand(kernel, size=40, times=1000)
    now.call("read_later")
    now.machine.wait_serial(lambda _: "called from" in now.serial())
    check_fault(kernel, now, READ, 0, [live(40), "freed by giver"],
                ["read_later"], "touch_read_at")


def check_panic(now, message, callers, offset=0, file="page_heap"):
    """A panic of the heap's with this message; BLOCK stands for the block
    and so many bytes."""
    report, said = report_of(now)
    begin = re.match(r"kernel panic at mm/%s\.c:\d+: " % file, said[0])
    block = number(now, "block") + offset
    found = named(now, said[0][begin.end():]) if begin else said[0]
    wanted = message.replace("BLOCK", "0x%016x" % block)
    assert found == wanted, "it says %r, expected %r" % (found, wanted)
    names = report.functions(now.elf)
    assert "kfree" in names or "krealloc" in names, ", ".join(names)
    outer = names[-len(callers) - 3:-1]
    assert outer == callers + ["demo", "kernel_main"], (
        "called by %s, expected %s" % (", ".join(names),
                                       ", ".join(callers)))


def test_bytes_behind_a_block(kernel):
    """An overrun by 1, and by as much as the alignment leaves."""
    for size, alignment, offset in ((33, 16, 33), (33, 16, 47), (0, 16, 0),
                                    (40, 256, 255)):
        now = stand(kernel, size=size, alignment=alignment, offset=offset)
        now.call("free_written")
        check_panic(now, "written past the %d bytes at BLOCK, allocated "
                    "by allocator" % size, ["giver", "free_written"])


def test_bytes_before_a_block(kernel):
    """An underrun by 1, and to the beginning of the page."""
    for offset in (-1, -16, -(PAGE - 48)):
        now = stand(kernel, size=48, offset=offset)
        now.call("free_written")
        check_panic(now, "written before the 48 bytes at BLOCK, allocated "
                    "by allocator", ["giver", "free_written"])


def test_free_twice(kernel):
    """Who has freed it first is told."""
    now = stand(kernel, size=77)
    now.call("free_twice")
    check_panic(now, "freeing BLOCK, freed by giver: 77 bytes, allocated "
                "by allocator", ["giver", "free_twice"])


def test_free_inside_a_block(kernel):
    """Not at its beginning."""
    for offset in (1, 16, -16, PAGE):
        now = stand(kernel, size=77, offset=offset)
        now.call("free_inside")
        check_panic(now, "freeing BLOCK, where no block begins",
                    ["giver", "free_inside"], offset)


def test_free_what_is_not_in_the_heap(kernel):
    """A variable, what is before the heap, its records."""
    variable = stand(kernel).elf.address("block")
    for address in (variable, START - 16, START + SIZE, 1):
        now = stand(kernel, offset=address)
        now.call("free_elsewhere")
        check_panic(now, "freeing 0x%016x, which is not in the heap" %
                    address, ["giver", "free_elsewhere"])


def test_resize_what_was_freed(kernel):
    """Before anything of it is read."""
    now = stand(kernel, size=50)
    now.call("resize_freed")
    check_panic(now, "looking for BLOCK, freed by giver: 50 bytes, "
                "allocated by allocator", ["resize_freed"])


def heap_pages(now):
    """The pages behind the window, by address."""
    return {page.address: page for page in Tables(now.machine).pages()
            if page.address >= START}


def check_rights(pages):
    """Each is a frame's own, to be written to, and not executed."""
    physical = [page.physical for page in pages.values()]
    assert len(set(physical)) == len(physical), "a frame is there twice"
    for page in pages.values():
        assert page.size == PAGE and page.writable and not page.user, (
            "%#x is %r" % (page.address, page))
        assert page.entries[-1] & NO_EXECUTE, "%#x is executable" % (
            page.address)


def check_pages(now, wanted, used):
    """Just these pages are there, and the records of the first `used`
    pages of the heap."""
    pages = heap_pages(now)
    check_rights(pages)
    records = range(START + SIZE, START + SIZE + used * RECORD, PAGE)
    wrong = sorted(set(pages) ^ wanted ^ set(records))
    assert not wrong, "%d pages are there and should not be, or the other " \
        "way round, the first at %#x" % (len(wrong), wrong[0])


def test_the_pages_of_the_heap(kernel):
    """A kernel that has allocated nothing has none; with blocks, their
    pages and the records of these, and none after a block."""
    now = stand(kernel, size=PAGE + 1, times=80)
    check_pages(now, set(), 0)
    now.gdb.set(rip=now.elf.address("keep"))
    now.gdb.run_to(now.elf.address("stand"))
    last = number(now, "block") // PAGE * PAGE
    first = last - 79 * 3 * PAGE
    assert first == START, "the first block is at %#x" % first
    check_pages(now, {first + (3 * number + page) * PAGE
                      for number in range(80) for page in (0, 1)}, 240)
