// The heap stands on the bump allocator: ALLOCATOR=bump.
#include "mm/header_heap.h"

#include "mm/bump.h"

struct allocator *heap_allocator(void *memory, size_t size)
{
    static struct bump_allocator allocator;
    bump_init(&allocator, memory, size);
    return &allocator.base;
}
