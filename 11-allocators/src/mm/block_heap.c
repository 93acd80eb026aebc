// The heap over blocks of fixed sizes.
#include "mm/fixed_block.h"
#include "mm/header_heap.h"

static struct fixed_block_allocator blocks = FIXED_BLOCK_INIT;

struct header_heap block_heap = HEADER_HEAP(3, &blocks.base);
