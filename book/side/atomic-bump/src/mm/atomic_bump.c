#include "mm/atomic_bump.h"

static uint64_t state_of(uint64_t live, uint64_t left)
{
    return live << 32 | left;
}

static uint64_t live_in(uint64_t state)
{
    return state >> 32;
}

static uint64_t left_in(uint64_t state)
{
    return state & UINT32_MAX;
}

static void *atomic_bump_allocate(struct allocator *base, size_t size,
                                  size_t alignment)
{
    struct atomic_bump_allocator *self =
        (struct atomic_bump_allocator *)base;
    uintptr_t block;
    uint64_t new;
    // If an interrupt handler changed the state after we read it, the
    // exchange fails and gives us the new one: we compute it all again.
    uint64_t old = atomic_load(&self->state);
    do {
        uintptr_t next = self->start + left_in(old);
        if (size > next) {
            return NULL;
        }
        block = (next - size) & -alignment;
        if (block < self->start) {
            return NULL;
        }
        new = state_of(live_in(old) + 1, block - self->start);
    } while (!atomic_compare_exchange_weak(&self->state, &old, new));
    return (void *)block;
}

static void atomic_bump_release(struct allocator *base, void *block,
                                size_t size, size_t alignment)
{
    struct atomic_bump_allocator *self =
        (struct atomic_bump_allocator *)base;
    (void)block;
    (void)size;
    (void)alignment;
    uint64_t new;
    uint64_t old = atomic_load(&self->state);
    do {
        uint64_t live = live_in(old) - 1;
        new = state_of(live, live == 0 ? self->size : left_in(old));
    } while (!atomic_compare_exchange_weak(&self->state, &old, new));
}

void atomic_bump_init(struct atomic_bump_allocator *self, void *memory,
                      size_t size)
{
    if (size > UINT32_MAX) {
        size = UINT32_MAX;
    }
    *self = (struct atomic_bump_allocator){
        .base = {atomic_bump_allocate, atomic_bump_release, NULL},
        .start = (uintptr_t)memory,
        .size = size,
    };
    atomic_init(&self->state, state_of(0, size));
}
