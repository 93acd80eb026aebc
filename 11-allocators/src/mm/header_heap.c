// Blocks of an allocator, each with a header before it that tells the
// size and who allocated the block, and a sum over these and its own
// address.  So a pointer that is no block's, a block that was freed,
// and a header that was overwritten are noticed.
//
// What it cannot notice: a write past a block before the next one is
// freed, or one that ends before the next multiple of 16; a use after
// free; a block freed twice after its memory has become part of another
// one.  If such a write hits memory that is free, the allocator's notes
// there are wrong.
#include "mm/header_heap.h"

#include <stdbool.h>

#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/attributes.h"
#include "mm/address.h"
#include "mm/pages.h"

// The least that a heap grows by.
enum { GROWTH = 16 * PAGE_SIZE };

// Two seeds for the sum, so that a freed block is told from a live one.
enum { SEED_LIVE = 0x11fe, SEED_FREED = 0xdead };

// When the block is free, the allocator's notes may overwrite the size
// and the alignment: the sum over a freed block leaves them out.
struct header {
    uint32_t size; // that was asked for
    uint32_t alignment;
    uint32_t site; // who allocated it, or freed it: code lies low
    uint32_t sum;
};
_Static_assert(sizeof(struct header) == HEAP_ALIGNMENT,
               "it ends where the block begins, at any alignment");
_Static_assert(HEADER_HEAP_SIZE <= UINT32_MAX, "a size fits");

static void *block_of(struct header *header)
{
    return header + 1;
}

static void *site_of(const struct header *header)
{
    return (void *)(uintptr_t)header->site;
}

// With its own address in it, the sum differs from one place to the
// next: a header that was copied is none.
static uint32_t live_sum(const struct header *header)
{
    return SEED_LIVE + (uint32_t)(uintptr_t)header + header->site +
           header->size + header->alignment;
}

static uint32_t freed_sum(const struct header *header)
{
    return SEED_FREED + (uint32_t)(uintptr_t)header + header->site;
}

// Maps memory for a block of `size` bytes on a multiple of `alignment`,
// wherever the heap ends.  All of it or none; false if there are no
// frames or no addresses.
__attribute__((noinline)) static bool
grow_header_heap(struct header_heap *self, size_t size,
                 size_t alignment)
{
    size_t bytes = align_up(size + 2 * alignment, PAGE_SIZE);
    if (bytes < GROWTH) {
        bytes = GROWTH;
    }
    if (bytes > self->start + HEADER_HEAP_SIZE - self->end ||
        !pages_add(self->end, bytes / PAGE_SIZE)) {
        return false;
    }
    self->allocator->extend(self->allocator, (void *)self->end, bytes);
    self->end += bytes;
    return true;
}

void *header_heap_allocate(struct heap *base, size_t size,
                           size_t alignment, const void *site)
{
    struct header_heap *self = (struct header_heap *)base;
    if (size > HEADER_HEAP_SIZE) {
        return NULL;
    }
    // As much as the block is aligned to goes before it.
    uint8_t *memory = self->allocator->allocate(
        self->allocator, alignment + size, alignment);
    if (memory == NULL) {
        // Once more, with memory that is enough.
        return grow_header_heap(self, size, alignment)
                   ? header_heap_allocate(base, size, alignment, site)
                   : NULL;
    }
    struct header *header = (struct header *)(memory + alignment) - 1;
    header->size = (uint32_t)size;
    header->alignment = (uint32_t)alignment;
    header->site = (uint32_t)(uintptr_t)site;
    header->sum = live_sum(header);
    base->count++;
    return block_of(header);
}

static struct header *header_of(const void *block)
{
    return (struct header *)((uintptr_t)block - sizeof(struct header));
}

// A block of 0 bytes may begin where the heap ends, its header can't.
static bool has_header(const struct header_heap *self,
                       const struct header *header)
{
    uintptr_t place = (uintptr_t)header;
    return place >= self->start && place < self->end;
}

static bool is_aligned(const struct header *header)
{
    return (uintptr_t)header % HEAP_ALIGNMENT == 0;
}

NORETURN static void report_misuse(const struct header_heap *self,
                                   const void *block, const char *what)
{
    const struct header *header = header_of(block);
    if (!has_header(self, header)) {
        panic("%s %p, which is not in the heap", what, block);
    }
    if (is_aligned(header) && header->sum == freed_sum(header)) {
        panic("%s %p, freed by %p", what, block, site_of(header));
    }
    panic("%s %p, where no block begins, or was written before it",
          what, block);
}

// The header of a block that is in use.  inline: kfree() is called
// often, and nearly all blocks are right.
static inline struct header *find_header(const struct header_heap *self,
                                         const void *block,
                                         const char *what)
{
    struct header *header = header_of(block);
    if (!has_header(self, header) || !is_aligned(header) ||
        header->sum != live_sum(header)) {
        report_misuse(self, block, what);
    }
    return header;
}

void header_heap_release(struct heap *base, void *block,
                         const void *site)
{
    struct header_heap *self = (struct header_heap *)base;
    struct header *header = find_header(self, block, "freeing");
    size_t size = header->size;
    size_t alignment = header->alignment;
    header->site = (uint32_t)(uintptr_t)site;
    header->sum = freed_sum(header);
    base->count--;
    self->allocator->release(self->allocator,
                             (uint8_t *)block - alignment,
                             alignment + size, alignment);
}

size_t header_heap_block_size(struct heap *base, const void *block)
{
    const struct header_heap *self = (const struct header_heap *)base;
    return find_header(self, block, "looking for")->size;
}

// The first block in use whose header lies at `place`, a multiple of
// 16, or later; NULL if there is none.  It looks everywhere and follows
// no pointer: it is for reports, when anything may be destroyed.
static struct header *next_block(const struct header_heap *self,
                                 uintptr_t place)
{
    for (; place < self->end; place += sizeof(struct header)) {
        struct header *header = (struct header *)place;
        if (header->sum == live_sum(header) &&
            header->alignment >= HEAP_ALIGNMENT &&
            header->size <= self->end - place) {
            return header;
        }
    }
    return NULL;
}

static uintptr_t after(struct header *header)
{
    uintptr_t end = (uintptr_t)block_of(header) + header->size;
    return align_up(end, HEAP_ALIGNMENT);
}

static void print_block(struct header *header)
{
    kprintf("%u bytes at %p, allocated by %p\n", header->size,
            block_of(header), site_of(header));
}

void header_heap_explain(struct heap *base, uintptr_t address)
{
    const struct header_heap *self = (const struct header_heap *)base;
    // The page past it, too: an overrun of the last block ends there.
    if (address < self->start || address >= self->end + PAGE_SIZE) {
        return;
    }
    // The last block that begins at the address or before it.
    struct header *found = NULL;
    for (struct header *header = next_block(self, self->start);
         header != NULL && (uintptr_t)block_of(header) <= address;
         header = next_block(self, after(header))) {
        found = header;
    }
    if (found == NULL) {
        kprintf("heap: no block is there now\n");
        return;
    }
    kprintf("heap: ");
    print_block(found);
    uintptr_t end = (uintptr_t)block_of(found) + found->size;
    if (address >= end) {
        kprintf("heap: they end %zu bytes before\n", address - end);
    }
}

void header_heap_print(struct heap *base)
{
    const struct header_heap *self = (const struct header_heap *)base;
    for (struct header *header = next_block(self, self->start);
         header != NULL; header = next_block(self, after(header))) {
        kprintf("    ");
        print_block(header);
    }
}
