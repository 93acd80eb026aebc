// Each block has pages of its own and ends where they end; the page
// after them is absent.  Addresses are used in turn and come back only
// after a full round.  So an access past a block, or to a freed one, is
// a page fault.  What alignment leaves at the end of the last page, and
// what lies before the block in the first, is filled with a pattern
// that is checked when the block is freed.
//
// The price: a frame and two pages of addresses for a block of one
// byte.  There are addresses for about 16,384 blocks of a page or less;
// their page tables and records grow to 1,300 KiB.
#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/address.h"
#include "mm/heap.h"
#include "mm/pages.h"

enum { HEAP_PAGES = HEAP_SIZE / PAGE_SIZE };

// What is around a block, and in it at first.
enum { PATTERN = 0xa5 };

// What was last done with a page of the heap.  All pages of a block say
// the same, and so does the absent one after them.
struct record {
    uintptr_t block; // 0: nothing yet
    size_t size;
    const void *allocated_by;
    const void *freed_by; // NULL: it is still there
};
_Static_assert(PAGE_SIZE % sizeof(struct record) == 0,
               "a page holds whole records");

// Right after the heap's own addresses, and mapped page by page as the
// heap gets further: pages from `record_count` on were never used.
static struct record *const records =
    (struct record *)(HEAP_START + HEAP_SIZE);
static size_t record_count;

static size_t cursor; // the page where the next search begins

static uintptr_t address_of(size_t page)
{
    return HEAP_START + page * PAGE_SIZE;
}

static bool is_in_page_heap(uintptr_t address)
{
    return address >= HEAP_START && address - HEAP_START < HEAP_SIZE;
}

// NULL if the page was never used.
static const struct record *record_of(uintptr_t address)
{
    size_t page = (address - HEAP_START) / PAGE_SIZE;
    bool used = page < record_count && records[page].block != 0;
    return used ? &records[page] : NULL;
}

static bool is_live(size_t page)
{
    return page < record_count && records[page].block != 0 &&
           records[page].freed_by == NULL;
}

static size_t pages_for(size_t bytes)
{
    return (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
}

// How many pages a block has; one of 0 bytes needs an address, too.
static size_t pages_of(const struct record *record)
{
    size_t begin = record->block % PAGE_SIZE;
    size_t bytes = begin + record->size;
    return bytes == 0 ? 1 : pages_for(bytes);
}

// Sees to it that the first `count` pages of the heap have records.
static bool add_records(size_t count)
{
    while (record_count < count) {
        void *page = &records[record_count];
        if (!pages_add((uintptr_t)page, 1)) {
            return false;
        }
        memset(page, 0, PAGE_SIZE);
        record_count += PAGE_SIZE / sizeof(struct record);
    }
    return true;
}

// Looks for `count` pages in a row that belong to no block, from the
// cursor on and once around.
static bool find_pages(size_t count, size_t *first)
{
    size_t page = cursor;
    size_t found = 0;
    for (size_t i = 0; i < HEAP_PAGES + count; i++) {
        if (page == HEAP_PAGES) {
            page = 0;
            found = 0;
        }
        found = is_live(page) ? 0 : found + 1;
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

static void *page_heap_allocate(struct heap *self, size_t size,
                                size_t alignment, const void *site)
{
    if (size > HEAP_SIZE) {
        return NULL;
    }
    // Rounded up, so that the block begins right and ends less than
    // `alignment` before the end of the last page, or exactly there.
    size_t bytes = (size + alignment - 1) / alignment * alignment;
    if (bytes == 0) {
        bytes = alignment;
    }
    size_t count = pages_for(bytes);
    size_t first;
    if (!find_pages(count + 1, &first) ||
        !add_records(first + count + 1) ||
        !pages_add(address_of(first), count)) {
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
    self->count++;
    return (void *)record.block;
}

static const struct record *find_record(const void *block,
                                        const char *what)
{
    uintptr_t address = (uintptr_t)block;
    if (!is_in_page_heap(address)) {
        panic("%s %p, which is not in the heap", what, block);
    }
    const struct record *record = record_of(address);
    if (record == NULL || record->block != address) {
        panic("%s %p, where no block begins", what, block);
    }
    if (record->freed_by != NULL) {
        panic("%s %p, freed by %p: %zu bytes, allocated by %p", what,
              block, record->freed_by, record->size,
              record->allocated_by);
    }
    return record;
}

// Whether the bytes from `start` to `end` are as the heap left them.
static bool is_untouched(uintptr_t start, uintptr_t end)
{
    for (uintptr_t i = start; i < end; i++) {
        if (*(const uint8_t *)i != PATTERN) {
            return false;
        }
    }
    return true;
}

static void page_heap_release(struct heap *self, void *block,
                              const void *site)
{
    kassert(site != NULL);
    struct record record = *find_record(block, "freeing");
    uintptr_t start = record.block / PAGE_SIZE * PAGE_SIZE;
    size_t count = pages_of(&record);
    if (!is_untouched(start, record.block)) {
        panic("written before the %zu bytes at %p, allocated by %p",
              record.size, block, record.allocated_by);
    }
    if (!is_untouched(record.block + record.size,
                      start + count * PAGE_SIZE)) {
        panic("written past the %zu bytes at %p, allocated by %p",
              record.size, block, record.allocated_by);
    }
    pages_remove(start, count);
    record.freed_by = site;
    set_records((start - HEAP_START) / PAGE_SIZE, count + 1, &record);
    self->count--;
}

static size_t page_heap_block_size(struct heap *self, const void *block)
{
    (void)self;
    return find_record(block, "looking for")->size;
}

static void page_heap_explain(struct heap *self, uintptr_t address)
{
    (void)self;
    if (!is_in_page_heap(address)) {
        return;
    }
    const struct record *record = record_of(address);
    if (record == NULL) {
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

static void page_heap_print(struct heap *self)
{
    (void)self;
    for (size_t page = 0; page < record_count; page++) {
        const struct record *record = &records[page];
        if (is_live(page) &&
            record->block / PAGE_SIZE == address_of(page) / PAGE_SIZE) {
            kprintf("    %zu bytes at %p, allocated by %p\n",
                    record->size, (void *)record->block,
                    record->allocated_by);
        }
    }
}

struct heap page_heap = {
    .allocate = page_heap_allocate,
    .release = page_heap_release,
    .block_size = page_heap_block_size,
    .explain = page_heap_explain,
    .print = page_heap_print,
};
