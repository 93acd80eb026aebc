// The heap stands on blocks of fixed sizes: ALLOCATOR=block.
#include "mm/header_heap.h"

#include "mm/fixed_block.h"

struct allocator *heap_allocator(void *memory, size_t size)
{
    static struct fixed_block_allocator allocator;
    fixed_block_init(&allocator, memory, size);
    return &allocator.base;
}
