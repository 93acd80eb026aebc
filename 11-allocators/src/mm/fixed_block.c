#include "mm/fixed_block.h"

// The size of the blocks in class 0.
enum { SMALLEST = 16 };

static size_t class_size(unsigned class)
{
    return (size_t)SMALLEST << class;
}

// The first class with blocks of at least `bytes` bytes, which may be
// one that does not exist: 2 to the power of 4 plus this.
static unsigned class_for(size_t bytes)
{
    return 60 - (unsigned)__builtin_clzl((bytes - 1) | (SMALLEST - 1));
}

// What decides about the class: a block of a class lies on a multiple
// of its size, so a large alignment is as good as a large size.
static size_t larger(size_t size, size_t alignment)
{
    return size > alignment ? size : alignment;
}

// A block that is not in a list.
static void *allocate_new(struct fixed_block_allocator *self,
                          size_t size, size_t alignment)
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
    size_t bytes = larger(size, alignment);
    if (bytes > FIXED_BLOCK_LARGEST) {
        return allocate_new(self, size, alignment);
    }
    unsigned class = class_for(bytes);
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
    size_t bytes = larger(size, alignment);
    if (bytes > FIXED_BLOCK_LARGEST) {
        struct allocator *fallback = &self->fallback.base;
        fallback->release(fallback, block, size, alignment);
        return;
    }
    unsigned class = class_for(bytes);
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
