#include "mm/kmalloc.h"

#include <stdint.h>

#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/address.h"
#include "mm/heap.h"

// The code that called, for the heap's reports.
#define CALLER __builtin_return_address(0)

void *kmalloc(size_t size)
{
    return kernel_heap.allocate(&kernel_heap, size, HEAP_ALIGNMENT,
                                CALLER);
}

void *kcalloc(size_t count, size_t size)
{
    // A product that does not fit would come out small.
    if (size != 0 && count > SIZE_MAX / size) {
        return NULL;
    }
    void *block = kernel_heap.allocate(&kernel_heap, count * size,
                                       HEAP_ALIGNMENT, CALLER);
    if (block != NULL) {
        memset(block, 0, count * size);
    }
    return block;
}

void *kmalloc_aligned(size_t size, size_t alignment)
{
    kassert(alignment > 0 && (alignment & (alignment - 1)) == 0);
    kassert(alignment <= PAGE_SIZE);
    if (alignment < HEAP_ALIGNMENT) {
        alignment = HEAP_ALIGNMENT;
    }
    return kernel_heap.allocate(&kernel_heap, size, alignment, CALLER);
}

void *krealloc(void *block, size_t size)
{
    // The old block is checked first: if it was freed already, the new
    // one may get its memory, and the mistake would go unnoticed.
    size_t old_size =
        block == NULL ? 0 : kernel_heap.block_size(&kernel_heap, block);
    void *new = kernel_heap.allocate(&kernel_heap, size, HEAP_ALIGNMENT,
                                     CALLER);
    if (block == NULL || new == NULL) {
        return new;
    }
    memcpy(new, block, old_size < size ? old_size : size);
    kernel_heap.release(&kernel_heap, block, CALLER);
    return new;
}

void kfree(void *block)
{
    if (block != NULL) {
        kernel_heap.release(&kernel_heap, block, CALLER);
    }
}
