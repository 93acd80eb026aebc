#include "mm/bump.h"

#include "kernel/panic.h"

void *bump_allocate(struct allocator *base, size_t size,
                    size_t alignment)
{
    struct bump_allocator *self = (struct bump_allocator *)base;
    uintptr_t block = align_up(self->next, alignment);
    // Not `block + size > self->end`: the sum might not fit.
    if (block > self->end || size > self->end - block) {
        return NULL;
    }
    self->next = block + size;
    self->live++;
    return (void *)block;
}

void bump_release(struct allocator *base, void *block, size_t size,
                  size_t alignment)
{
    struct bump_allocator *self = (struct bump_allocator *)base;
    (void)block;
    (void)size;
    (void)alignment;
    self->live--;
    if (self->live == 0) {
        self->next = self->start;
    }
}

void bump_extend(struct allocator *base, void *memory, size_t size)
{
    struct bump_allocator *self = (struct bump_allocator *)base;
    uintptr_t start = (uintptr_t)memory;
    if (self->end == 0) {
        self->start = start;
        self->next = start;
        self->end = start;
    }
    kassert(start == self->end);
    self->end += size;
}

size_t bump_free_bytes(const struct bump_allocator *self)
{
    return self->end - self->next;
}
