// A bump allocator that interrupt handlers may use, too: it takes no
// lock, and an interrupt comes before or after its one step.  It counts
// down, and keeps the memory that it begins with: its `extend` is NULL.
#pragma once

#include <stdatomic.h>

#include "mm/allocator.h"

// To be touched by atomic_bump.c only.
struct atomic_bump_allocator {
    struct allocator base;
    uintptr_t start;
    size_t size;
    // How many bytes are left in the lower half, how many blocks are in
    // use in the upper: one word, so that both change at once.
    _Atomic uint64_t state;
};

// Lets it manage the `size` bytes at `memory`, less than 4 GiB; what is
// beyond is not used.  Not while anything else uses it.
void atomic_bump_init(struct atomic_bump_allocator *self, void *memory,
                      size_t size);
