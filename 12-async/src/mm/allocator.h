// What allocators have in common.  An allocator is a value: it manages
// memory that it is given, and there may be as many as one likes.
//
// They are meant for code that knows the size of what it frees, and
// keep no notes in a block that is in use.  What they are told they
// believe: mm/heap.h has what checks its callers.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The first member of every allocator.
struct allocator {
    // A block of `size` bytes on a multiple of `alignment`, a power of
    // two up to 4096.  A block of 0 bytes has an address, perhaps that
    // of another block.  NULL if there is no room for it, and then
    // nothing has changed.
    void *(*allocate)(struct allocator *self, size_t size,
                      size_t alignment);
    // Takes a block of allocate() back, which is not NULL.  `size` and
    // `alignment` are those that it was asked for with.
    void (*release)(struct allocator *self, void *block, size_t size,
                    size_t alignment);
};

// The next multiple of `alignment`, a power of two, from `value` on.
// The sum must fit.
static inline uintptr_t align_up(uintptr_t value, size_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}
