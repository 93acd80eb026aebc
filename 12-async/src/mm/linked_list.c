#include "mm/linked_list.h"

#include "kernel/panic.h"

// Every size and address is a multiple of this, so that what is left of
// a hole is nothing or large enough to be one.
enum { UNIT = sizeof(struct hole) };

// The bytes that a block takes.  It fits: nobody asks for more than
// SIZE_MAX - UNIT, see allocate().
static size_t rounded(size_t size)
{
    return size == 0 ? UNIT : align_up(size, UNIT);
}

static uintptr_t end_of(const struct hole *hole)
{
    return (uintptr_t)hole + hole->size;
}

// Takes `size` bytes at `block` out of `hole`, the one behind
// `previous`.  What is before and behind them stays.
static void cut(struct hole *previous, struct hole *hole,
                uintptr_t block, size_t size)
{
    struct hole *next = hole->next;
    size_t before = block - (uintptr_t)hole;
    size_t behind = hole->size - before - size;
    if (behind > 0) {
        struct hole *rest = (struct hole *)(block + size);
        *rest = (struct hole){behind, next};
        next = rest;
    }
    if (before > 0) {
        *hole = (struct hole){before, next};
    } else {
        previous->next = next;
    }
}

static void *allocate(struct allocator *base, size_t size,
                      size_t alignment)
{
    struct linked_list_allocator *self =
        (struct linked_list_allocator *)base;
    if (size > SIZE_MAX - UNIT) {
        return NULL;
    }
    size = rounded(size);
    // The first hole in which it fits.
    struct hole *previous = &self->head;
    for (struct hole *hole = previous->next; hole != NULL;
         previous = hole, hole = hole->next) {
        uintptr_t block = align_up((uintptr_t)hole, alignment);
        size_t before = block - (uintptr_t)hole;
        if (before <= hole->size && size <= hole->size - before) {
            cut(previous, hole, block, size);
            return (void *)block;
        }
    }
    return NULL;
}

// Makes `hole` and the next one a single hole if they touch.
static void merge(struct hole *hole)
{
    struct hole *next = hole->next;
    if (next != NULL && end_of(hole) == (uintptr_t)next) {
        hole->size += next->size;
        hole->next = next->next;
    }
}

static void release(struct allocator *base, void *block, size_t size,
                    size_t alignment)
{
    struct linked_list_allocator *self =
        (struct linked_list_allocator *)base;
    (void)alignment;
    struct hole *previous = &self->head;
    while (previous->next != NULL &&
           (uintptr_t)previous->next < (uintptr_t)block) {
        previous = previous->next;
    }
    struct hole *next = previous->next;
    uintptr_t start = (uintptr_t)block;
    size = rounded(size);
    if ((previous != &self->head && end_of(previous) > start) ||
        (next != NULL && size > (uintptr_t)next - start)) {
        panic("releasing %p, which is free", block);
    }
    struct hole *hole = block;
    *hole = (struct hole){size, next};
    previous->next = hole;
    merge(hole);
    merge(previous);
}

void linked_list_init(struct linked_list_allocator *self, void *memory,
                      size_t size)
{
    *self = (struct linked_list_allocator){.base = {allocate, release}};
    uintptr_t start = align_up((uintptr_t)memory, UNIT);
    uintptr_t end = ((uintptr_t)memory + size) & ~(uintptr_t)(UNIT - 1);
    if (start < end) {
        self->head.next = (struct hole *)start;
        *self->head.next = (struct hole){end - start, NULL};
    }
}

struct hole_summary
linked_list_summary(const struct linked_list_allocator *self)
{
    struct hole_summary summary = {0};
    for (const struct hole *hole = self->head.next; hole != NULL;
         hole = hole->next) {
        summary.count++;
        summary.bytes += hole->size;
        if (hole->size > summary.largest) {
            summary.largest = hole->size;
        }
    }
    return summary;
}
