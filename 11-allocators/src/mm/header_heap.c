// Blocks of an allocator, each with a header before it.  The header
// tells the size, who allocated the block, and which other blocks there
// are.  It also notices most of what is freed and is no block, or is
// freed twice; its last bytes notice what is written before the block.
//
// What it cannot notice: a write behind a block, before the next one is
// freed, or one that ends before the next multiple of 16; a use after
// free; a block freed twice when its memory has been given to somebody
// else in between.  Nor does anybody notice when such a write hits a
// hole or a block that waits: then the allocator's own notes are wrong.
#include "mm/header_heap.h"

#include "kernel/console.h"
#include "kernel/panic.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "mm/paging.h"

// Values that are not likely to be there by chance.
enum mark { MARK_LIVE = 0xa11c, MARK_FREE = 0xdead };

// The allocator uses its first 16 bytes when the block is free; what is
// behind them stays until the memory is handed out again.
struct header {
    struct header *next; // live blocks, the last one allocated first
    struct header *previous;
    const void *site; // who allocated it, or freed it
    uint32_t size;    // that was asked for
    uint16_t alignment;
    uint16_t mark;
};
_Static_assert(sizeof(struct header) % HEAP_ALIGNMENT == 0,
               "the block behind it lies as it should");
_Static_assert(HEADER_HEAP_SIZE <= HEAP_SIZE, "it has addresses");
_Static_assert(HEADER_HEAP_SIZE <= UINT32_MAX, "a size fits");

static struct allocator *allocator; // NULL before heap_init()
static struct header *first;
static size_t block_count;

static void *block_of(struct header *header)
{
    return header + 1;
}

// From the start of the memory that the allocator gave to the block:
// the header ends there, and the block lies on its alignment.
static size_t offset_of_block(size_t alignment)
{
    return align_up(sizeof(struct header), alignment);
}

static bool is_in_heap(uintptr_t address)
{
    return address >= HEAP_START &&
           address - HEAP_START < HEADER_HEAP_SIZE;
}

void heap_init(void)
{
    for (uintptr_t page = HEAP_START;
         page < HEAP_START + HEADER_HEAP_SIZE; page += PAGE_SIZE) {
        phys_addr_t frame;
        if (!frame_allocate(&frame) ||
            paging_map(paging_root(), page, frame, PAGE_4_KIB,
                       PTE_WRITABLE | PTE_NO_EXECUTE) != MAP_OK) {
            panic("no memory for the heap");
        }
    }
    allocator = heap_allocator((void *)HEAP_START, HEADER_HEAP_SIZE);
}

void *heap_allocate(size_t size, size_t alignment, const void *site)
{
    kassert(alignment > 0 && (alignment & (alignment - 1)) == 0);
    kassert(alignment <= PAGE_SIZE);
    if (size > HEADER_HEAP_SIZE) {
        return NULL;
    }
    if (alignment < HEAP_ALIGNMENT) {
        alignment = HEAP_ALIGNMENT;
    }
    size_t offset = offset_of_block(alignment);
    uint8_t *memory =
        allocator->allocate(allocator, offset + size, alignment);
    if (memory == NULL) {
        return NULL;
    }
    struct header *header = (struct header *)(memory + offset) - 1;
    *header = (struct header){
        .next = first,
        .site = site,
        .size = (uint32_t)size,
        .alignment = (uint16_t)alignment,
        .mark = MARK_LIVE,
    };
    if (first != NULL) {
        first->previous = header;
    }
    first = header;
    block_count++;
    return block_of(header);
}

// Whether this can be the header of a block.
static bool is_place(const struct header *header)
{
    uintptr_t place = (uintptr_t)header;
    return is_in_heap(place) && place % HEAP_ALIGNMENT == 0;
}

// Whether it is one, and its neighbours in the list say so, too.
static bool is_live(const struct header *header)
{
    const struct header *next = header->next;
    const struct header *previous = header->previous;
    if (header->mark != MARK_LIVE ||
        (next != NULL && !is_place(next)) ||
        (previous != NULL && !is_place(previous))) {
        return false;
    }
    return (next == NULL || next->previous == header) &&
           (previous == NULL ? first : previous->next) == header;
}

// Whether the list goes on to this header, and has not been destroyed:
// a report is made even then.
static bool can_follow(const struct header *header)
{
    return header != NULL && is_place(header) && is_live(header);
}

static struct header *find_block(const void *block, const char *what)
{
    uintptr_t place = (uintptr_t)block - sizeof(struct header);
    struct header *header = (struct header *)place;
    // A block of 0 bytes may begin where the heap ends.
    if (!is_in_heap((uintptr_t)block - 1)) {
        panic("%s %p, which is not in the heap", what, block);
    }
    if (is_place(header) && header->mark == MARK_FREE) {
        panic("%s %p, freed by %p: %u bytes", what, block, header->site,
              header->size);
    }
    if (!is_place(header) || !is_live(header)) {
        panic("%s %p, where no block begins, or was written before it",
              what, block);
    }
    return header;
}

void heap_free(void *block, const void *site)
{
    kassert(site != NULL);
    struct header *header = find_block(block, "freeing");
    if (header->next != NULL) {
        header->next->previous = header->previous;
    }
    if (header->previous != NULL) {
        header->previous->next = header->next;
    } else {
        first = header->next;
    }
    block_count--;
    header->site = site;
    header->mark = MARK_FREE;

    size_t offset = offset_of_block(header->alignment);
    allocator->release(allocator, (uint8_t *)block - offset,
                       offset + header->size, header->alignment);
}

size_t heap_block_size(const void *block)
{
    return find_block(block, "looking for")->size;
}

static void print(struct header *header)
{
    kprintf("%u bytes at %p, allocated by %p\n", header->size,
            block_of(header), header->site);
}

void heap_explain(uintptr_t address)
{
    // The page behind it, too: an overrun of the last block ends there.
    if (allocator == NULL || address < HEAP_START ||
        address - HEAP_START >= HEADER_HEAP_SIZE + PAGE_SIZE) {
        return;
    }
    // The last block that does not begin behind the address.
    struct header *found = NULL;
    for (struct header *header = first; can_follow(header);
         header = header->next) {
        if ((uintptr_t)block_of(header) <= address && header > found) {
            found = header;
        }
    }
    if (found == NULL) {
        kprintf("heap: no block is there now\n");
        return;
    }
    uintptr_t end = (uintptr_t)block_of(found) + found->size;
    kprintf("heap: ");
    print(found);
    if (address >= end) {
        kprintf("heap: they end %zu bytes before\n", address - end);
    }
}

size_t heap_count(void)
{
    return block_count;
}

void heap_print(void)
{
    for (struct header *header = first; can_follow(header);
         header = header->next) {
        kprintf("    ");
        print(header);
    }
}
