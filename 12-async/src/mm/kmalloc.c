#include "mm/kmalloc.h"

#include <stdint.h>

#include "lib/string.h"
#include "mm/heap.h"

// The code that called, for the heap's reports.
#define CALLER __builtin_return_address(0)

void *kmalloc(size_t size)
{
    return heap_allocate(size, HEAP_ALIGNMENT, CALLER);
}

void *kcalloc(size_t count, size_t size)
{
    // A product that does not fit would come out small.
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *block = heap_allocate(count * size, HEAP_ALIGNMENT, CALLER);
    if (block != NULL) {
        memset(block, 0, count * size);
    }
    return block;
}

void *kmalloc_aligned(size_t size, size_t alignment)
{
    return heap_allocate(size, alignment, CALLER);
}

void *krealloc(void *block, size_t size)
{
    // First of all: if the old block was freed, the new one may get its
    // memory, and its header would be a good one again.
    size_t old_size = block == NULL ? 0 : heap_block_size(block);
    void *new = heap_allocate(size, HEAP_ALIGNMENT, CALLER);
    if (block == NULL || new == NULL) {
        return new;
    }
    memcpy(new, block, old_size < size ? old_size : size);
    heap_free(block, CALLER);
    return new;
}

void kfree(void *block)
{
    if (block != NULL) {
        heap_free(block, CALLER);
    }
}
