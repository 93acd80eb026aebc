// The heap over the list of holes.
#include "mm/linked_list.h"
#include "mm/header_heap.h"

static struct linked_list_allocator list = LINKED_LIST_INIT;

struct header_heap list_heap = HEADER_HEAP(2, &list.base);
