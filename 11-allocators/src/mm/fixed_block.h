// An allocator with blocks of fixed sizes: a list of free ones for each
// power of two from 16 to 2048.  Other blocks, and new ones for the
// lists, come from a linked list of holes.
//
// A block of a list takes the power of two that its size and its
// alignment fit into, and lies on a multiple of it.  One that was freed
// waits in its list.  When a new one cannot be had, all that wait go
// back to the linked list, which merges them, even if it is in vain.
// Not for interrupt handlers.
#pragma once

#include "mm/linked_list.h"

enum { FIXED_BLOCK_CLASSES = 8, FIXED_BLOCK_LARGEST = 2048 };

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

// Lets it manage the `size` bytes at `memory`, as linked_list_init()
// does.
void fixed_block_init(struct fixed_block_allocator *self, void *memory,
                      size_t size);

// Gives all blocks that wait back to the linked list.
void fixed_block_trim(struct fixed_block_allocator *self);

// How many bytes wait in the lists.
size_t fixed_block_waiting(const struct fixed_block_allocator *self);
