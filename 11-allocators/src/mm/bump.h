// The bump allocator counts up through its memory, and starts again
// when all blocks are back.  The cheapest there is; but a single block
// that stays keeps all the memory.
#pragma once

#include "mm/allocator.h"

// To be touched by bump.c only.
struct bump_allocator {
    struct allocator base;
    uintptr_t start;
    uintptr_t next; // the first byte that no block has
    uintptr_t end;
    size_t live; // blocks that are in use
};

// One without memory yet: the next byte is past the end.
#define BUMP_INIT                                           \
    {                                                       \
        .base = {bump_allocate, bump_release, bump_extend}, \
        .next = 1                                           \
    }

// See struct allocator.
void *bump_allocate(struct allocator *base, size_t size,
                    size_t alignment);
void bump_release(struct allocator *base, void *block, size_t size,
                  size_t alignment);
void bump_extend(struct allocator *base, void *memory, size_t size);

// The bytes that no block has had since it last started again.
size_t bump_free_bytes(const struct bump_allocator *self);
