// A heap over one of the allocators: a header before each block.
#pragma once

#include "mm/allocator.h"
#include "mm/heap.h"

// How much memory such a heap can have, and how far apart the addresses
// of two are.
#define HEADER_HEAP_SIZE  (UINT64_C(16) << 20)
#define HEADER_HEAP_APART (UINT64_C(1) << 30)

// To be changed by header_heap.c only.
struct header_heap {
    struct heap base;
    struct allocator *allocator;
    uintptr_t start;
    uintptr_t end; // of what is mapped
};

// The heap with this number, from 1 on, over an allocator that has no
// memory yet; it has no other users.
#define HEADER_HEAP(number, its_allocator)                  \
    {                                                       \
        .base = {.allocate = header_heap_allocate,          \
                 .release = header_heap_release,            \
                 .block_size = header_heap_block_size,      \
                 .explain = header_heap_explain,            \
                 .print = header_heap_print},               \
        .allocator = (its_allocator),                       \
        .start = HEAP_START + (number) * HEADER_HEAP_APART, \
        .end = HEAP_START + (number) * HEADER_HEAP_APART    \
    }

// See struct heap.
void *header_heap_allocate(struct heap *base, size_t size,
                           size_t alignment, const void *site);
void header_heap_release(struct heap *base, void *block,
                         const void *site);
size_t header_heap_block_size(struct heap *base, const void *block);
void header_heap_explain(struct heap *base, uintptr_t address);
void header_heap_print(struct heap *base);

// `make ALLOCATOR=` makes one of these the kernel's heap.
extern struct header_heap bump_heap;
extern struct header_heap list_heap;
extern struct header_heap block_heap;
