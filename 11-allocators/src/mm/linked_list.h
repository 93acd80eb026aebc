// An allocator with lists of its holes.  A hole's size and the way to
// the next one are stored in the hole itself.
//
// Blocks begin and end on multiples of 16.  A block that comes back is
// put into a list of loose holes: that takes the same few instructions
// each time.  When there are more of them than other holes, or when
// nothing fits, they are sorted by their addresses, and holes that
// touch become one.  Panics then if a block was released twice, as far
// as that shows in holes that overlap.
#pragma once

#include "mm/allocator.h"

struct hole {
    size_t size; // with this structure
    struct hole *next;
};
_Static_assert(sizeof(struct hole) == 16, "the least size of a block");

// To be changed by linked_list.c only.
struct linked_list_allocator {
    struct allocator base;
    struct hole holes; // no hole: `next` is the one with the lowest
                       // address, or NULL
    struct hole loose; // the same for those that are not sorted yet
    size_t hole_count; // when they were last sorted
    size_t loose_count; // how many came since then
};

// One without memory yet.
#define LINKED_LIST_INIT                                   \
    {                                                      \
        .base = {linked_list_allocate, linked_list_release, \
                 linked_list_extend}                       \
    }

// See struct allocator.  Of what it is given, the part before the first
// multiple of 16 and after the last is not used.
void *linked_list_allocate(struct allocator *base, size_t size,
                           size_t alignment);
void linked_list_release(struct allocator *base, void *block,
                         size_t size, size_t alignment);
void linked_list_extend(struct allocator *base, void *memory,
                        size_t size);

struct hole_summary {
    size_t count;   // how many holes there are
    size_t bytes;   // in all of them
    size_t largest; // in the largest, 0 if there is none
};

// Sorts the holes, and looks at all of them.
struct hole_summary
linked_list_summary(struct linked_list_allocator *self);
