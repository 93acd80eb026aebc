// What a block of memory costs, in instructions, and what becomes of
// the memory, for each allocator over an arena and for each heap.
// needs: src/mm/header_heap.h src/mm/bump.h src/mm/fixed_block.h
//
// Four workloads, a line of numbers each; measure.py makes tables of
// them.
#include <stdbool.h>

#include "arch/cpu.h"
#include "counting.h"
#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "lib/string.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/frame.h"
#include "mm/header_heap.h"

// --- What is measured -------------------------------------------------

// What the calls of one kind have cost so far.
struct cost {
    uint64_t count;
    uint64_t time;
    uint64_t most;
};

static uintptr_t count(struct cost *cost, struct call call)
{
    timed_call(&call);
    cost->count++;
    cost->time += call.time;
    cost->most = call.time > cost->most ? call.time : cost->most;
    return call.result;
}

// An allocator or a heap.
struct subject {
    const char *name;
    struct allocator *allocator; // NULL: a heap
    struct heap *heap;
    struct cost get;
    struct cost give;
};

enum { ALIGNMENT = 16 };

static void *get(struct subject *subject, size_t size)
{
    struct allocator *allocator = subject->allocator;
    struct heap *heap = subject->heap;
    struct call call =
        allocator != NULL
            ? CALL(allocator->allocate, (uintptr_t)allocator, size,
                   ALIGNMENT)
            : CALL(heap->allocate, (uintptr_t)heap, size, ALIGNMENT,
                   (uintptr_t)get);
    void *block = (void *)count(&subject->get, call);
    // A block that is used, as a program would.
    if (block != NULL) {
        memset(block, 0x5a, size);
    }
    return block;
}

static void give(struct subject *subject, void *block, size_t size)
{
    struct allocator *allocator = subject->allocator;
    struct heap *heap = subject->heap;
    count(&subject->give,
          allocator != NULL
              ? CALL(allocator->release, (uintptr_t)allocator,
                     (uintptr_t)block, size, ALIGNMENT)
              : CALL(heap->release, (uintptr_t)heap, (uintptr_t)block,
                     (uintptr_t)give));
}

// --- What becomes of the memory ---------------------------------------

// Blocks that are there, with the sizes that were asked for.
enum { MOST = 1000, SLOTS = 256 };

static struct block {
    uint8_t *at;
    size_t size;
} blocks[MOST];

// The memory that each allocator is given: as much as in the chapter's
// tests.
enum { ARENA_SIZE = 100 << 10 };
static _Alignas(PAGE_SIZE) uint8_t arena[ARENA_SIZE];

static struct bump_allocator bump;
static struct linked_list_allocator list;
static struct fixed_block_allocator fixed;

static void begin_anew(void)
{
    bump = (struct bump_allocator)BUMP_INIT;
    list = (struct linked_list_allocator)LINKED_LIST_INIT;
    fixed = (struct fixed_block_allocator)FIXED_BLOCK_INIT;
    memset(blocks, 0, sizeof(blocks));
}

static size_t frames_at_first;

// Bytes asked for and used, bytes that wait for blocks of one size, and
// what the holes are: of a bump allocator the rest.  Only the heap of
// pages gives its frames back, so that they tell what it uses.
static void print_state(struct subject *subject, const char *workload,
                        const char *when)
{
    struct hole_summary holes = {0};
    size_t waiting = 0;
    size_t used = ARENA_SIZE;
    if (subject->allocator == &bump.base) {
        size_t left = bump_free_bytes(&bump);
        holes = (struct hole_summary){left > 0, left, left};
    } else if (subject->allocator == &list.base) {
        holes = linked_list_summary(&list);
    } else if (subject->allocator == &fixed.base) {
        holes = linked_list_summary(&fixed.fallback);
        waiting = fixed_block_waiting(&fixed);
    } else if (subject->heap == &page_heap) {
        used = (frames_at_first - frame_free_count()) * PAGE_SIZE;
    } else {
        return;
    }
    size_t asked = 0;
    for (size_t i = 0; i < MOST; i++) {
        asked += blocks[i].at != NULL ? blocks[i].size : 0;
    }
    kprintf("measure state %s %s %s %zu %zu %zu %zu %zu %zu\n",
            subject->name, workload, when, asked,
            used - holes.bytes - waiting, waiting, holes.count,
            holes.largest, holes.bytes);
}

static void print_piece(const char *kind, const struct subject *subject,
                        const void *at, size_t size)
{
    kprintf("measure piece %s %s %zu %zu\n", kind, subject->name,
            (size_t)((const uint8_t *)at - arena), size);
}

// The arena, piece by piece, for a figure.  The holes are sorted.
static void print_map(const struct subject *subject)
{
    for (size_t i = 0; i < SLOTS; i++) {
        if (blocks[i].at != NULL) {
            print_piece("block", subject, blocks[i].at, blocks[i].size);
        }
    }
    if (subject->allocator == &bump.base) {
        print_piece("hole", subject, (void *)bump.next,
                    bump_free_bytes(&bump));
        return;
    }
    const struct linked_list_allocator *holes =
        subject->allocator == &list.base ? &list : &fixed.fallback;
    for (const struct hole *hole = holes->holes.next; hole != NULL;
         hole = hole->next) {
        print_piece("hole", subject, hole, hole->size);
    }
    for (size_t class = 0; holes != &list && class < FIXED_BLOCK_CLASSES;
         class++) {
        for (const struct free_block *free = fixed.free[class];
             free != NULL; free = free->next) {
            print_piece("waiting", subject, free,
                        fixed_block_sizes[class]);
        }
    }
}

// --- The workloads ----------------------------------------------------

// The generator `xorshift64*`.
static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % limit;
}

// False if there is no memory.
static bool put(struct subject *subject, size_t slot, size_t size)
{
    blocks[slot] = (struct block){get(subject, size), size};
    return blocks[slot].at != NULL;
}

static void take(struct subject *subject, size_t slot)
{
    if (blocks[slot].at != NULL) {
        give(subject, blocks[slot].at, blocks[slot].size);
        blocks[slot].at = NULL;
    }
}

// Each returns whether there was memory for all of it, and calls
// print_state() where there is something to see.

static bool pairs(struct subject *subject)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (!put(subject, 0, 64)) {
            return false;
        }
        if (i == 999) {
            print_state(subject, "pairs", "held");
        }
        take(subject, 0);
    }
    return true;
}

static bool shuffled(struct subject *subject)
{
    for (size_t i = 0; i < MOST; i++) {
        if (!put(subject, i, 64)) {
            return false;
        }
    }
    for (size_t left = MOST; left > 0; left--) {
        size_t other = random_below(left);
        struct block last = blocks[left - 1];
        blocks[left - 1] = blocks[other];
        blocks[other] = last;
        take(subject, left - 1);
        if (left == MOST / 2 + 1) {
            print_state(subject, "shuffled", "held");
        }
    }
    return true;
}

static bool slots(struct subject *subject)
{
    for (unsigned step = 0; step < 20000; step++) {
        size_t slot = random_below(SLOTS);
        size_t size = 8 + random_below(512 - 8 + 1);
        if (blocks[slot].at != NULL) {
            take(subject, slot);
        } else if (!put(subject, slot, size)) {
            return false;
        }
    }
    print_state(subject, "slots", "held");
    return true;
}

// The bytes that a vector moves are not counted: they are the same with
// every allocator.
static bool vector(struct subject *subject)
{
    for (unsigned round = 0; round < 100; round++) {
        size_t place = 0;
        for (size_t size = 64; size <= 32 << 10; size *= 2) {
            if (!put(subject, 1 - place, size)) {
                return false;
            }
            take(subject, place);
            place = 1 - place;
        }
        if (round == 99) {
            print_state(subject, "vector", "held");
        }
        take(subject, place);
    }
    return true;
}

static const struct workload {
    const char *name;
    bool (*run)(struct subject *subject);
} workloads[] = {
    {"pairs", pairs},
    {"shuffled", shuffled},
    {"slots", slots},
    {"vector", vector},
};
enum { WORKLOADS = sizeof(workloads) / sizeof(workloads[0]) };

static void print_cost(const struct subject *subject,
                       const char *workload, const char *what,
                       const struct cost *cost)
{
    kprintf("measure block %s %s %s %lu %lu %lu\n", subject->name,
            workload, what, cost->count, cost->time, cost->most);
}

static void measure(struct subject subject,
                    const struct workload *workload)
{
    random_state = 1;
    begin_anew();
    if (subject.allocator != NULL) {
        subject.allocator->extend(subject.allocator, arena, ARENA_SIZE);
    }
    frames_at_first = frame_free_count();
    if (!workload->run(&subject)) {
        kprintf("measure full %s %s %lu\n", subject.name,
                workload->name, subject.get.count);
        print_state(&subject, workload->name, "held");
    }
    if (subject.allocator != NULL && workload->run == slots) {
        print_map(&subject);
    }
    print_cost(&subject, workload->name, "get", &subject.get);
    print_cost(&subject, workload->name, "give", &subject.give);
    for (size_t i = 0; i < MOST; i++) {
        take(&subject, i);
    }
    print_state(&subject, workload->name, "back");
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    cpu_disable_interrupts();
    measure_nothing();
    for (size_t i = 0; i < WORKLOADS; i++) {
        const struct subject subjects[] = {
            {.name = "bump", .allocator = &bump.base},
            {.name = "list", .allocator = &list.base},
            {.name = "block", .allocator = &fixed.base},
            {.name = "page_heap", .heap = &page_heap},
            {.name = "bump_heap", .heap = &bump_heap.base},
            {.name = "list_heap", .heap = &list_heap.base},
            {.name = "block_heap", .heap = &block_heap.base},
        };
        for (size_t k = 0; k < sizeof(subjects) / sizeof(subjects[0]);
             k++) {
            measure(subjects[k], &workloads[i]);
        }
    }
    serial_drain();
    qemu_exit(QEMU_SUCCESS);
}
