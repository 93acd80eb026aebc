// What the kernel's most used functions cost, in instructions: a line
// for each, its calls and their time.
// needs: src/mm/header_heap.h src/mm/linked_list.h src/mm/kmalloc.h
#include <stdbool.h>

#include "arch/cpu.h"
#include "counting.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/header_heap.h"
#include "mm/kmalloc.h"
#include "mm/linked_list.h"
#include "mm/paging.h"

// `calls` calls of functions took `time` together; what is told is its
// part of that, where there are `parts`.
static void report_cost(const char *what, size_t parts, size_t calls,
                        uint64_t time)
{
    kprintf("measure cost %zu %zu %lu %s\n", parts, calls, time, what);
}

static uintptr_t cost(const char *what, struct call call)
{
    timed_call(&call);
    report_cost(what, 1, 1, call.time);
    return call.result;
}

static void measure_memory_functions(void)
{
    static _Alignas(PAGE_SIZE) uint8_t one[PAGE_SIZE], other[PAGE_SIZE];
    cost("memset, 4 KiB", CALL(memset, (uintptr_t)one, 1, PAGE_SIZE));
    cost("memcpy, 4 KiB",
         CALL(memcpy, (uintptr_t)other, (uintptr_t)one, PAGE_SIZE));
}

// The text goes to the screen and to the serial port.
static void measure_printing(void)
{
    static char line[80];
    memset(line, 'x', 79);
    for (unsigned i = 0; i < 30; i++) {
        kprintf("\n");
    }
    struct call character = CALL(kprintf, (uintptr_t) "x");
    struct call scroll = CALL(kprintf, (uintptr_t) "\n");
    struct call whole = CALL(kprintf, (uintptr_t)line);
    timed_call(&character);
    timed_call(&scroll);
    timed_call(&whole);
    kprintf("\n");
    report_cost("a character, printed", 1, 1, character.time);
    report_cost("a newline that scrolls", 1, 1, scroll.time);
    report_cost("a line of 79 characters", 1, 1, whole.time);
}

// In a table that is there already.
static void measure_mapping(void)
{
    uintptr_t page = HEAP_START + (UINT64_C(1) << 38);
    phys_addr_t frame;
    if (!frame_allocate(&frame)) {
        panic("no frame");
    }
    struct call map = CALL(paging_map, paging_root().value, page,
                           frame.value, PAGE_4_KIB, PTE_WRITABLE);
    struct call unmap = CALL(paging_unmap, paging_root().value, page,
                             (uintptr_t)&frame);
    for (unsigned i = 0; i < 2; i++) {
        timed_call(&map);
        timed_call(&unmap);
    }
    report_cost("a page, mapped and unmapped", 1, 2, map.time + unmap.time);
}

static void measure_kmalloc(void)
{
    cost("the first block of a heap",
         CALL(bump_heap.base.allocate, (uintptr_t)&bump_heap, 64, 16,
              (uintptr_t)measure_kmalloc));
    struct call get = CALL(kmalloc, 64);
    struct call give = CALL(kfree, 0);
    for (unsigned i = 0; i < 3; i++) {
        timed_call(&get);
        give.arguments[0] = get.result;
        timed_call(&give);
    }
    report_cost("64 bytes, kmalloc and kfree", 1, 2, get.time + give.time);
}

enum { BLOCKS = 65000, SIZE = 16 };

// Releases all blocks in an order without pattern, and then allocates
// what is only there when all holes are one again.
static void measure_list(void)
{
    static struct linked_list_allocator list = LINKED_LIST_INIT;
    uint8_t *memory = kmalloc(BLOCKS * SIZE);
    if (memory == NULL) {
        panic("no memory");
    }
    list.base.extend(&list.base, memory, BLOCKS * SIZE);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (list.base.allocate(&list.base, SIZE, 16) == NULL) {
            panic("the list has no block %zu", i);
        }
    }
    uint64_t time = 0;
    uint64_t random = 1;
    // Every residue once: a generator whose period is 2^16.
    for (size_t i = 0; i < 1 << 16; i++) {
        random = (random * 25173 + 13849) % (1 << 16);
        if (random < BLOCKS) {
            struct call give =
                CALL(list.base.release, (uintptr_t)&list,
                     (uintptr_t)memory + random * SIZE, SIZE, 16);
            timed_call(&give);
            time += give.time;
        }
    }
    report_cost("a list's release of each of 65,000", BLOCKS, BLOCKS, time);
    struct call all = CALL(list.base.allocate, (uintptr_t)&list,
                           BLOCKS * SIZE, 16);
    timed_call(&all);
    if (all.result != (uintptr_t)memory) {
        panic("the holes are not one");
    }
    // With what each release left to do.
    report_cost("the same, the holes sorted", BLOCKS, BLOCKS + 1,
                time + all.time);
    kfree(memory);
}

void kernel_main(uint32_t boot_info)
{
    uint64_t start = __builtin_ia32_rdtsc();
    kernel_init(boot_info);
    kprintf("Hello World!\n");
    uint64_t time = __builtin_ia32_rdtsc() - start;
    cpu_disable_interrupts();
    measure_nothing();
    report_cost("kernel_main to the first line", 1, 0, time);
    measure_memory_functions();
    measure_printing();
    measure_mapping();
    measure_kmalloc();
    measure_list();
    serial_drain();
    qemu_exit(QEMU_SUCCESS);
}
