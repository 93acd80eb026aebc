// An allocator with lists of its holes.  A hole's size and the way to
// the next one are stored in the hole itself.
//
// Blocks begin and end on multiples of 16, and come from the lowest
// hole that is large enough.  A block that is released becomes a loose
// hole, which always takes the same few instructions.  When there are
// more loose holes than others, or when nothing fits, they are sorted
// in, and holes that touch become one.  Panics then if holes overlap,
// which a block released twice can cause.
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
    struct hole holes; // no hole: `next` is the lowest one, or NULL
    struct hole *loose;
    size_t hole_count; // when they were last sorted
    size_t loose_count;
};

// One without memory yet.
#define LINKED_LIST_INIT                                    \
    {                                                       \
        .base = {linked_list_allocate, linked_list_release, \
                 linked_list_extend}                        \
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
