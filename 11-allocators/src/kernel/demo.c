#include "kernel/demo.h"

#include <stdint.h>

#include "kernel/console.h"
#include "kernel/panic.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/kmalloc.h"
#include "mm/linked_list.h"

enum { ARENA_SIZE = 100 * 1024, SLOTS = 256 };

// The block of each slot, NULL if it has none.
static void *blocks[SLOTS];
static size_t sizes[SLOTS];

// Numbers that look random, the same ones each time.
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

// Chooses a slot a few thousand times: an empty one gets a block of 8
// to 512 bytes, the block of another one is released.
static void run_traffic(const char *name, struct allocator *allocator,
                        void *arena)
{
    allocator->extend(allocator, arena, ARENA_SIZE);
    uint32_t random = 1;
    unsigned allocated = 0;
    unsigned refused = 0;
    for (unsigned i = 0; i < 5000; i++) {
        size_t slot = next_random(&random) % SLOTS;
        if (blocks[slot] != NULL) {
            allocator->release(allocator, blocks[slot], sizes[slot], 8);
            blocks[slot] = NULL;
            continue;
        }
        sizes[slot] = 8 + next_random(&random) % 505;
        blocks[slot] = allocator->allocate(allocator, sizes[slot], 8);
        if (blocks[slot] != NULL) {
            allocated++;
        } else {
            refused++;
        }
    }
    size_t bytes = 0;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        bytes += blocks[slot] != NULL ? sizes[slot] : 0;
        blocks[slot] = NULL;
    }
    kprintf("%-12s %4u blocks, %4u refused; %5zu bytes in use\n", name,
            allocated, refused, bytes);
}

static void print_holes(struct linked_list_allocator *list,
                        size_t waiting)
{
    struct hole_summary holes = linked_list_summary(list);
    kprintf("    %zu holes, %zu bytes, the largest %zu; %zu wait\n",
            holes.count, holes.bytes, holes.largest, waiting);
}

static void compare(void *arena)
{
    struct bump_allocator bump = BUMP_INIT;
    run_traffic("bump", &bump.base, arena);
    kprintf("    %zu bytes at the end\n", bump_free_bytes(&bump));

    struct linked_list_allocator list = LINKED_LIST_INIT;
    run_traffic("linked list", &list.base, arena);
    print_holes(&list, 0);

    struct fixed_block_allocator fixed = FIXED_BLOCK_INIT;
    run_traffic("fixed block", &fixed.base, arena);
    print_holes(&fixed.fallback, fixed_block_waiting(&fixed));
}

// Where neighbouring blocks are tells which heap this is.
static void show_heap(void)
{
    void *one = kmalloc(40);
    void *other = kmalloc(40);
    kprintf("kmalloc: 40 bytes at %p, and at %p\n", one, other);
    kfree(one);
    kfree(other);
}

void demo(void)
{
    kprintf("Hello World!\n");
    show_heap();
    void *arena = kmalloc_aligned(ARENA_SIZE, 4096);
    if (arena == NULL) {
        panic("no memory");
    }
    compare(arena);
    kfree(arena);
    kprintf("It did not crash!\n");
}
