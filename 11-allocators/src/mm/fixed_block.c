#include "mm/fixed_block.h"

#include <stdbool.h>

// Blocks of all classes lie on multiples of this.
enum { UNIT = 16 };

const uint16_t fixed_block_sizes[FIXED_BLOCK_CLASSES] = {
    16,   32,   48,   64,   80,   96,   112,  128,  160,
    192,  224,  256,  320,  384,  448,  512,  640,  768,
    896,  1024, 1280, 1536, 1792, 2048, 2560,
};

// Whether blocks like this one come from a list.  A size of 0 wraps
// around to the largest number: such a block belongs to no class.
static bool has_class(size_t size, size_t alignment)
{
    return size - 1 < FIXED_BLOCK_LARGEST && alignment <= UNIT;
}

// For each number of units, less 1, the class of the smallest blocks
// that have room for them.  A table, because each block needs it twice.
static uint8_t classes[FIXED_BLOCK_LARGEST / UNIT];
_Static_assert(FIXED_BLOCK_LARGEST % UNIT == 0, "whole units");

static void fill_classes(void)
{
    uint8_t class = 0;
    for (size_t i = 0; i < FIXED_BLOCK_LARGEST / UNIT; i++) {
        if ((i + 1) * UNIT > fixed_block_sizes[class]) {
            class++;
        }
        classes[i] = class;
    }
}

static size_t class_of(size_t size)
{
    return classes[(size - 1) / UNIT];
}

// A block that is not in a list.  noinline: what it needs would be
// paid for by every call that finds one.
__attribute__((noinline)) static void *
allocate_new(struct fixed_block_allocator *self, size_t size,
             size_t alignment)
{
    struct allocator *fallback = &self->fallback.base;
    void *block = linked_list_allocate(fallback, size, alignment);
    if (block == NULL) {
        fixed_block_trim(self);
        block = linked_list_allocate(fallback, size, alignment);
    }
    return block;
}

void *fixed_block_allocate(struct allocator *base, size_t size,
                           size_t alignment)
{
    struct fixed_block_allocator *self =
        (struct fixed_block_allocator *)base;
    if (!has_class(size, alignment)) {
        return allocate_new(self, size, alignment);
    }
    size_t class = class_of(size);
    struct free_block *block = self->free[class];
    if (block == NULL) {
        return allocate_new(self, fixed_block_sizes[class], UNIT);
    }
    self->free[class] = block->next;
    return block;
}

void fixed_block_release(struct allocator *base, void *block,
                         size_t size, size_t alignment)
{
    struct fixed_block_allocator *self =
        (struct fixed_block_allocator *)base;
    if (!has_class(size, alignment)) {
        linked_list_release(&self->fallback.base, block, size,
                            alignment);
        return;
    }
    size_t class = class_of(size);
    struct free_block *waiting = block;
    waiting->next = self->free[class];
    self->free[class] = waiting;
}

void fixed_block_extend(struct allocator *base, void *memory,
                        size_t size)
{
    struct fixed_block_allocator *self =
        (struct fixed_block_allocator *)base;
    fill_classes();
    linked_list_extend(&self->fallback.base, memory, size);
}

void fixed_block_trim(struct fixed_block_allocator *self)
{
    for (size_t class = 0; class < FIXED_BLOCK_CLASSES; class++) {
        while (self->free[class] != NULL) {
            struct free_block *block = self->free[class];
            self->free[class] = block->next;
            linked_list_release(&self->fallback.base, block,
                                fixed_block_sizes[class], UNIT);
        }
    }
}

size_t fixed_block_waiting(const struct fixed_block_allocator *self)
{
    size_t bytes = 0;
    for (size_t class = 0; class < FIXED_BLOCK_CLASSES; class++) {
        for (const struct free_block *block = self->free[class];
             block != NULL; block = block->next) {
            bytes += fixed_block_sizes[class];
        }
    }
    return bytes;
}
