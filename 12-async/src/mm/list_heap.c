// The heap stands on the list of holes: ALLOCATOR=list.
#include "mm/header_heap.h"

#include "mm/linked_list.h"

struct allocator *heap_allocator(void *memory, size_t size)
{
    static struct linked_list_allocator allocator;
    linked_list_init(&allocator, memory, size);
    return &allocator.base;
}
