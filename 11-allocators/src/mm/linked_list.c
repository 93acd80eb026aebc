#include "mm/linked_list.h"

#include "kernel/panic.h"

// Every size and address is a multiple of this, so that what is left of
// a hole is nothing or large enough to be one.
enum { UNIT = sizeof(struct hole) };

// Up to so many loose holes are never too many.
enum { FEW = 32 };

// The bytes that a block takes.  They fit: linked_list_allocate()
// refuses sizes beyond SIZE_MAX - UNIT.
static size_t rounded(size_t size)
{
    return size == 0 ? UNIT : align_up(size, UNIT);
}

static uintptr_t end_of(const struct hole *hole)
{
    return (uintptr_t)hole + hole->size;
}

// --- Sorting the loose holes -----------------------------------------

// Makes one list in order of two.
static struct hole *join(struct hole *one, struct hole *other)
{
    struct hole head;
    struct hole *last = &head;
    while (one != NULL && other != NULL) {
        struct hole **lower = one < other ? &one : &other;
        last->next = *lower;
        last = *lower;
        *lower = last->next;
    }
    last->next = one != NULL ? one : other;
    return head.next;
}

// Merge sort, like counting in binary: sorted[i] is empty or has 2^i
// holes.  A new hole is joined with all the full lists up to the first
// empty one, as adding 1 carries.
static struct hole *sort(struct hole *list)
{
    enum { LISTS = 48 }; // there are fewer than 2^48 addresses
    struct hole *sorted[LISTS] = {NULL};
    while (list != NULL) {
        struct hole *hole = list;
        list = hole->next;
        hole->next = NULL;
        size_t i = 0;
        for (; sorted[i] != NULL; i++) {
            hole = join(sorted[i], hole);
            sorted[i] = NULL;
        }
        sorted[i] = hole;
    }
    for (size_t i = 0; i < LISTS; i++) {
        list = join(sorted[i], list);
    }
    return list;
}

// Makes one hole of those that touch, and counts what is left.
static size_t merge(struct hole *hole)
{
    size_t count = 0;
    while (hole != NULL) {
        struct hole *next = hole->next;
        if (next != NULL && end_of(hole) > (uintptr_t)next) {
            panic("%p was released twice, or the %zu bytes at %p were",
                  (void *)next, hole->size, (void *)hole);
        }
        if (next != NULL && end_of(hole) == (uintptr_t)next) {
            hole->size += next->size;
            hole->next = next->next;
        } else {
            count++;
            hole = next;
        }
    }
    return count;
}

static void tidy(struct linked_list_allocator *self)
{
    self->holes.next = join(self->holes.next, sort(self->loose));
    self->hole_count = merge(self->holes.next);
    self->loose = NULL;
    self->loose_count = 0;
}

// --- Blocks ----------------------------------------------------------

// Takes `size` bytes at `block` out of `hole`, the one after
// `previous`.  What is before and after them stays.
static void cut(struct hole *previous, struct hole *hole,
                uintptr_t block, size_t size)
{
    struct hole *next = hole->next;
    size_t before = block - (uintptr_t)hole;
    size_t after = hole->size - before - size;
    if (after > 0) {
        struct hole *rest = (struct hole *)(block + size);
        *rest = (struct hole){after, next};
        next = rest;
    }
    if (before > 0) {
        *hole = (struct hole){before, next};
    } else {
        previous->next = next;
    }
}

// From the lowest hole that is large enough; NULL if none is.
static void *first_fit(struct linked_list_allocator *self, size_t size,
                       size_t alignment)
{
    struct hole *previous = &self->holes;
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

void *linked_list_allocate(struct allocator *base, size_t size,
                           size_t alignment)
{
    struct linked_list_allocator *self =
        (struct linked_list_allocator *)base;
    if (size > SIZE_MAX - UNIT) {
        return NULL;
    }
    size = rounded(size);
    if (self->loose_count > FEW + self->hole_count) {
        tidy(self);
    }
    void *block = first_fit(self, size, alignment);
    if (block == NULL && self->loose_count > 0) {
        tidy(self);
        block = first_fit(self, size, alignment);
    }
    return block;
}

void linked_list_release(struct allocator *base, void *block,
                         size_t size, size_t alignment)
{
    struct linked_list_allocator *self =
        (struct linked_list_allocator *)base;
    (void)alignment;
    struct hole *hole = block;
    *hole = (struct hole){rounded(size), self->loose};
    self->loose = hole;
    self->loose_count++;
}

void linked_list_extend(struct allocator *base, void *memory,
                        size_t size)
{
    uintptr_t start = align_up((uintptr_t)memory, UNIT);
    uintptr_t end = ((uintptr_t)memory + size) & -(uintptr_t)UNIT;
    if (start < end) {
        linked_list_release(base, (void *)start, end - start, UNIT);
    }
}

struct hole_summary
linked_list_summary(struct linked_list_allocator *self)
{
    tidy(self);
    struct hole_summary summary = {.count = self->hole_count};
    for (const struct hole *hole = self->holes.next; hole != NULL;
         hole = hole->next) {
        summary.bytes += hole->size;
        if (hole->size > summary.largest) {
            summary.largest = hole->size;
        }
    }
    return summary;
}
