// An allocator with blocks of fixed sizes, and a list of free ones for
// each size.  Other blocks, and new ones for the lists, come from a
// linked list of holes.
//
// Up to 128 bytes the sizes are the multiples of 16; from each power of
// two to the next there are four more.  So a block is never more than a
// quarter larger than the multiple of 16 that was needed.  What is
// larger than the last size, or lies on multiples of more than 16,
// belongs to no class.  A free block waits in its list.  When a new one
// cannot be had, all that wait go back to the linked list, which merges
// them.
#pragma once

#include "mm/linked_list.h"

enum { FIXED_BLOCK_CLASSES = 25, FIXED_BLOCK_LARGEST = 2560 };

// The size of the blocks in each class.
extern const uint16_t fixed_block_sizes[FIXED_BLOCK_CLASSES];

// A block that waits.
struct free_block {
    struct free_block *next;
};

// To be changed by fixed_block.c only.
struct fixed_block_allocator {
    struct allocator base;
    struct free_block *free[FIXED_BLOCK_CLASSES];
    struct linked_list_allocator fallback;
};

// One without memory yet.
#define FIXED_BLOCK_INIT                                    \
    {                                                       \
        .base = {fixed_block_allocate, fixed_block_release, \
                 fixed_block_extend},                       \
        .fallback = LINKED_LIST_INIT                        \
    }

// See struct allocator, and linked_list_extend().
void *fixed_block_allocate(struct allocator *base, size_t size,
                           size_t alignment);
void fixed_block_release(struct allocator *base, void *block,
                         size_t size, size_t alignment);
void fixed_block_extend(struct allocator *base, void *memory,
                        size_t size);

// Gives all blocks that wait back to the linked list.
void fixed_block_trim(struct fixed_block_allocator *self);

// How many bytes wait in the lists.
size_t fixed_block_waiting(const struct fixed_block_allocator *self);
