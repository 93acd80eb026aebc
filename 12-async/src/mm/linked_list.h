// An allocator with a list of its holes, in the order of their
// addresses.  A hole's size and the way to the next one are stored in
// the hole itself; holes that touch become one.
//
// Blocks begin and end on multiples of 16.  Panics if a block that is
// released overlaps a hole.  Not for interrupt handlers.
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
    struct hole head; // no hole: `next` is the first one, or NULL
};

// Lets it manage the `size` bytes at `memory`, but for what is before
// the first multiple of 16 and behind the last.
void linked_list_init(struct linked_list_allocator *self, void *memory,
                      size_t size);

struct hole_summary {
    size_t count;   // how many holes there are
    size_t bytes;   // in all of them
    size_t largest; // in the largest, 0 if there is none
};

// Walks along the whole list.
struct hole_summary
linked_list_summary(const struct linked_list_allocator *self);
