// The heap that kmalloc() stands on.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The addresses of the heap, behind the window of mm/memory.h.
#define HEAP_START UINT64_C(0xffffc00000000000)
#define HEAP_SIZE  (UINT64_C(128) << 20)

// Blocks lie on multiples of this, unless more is asked for.
enum { HEAP_ALIGNMENT = 16 };

// Maps what the heap itself needs.  To be called once, after
// memory_init().
void heap_init(void);

// A block of `size` bytes, which may be 0, on a multiple of
// `alignment`, a power of two up to PAGE_SIZE.  `site` is the code that
// asks, for the reports.  NULL if there is no memory or no address.
void *heap_allocate(size_t size, size_t alignment, const void *site);

// Gives a block back.  Panics if it is none, was freed already, or if
// something was written around it.
void heap_free(void *block, const void *site);

// The size that was asked for.  Panics if `block` is none.
size_t heap_block_size(const void *block);

// For the report of a page fault: prints which block an address belongs
// or belonged to.  Prints nothing if it is not one of the heap's, or
// before heap_init().
void heap_explain(uintptr_t address);

// How many blocks there are now; and a list of them, with those who
// allocated them.
size_t heap_count(void);
void heap_print(void);
