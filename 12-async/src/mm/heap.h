// Heaps: what kmalloc() stands on.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The addresses of the heap of pages, past the window of mm/memory.h.
#define HEAP_START UINT64_C(0xffffc00000000000)
#define HEAP_SIZE  (UINT64_C(128) << 20)

// Every block lies on a multiple of this, or of more if asked for.
enum { HEAP_ALIGNMENT = 16 };

// A heap is a value: its functions, and how many blocks it has.  It
// starts with no memory and takes frames as it needs them, so it works
// from memory_init() on.  None of its functions may be called from an
// interrupt handler, except `explain` and `print` during a panic.
struct heap {
    // A block of `size` bytes, which may be 0, on a multiple of
    // `alignment`, a power of two from HEAP_ALIGNMENT to PAGE_SIZE.
    // `site` is the code that asks, for the reports.  NULL if there is
    // no memory or no address; then no block has changed.
    void *(*allocate)(struct heap *self, size_t size, size_t alignment,
                      const void *site);
    // Takes a block back.  Panics if `block` isn't one, if it was freed
    // before, or if something was written around it.
    void (*release)(struct heap *self, void *block, const void *site);
    // The size that was asked for.  Panics if `block` isn't one.
    size_t (*block_size)(struct heap *self, const void *block);
    // For the report of a page fault: prints which block an address
    // belongs or belonged to.  Prints nothing if it isn't the heap's.
    void (*explain)(struct heap *self, uintptr_t address);
    // Prints all blocks, with the code that allocated them.
    void (*print)(struct heap *self);
    size_t count; // how many blocks there are now
};

extern struct heap page_heap;

// The heap that kmalloc() uses.  This is only a second name: the linker
// gives it the address of the heap that `make ALLOCATOR=` chooses.
extern struct heap kernel_heap;

// The same for the kernel's heap, see there.
static inline void heap_explain(uintptr_t address)
{
    kernel_heap.explain(&kernel_heap, address);
}

static inline size_t heap_count(void)
{
    return kernel_heap.count;
}

static inline void heap_print(void)
{
    kernel_heap.print(&kernel_heap);
}
