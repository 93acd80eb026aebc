// The atomic bump allocator, without interrupts.
#include "mm/atomic_bump.h"

#include "test/test.h"

enum { SIZE = 1024 };
static _Alignas(16) uint8_t atomic_memory[SIZE];

static struct atomic_bump_allocator atomic;

TEST(atomic_bump_counts_down_and_starts_again)
{
    struct allocator *self = &atomic.base;
    atomic_bump_init(&atomic, atomic_memory, SIZE);
    uint8_t *one = self->allocate(self, 24, 16);
    uint8_t *other = self->allocate(self, 16, 16);
    CHECK(one == atomic_memory + SIZE - 32);
    CHECK(other == one - 16);
    CHECK(self->allocate(self, SIZE - 47, 1) == NULL);
    CHECK(self->allocate(self, SIZE_MAX, 16) == NULL);
    self->release(self, one, 24, 16);
    CHECK(self->allocate(self, SIZE, 16) == NULL);
    self->release(self, other, 16, 16);
    CHECK(self->allocate(self, SIZE, 16) == atomic_memory);
}
