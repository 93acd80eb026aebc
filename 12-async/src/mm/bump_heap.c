// The heap over the bump allocator.
#include "mm/bump.h"
#include "mm/header_heap.h"

static struct bump_allocator bump = BUMP_INIT;

struct header_heap bump_heap = HEADER_HEAP(1, &bump.base);
