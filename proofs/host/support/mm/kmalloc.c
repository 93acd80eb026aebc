// The heap for tests on the host is the sanitizers' own: it notices all
// that ours do, and more.
#include "mm/heap.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>

#include "host.h"

size_t host_heap_failing;

// Whether this allocation is the one that a test wants to fail.
static bool fails(void)
{
    if (host_heap_failing == 0) {
        return false;
    }
    host_heap_failing--;
    return host_heap_failing == 0;
}

static void *host_allocate(struct heap *self, size_t size,
                           size_t alignment, const void *site)
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
    self->count++;
    return block;
}

static void host_release(struct heap *self, void *block, const void *site)
{
    (void)site;
    self->count--;
    free(block);
}

// The sanitizer knows the size that was asked for.
static size_t host_block_size(struct heap *self, const void *block)
{
    (void)self;
    return malloc_usable_size((void *)(uintptr_t)block);
}

struct heap kernel_heap = {
    .allocate = host_allocate,
    .release = host_release,
    .block_size = host_block_size,
};
