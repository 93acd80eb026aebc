#include "mm/fixed_block.h"

// The size of the blocks in class 0.
enum { SMALLEST = 16 };
_Static_assert(SMALLEST << (FIXED_BLOCK_CLASSES - 1) ==
                   FIXED_BLOCK_LARGEST,
               "each class is twice as large as the one before");

static size_t class_size(unsigned class)
{
    return (size_t)SMALLEST << class;
}

// The offset of a block's last byte, of the last in its alignment, and
// of the last in the smallest block: the highest bit of the largest is
// all that counts.  A block of a class lies on a multiple of its size.
// A size of 0 wraps around to the largest number: it has no class.
static size_t last_byte(size_t size, size_t alignment)
{
    return (size - 1) | (alignment - 1) | (SMALLEST - 1);
}

// The class of the blocks that have such a byte.
static unsigned class_for(size_t last)
{
    return 60 - (unsigned)__builtin_clzl(last);
}

// A block that is not in a list.  noinline: all that it needs would be
// paid for by those who find one.
__attribute__((noinline)) static void *
allocate_new(struct fixed_block_allocator *self, size_t size,
             size_t alignment)
{
    struct allocator *fallback = &self->fallback.base;
    void *block = fallback->allocate(fallback, size, alignment);
    if (block == NULL) {
        fixed_block_trim(self);
        block = fallback->allocate(fallback, size, alignment);
    }
    return block;
}

static void *allocate(struct allocator *base, size_t size,
                      size_t alignment)
{
    struct fixed_block_allocator *self =
        (struct fixed_block_allocator *)base;
    size_t last = last_byte(size, alignment);
    if (last >= FIXED_BLOCK_LARGEST) {
        return allocate_new(self, size, alignment);
    }
    unsigned class = class_for(last);
    struct free_block *block = self->free[class];
    if (block == NULL) {
        return allocate_new(self, class_size(class), class_size(class));
    }
    self->free[class] = block->next;
    return block;
}

static void release(struct allocator *base, void *block, size_t size,
                    size_t alignment)
{
    struct fixed_block_allocator *self =
        (struct fixed_block_allocator *)base;
    size_t last = last_byte(size, alignment);
    if (last >= FIXED_BLOCK_LARGEST) {
        struct allocator *fallback = &self->fallback.base;
        fallback->release(fallback, block, size, alignment);
        return;
    }
    unsigned class = class_for(last);
    struct free_block *waiting = block;
    waiting->next = self->free[class];
    self->free[class] = waiting;
}

void fixed_block_init(struct fixed_block_allocator *self, void *memory,
                      size_t size)
{
    *self = (struct fixed_block_allocator){.base = {allocate, release}};
    linked_list_init(&self->fallback, memory, size);
}

void fixed_block_trim(struct fixed_block_allocator *self)
{
    struct allocator *fallback = &self->fallback.base;
    for (unsigned class = 0; class < FIXED_BLOCK_CLASSES; class++) {
        while (self->free[class] != NULL) {
            struct free_block *block = self->free[class];
            self->free[class] = block->next;
            fallback->release(fallback, block, class_size(class),
                              class_size(class));
        }
    }
}

size_t fixed_block_waiting(const struct fixed_block_allocator *self)
{
    size_t bytes = 0;
    for (unsigned class = 0; class < FIXED_BLOCK_CLASSES; class++) {
        for (const struct free_block *block = self->free[class];
             block != NULL; block = block->next) {
            bytes += class_size(class);
        }
    }
    return bytes;
}
