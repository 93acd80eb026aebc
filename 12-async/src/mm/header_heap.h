// A heap over one of the allocators.
#pragma once

#include <stddef.h>

#include "mm/allocator.h"

// How much memory it has, from HEAP_START on.
#define HEADER_HEAP_SIZE (UINT64_C(16) << 20)

// The allocator over the `size` bytes at `memory`.  One of bump_heap.c,
// list_heap.c and block_heap.c is linked and has this function: which,
// says `make ALLOCATOR=`.
struct allocator *heap_allocator(void *memory, size_t size);
