// Each block has pages of its own, ends where they end, and is followed
// by an absent page.  Addresses are used in turn and come back only
// after a full round.  So an access behind a block, or to one that was
// freed, is a page fault; what is too near for that, because of
// alignment, or before the block, is noticed by heap_free().
//
// The price: a frame and two pages of addresses for a block of one
// byte.  There are addresses for about 16,384 blocks of a page or less,
// and page tables for them take 256 KiB in the end.
#include "mm/heap.h"

#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/paging.h"

enum { HEAP_PAGES = HEAP_SIZE / PAGE_SIZE };

// What is before and behind a block, and in it at first.
enum { PATTERN = 0xa5 };

// What was last done with a page of the heap.  All pages of a block say
// the same, the absent one behind it too.
struct record {
    uintptr_t block; // 0: nothing yet
    size_t size;
    const void *allocated_by;
    const void *freed_by; // NULL: it is still there
};

// Behind the heap's own addresses; NULL before heap_init().
static struct record *records;

static size_t cursor; // the page where the next search begins
static size_t block_count;

static uintptr_t address_of(size_t page)
{
    return HEAP_START + page * PAGE_SIZE;
}

static bool is_in_heap(uintptr_t address)
{
    return address >= HEAP_START && address - HEAP_START < HEAP_SIZE;
}

static struct record *record_of(uintptr_t address)
{
    return &records[(address - HEAP_START) / PAGE_SIZE];
}

static bool is_live(const struct record *record)
{
    return record->block != 0 && record->freed_by == NULL;
}

static size_t pages_for(size_t bytes)
{
    return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

// How many pages a block has; also one of 0 bytes has an address.
static size_t pages_of(const struct record *record)
{
    size_t begin = record->block % PAGE_SIZE;
    size_t bytes = begin + record->size;
    return bytes == 0 ? 1 : pages_for(bytes);
}

// Maps a page to a frame of its own.  False if there is none.
static bool add_page(uintptr_t page)
{
    phys_addr_t frame;
    if (!frame_allocate(&frame)) {
        return false;
    }
    if (paging_map(paging_root(), page, frame, PAGE_4_KIB,
                   PTE_WRITABLE | PTE_NO_EXECUTE) != MAP_OK) {
        frame_free(frame);
        return false;
    }
    return true;
}

static void remove_pages(uintptr_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        phys_addr_t frame;
        bool mapped = paging_unmap(paging_root(),
                                   first + i * PAGE_SIZE, &frame);
        kassert(mapped);
        frame_free(frame);
    }
}

// All of them or none.
static bool add_pages(uintptr_t first, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!add_page(first + i * PAGE_SIZE)) {
            remove_pages(first, i);
            return false;
        }
    }
    return true;
}

void heap_init(void)
{
    uintptr_t start = HEAP_START + HEAP_SIZE;
    size_t count = pages_for(HEAP_PAGES * sizeof(struct record));
    if (!add_pages(start, count)) {
        panic("no memory for the heap's records");
    }
    records = memset((void *)start, 0, count * PAGE_SIZE);
}

// Looks for pages in a row that no block has, from the cursor on and
// once around.
static bool find_pages(size_t count, size_t *first)
{
    size_t page = cursor;
    size_t found = 0;
    for (size_t i = 0; i < HEAP_PAGES + count; i++) {
        if (page == HEAP_PAGES) {
            page = 0;
            found = 0;
        }
        found = is_live(&records[page]) ? 0 : found + 1;
        page++;
        if (found == count) {
            *first = page - count;
            return true;
        }
    }
    return false;
}

static void set_records(size_t first, size_t count,
                        const struct record *record)
{
    for (size_t i = 0; i < count; i++) {
        records[first + i] = *record;
    }
}

void *heap_allocate(size_t size, size_t alignment, const void *site)
{
    kassert(alignment > 0 && (alignment & (alignment - 1)) == 0);
    kassert(alignment <= PAGE_SIZE);
    if (size > HEAP_SIZE) {
        return NULL;
    }
    if (alignment < HEAP_ALIGNMENT) {
        alignment = HEAP_ALIGNMENT;
    }
    // Rounded up, so that the block begins right and ends at, or less
    // than `alignment` before, the end of the last page.
    size_t bytes = (size + alignment - 1) / alignment * alignment;
    if (bytes == 0) {
        bytes = alignment;
    }
    size_t count = pages_for(bytes);
    size_t first;
    if (!find_pages(count + 1, &first) ||
        !add_pages(address_of(first), count)) {
        return NULL;
    }
    cursor = first + count + 1;
    memset((void *)address_of(first), PATTERN, count * PAGE_SIZE);

    struct record record = {
        .block = address_of(first + count) - bytes,
        .size = size,
        .allocated_by = site,
    };
    set_records(first, count + 1, &record);
    block_count++;
    return (void *)record.block;
}

static const struct record *find_block(const void *block,
                                       const char *what)
{
    uintptr_t address = (uintptr_t)block;
    if (!is_in_heap(address)) {
        panic("%s %p, which is not in the heap", what, block);
    }
    const struct record *record = record_of(address);
    if (record->block != address) {
        panic("%s %p, where no block begins", what, block);
    }
    if (record->freed_by != NULL) {
        panic("%s %p, freed by %p: %zu bytes, allocated by %p", what,
              block, record->freed_by, record->size,
              record->allocated_by);
    }
    return record;
}

// Whether nobody has written to the bytes from `start` to `end`.
static bool is_untouched(uintptr_t start, uintptr_t end)
{
    for (uintptr_t i = start; i < end; i++) {
        if (*(const uint8_t *)i != PATTERN) {
            return false;
        }
    }
    return true;
}

void heap_free(void *block, const void *site)
{
    kassert(site != NULL);
    struct record record = *find_block(block, "freeing");
    uintptr_t start = record.block / PAGE_SIZE * PAGE_SIZE;
    size_t count = pages_of(&record);
    if (!is_untouched(start, record.block)) {
        panic("written before the %zu bytes at %p, allocated by %p",
              record.size, block, record.allocated_by);
    }
    if (!is_untouched(record.block + record.size,
                      start + count * PAGE_SIZE)) {
        panic("written behind the %zu bytes at %p, allocated by %p",
              record.size, block, record.allocated_by);
    }
    remove_pages(start, count);
    record.freed_by = site;
    set_records((start - HEAP_START) / PAGE_SIZE, count + 1, &record);
    block_count--;
}

size_t heap_block_size(const void *block)
{
    return find_block(block, "looking for")->size;
}

void heap_explain(uintptr_t address)
{
    if (records == NULL || !is_in_heap(address)) {
        return;
    }
    const struct record *record = record_of(address);
    if (record->block == 0) {
        kprintf("heap: no block was ever there\n");
        return;
    }
    kprintf("heap: %zu bytes at %p, allocated by %p\n", record->size,
            (void *)record->block, record->allocated_by);
    if (record->freed_by != NULL) {
        kprintf("heap: freed by %p\n", record->freed_by);
    } else if (address >= record->block + record->size) {
        kprintf("heap: they end %zu bytes before\n",
                address - record->block - record->size);
    }
}

size_t heap_count(void)
{
    return block_count;
}

void heap_print(void)
{
    for (size_t page = 0; page < HEAP_PAGES; page++) {
        const struct record *record = &records[page];
        if (is_live(record) &&
            record->block / PAGE_SIZE == address_of(page) / PAGE_SIZE) {
            kprintf("    %zu bytes at %p, allocated by %p\n",
                    record->size, (void *)record->block,
                    record->allocated_by);
        }
    }
}
