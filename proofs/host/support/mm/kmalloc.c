// The heap for tests on the host is the sanitizers' own: it notices all
// that ours does, and more.
#include "mm/heap.h"

#include <malloc.h>
#include <stdlib.h>

#include "host.h"

size_t host_heap_failing;

static size_t count;

// Whether this allocation is the one that a test wants to fail.
static bool fails(void)
{
    if (host_heap_failing == 0) {
        return false;
    }
    host_heap_failing--;
    return host_heap_failing == 0;
}

void *heap_allocate(size_t size, size_t alignment, const void *site)
{
    (void)site;
    void *block;
    if (alignment < HEAP_ALIGNMENT) {
        alignment = HEAP_ALIGNMENT;
    }
    if (size > HEAP_SIZE || fails() ||
        posix_memalign(&block, alignment, size) != 0) {
        return NULL;
    }
    count++;
    return block;
}

void heap_free(void *block, const void *site)
{
    (void)site;
    count--;
    free(block);
}

// The sanitizer knows the size that was asked for.
size_t heap_block_size(const void *block)
{
    return malloc_usable_size((void *)(uintptr_t)block);
}

size_t heap_count(void)
{
    return count;
}
