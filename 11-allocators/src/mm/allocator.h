// What allocators have in common.  An allocator is a value: it manages
// memory that it is given, and there can be any number of them.
//
// They are for code that knows the size of what it frees, keep no notes
// in a block that is in use, and trust their callers, as a heap
// (mm/heap.h) does not.  Not for interrupt handlers.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The first member of every allocator.
struct allocator {
    // A block of `size` bytes on a multiple of `alignment`, a power of
    // two up to 4096.  A block of 0 bytes has an address, perhaps that
    // of another block.  NULL if there is no memory for it; then all
    // blocks are as they were.
    void *(*allocate)(struct allocator *self, size_t size,
                      size_t alignment);
    // Takes a block of allocate() back, which is not NULL.  `size` and
    // `alignment` are those that it was asked for with.
    void (*release)(struct allocator *self, void *block, size_t size,
                    size_t alignment);
    // Gives it `size` bytes at `memory`: its first ones, or more that
    // follow right after all it was given.
    void (*extend)(struct allocator *self, void *memory, size_t size);
};

// The next multiple of `alignment`, a power of two, from `value` on.
// The sum must fit.
static inline uintptr_t align_up(uintptr_t value, size_t alignment)
{
    return (value + alignment - 1) & -alignment;
}
