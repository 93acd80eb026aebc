// The bump allocator: counts down from the end of its memory, and
// begins anew when all blocks are back.  The cheapest there is; but one
// block that stays keeps all the memory.
//
// Not for interrupt handlers.
#pragma once

#include "mm/allocator.h"

// To be touched by bump.c only.
struct bump_allocator {
    struct allocator base;
    uintptr_t start;
    uintptr_t next; // where the last block begins
    uintptr_t end;
    size_t live; // blocks that are in use
};

// Lets it manage the `size` bytes at `memory`.
void bump_init(struct bump_allocator *self, void *memory, size_t size);

// The bytes that no block has had since it last began anew.
size_t bump_free_bytes(const struct bump_allocator *self);
