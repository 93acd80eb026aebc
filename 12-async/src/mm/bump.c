#include "mm/bump.h"

static void *allocate(struct allocator *base, size_t size,
                      size_t alignment)
{
    struct bump_allocator *self = (struct bump_allocator *)base;
    // Downwards: both steps only make the address smaller, and neither
    // may pass the start.
    if (size > self->next) {
        return NULL;
    }
    uintptr_t block = (self->next - size) & -alignment;
    if (block < self->start) {
        return NULL;
    }
    self->next = block;
    self->live++;
    return (void *)block;
}

static void release(struct allocator *base, void *block, size_t size,
                    size_t alignment)
{
    struct bump_allocator *self = (struct bump_allocator *)base;
    (void)block;
    (void)size;
    (void)alignment;
    self->live--;
    if (self->live == 0) {
        self->next = self->end;
    }
}

void bump_init(struct bump_allocator *self, void *memory, size_t size)
{
    uintptr_t start = (uintptr_t)memory;
    *self = (struct bump_allocator){
        .base = {allocate, release},
        .start = start,
        .next = start + size,
        .end = start + size,
    };
}

size_t bump_free_bytes(const struct bump_allocator *self)
{
    return self->next - self->start;
}
