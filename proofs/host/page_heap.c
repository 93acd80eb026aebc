// The heap of pages against a model, over generated traffic: with the
// kernel's frames and page tables, and with memory of this program that
// is there where these tables say so, and nowhere else.
// needs: src/mm/page_heap.c src/mm/pages.c src/mm/frame.h
#include "mm/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host.h"
#include "kernel/console.h"
#include "kernel/panic.h"
#include "lib/format.h"
#include "mm/frame.h"
#include "mm/paging.h"
#include "test/test.h"

// --- The heap, at addresses that a program can have -------------------

// Somewhere in the middle of what a program can have, where nothing is;
// its records are behind it.
#undef HEAP_START
#define HEAP_START UINT64_C(0x200000000000)
enum {
    PAGES = HEAP_SIZE / PAGE_SIZE,
    RECORDS = PAGES * 32 / PAGE_SIZE,
};
static uint8_t *const heap_begin = (uint8_t *)HEAP_START;
static uint8_t *const heap_end = (uint8_t *)(HEAP_START + HEAP_SIZE);

static enum map_result mirrored_map(phys_addr_t root, uintptr_t address,
                                    phys_addr_t target,
                                    enum page_size size, pte_t flags);
static bool mirrored_unmap(phys_addr_t root, uintptr_t address,
                           phys_addr_t *target);

// As kmalloc_aligned() does.
static size_t at_least_16(size_t alignment)
{
    return alignment < HEAP_ALIGNMENT ? HEAP_ALIGNMENT : alignment;
}

#define paging_map   mirrored_map
#define paging_unmap mirrored_unmap
#include "mm/page_heap.c"
#include "mm/pages.c"
#undef paging_map
#undef paging_unmap

#define heap_allocate(size, alignment, site) \
    page_heap.allocate(&page_heap, size, at_least_16(alignment), site)
#define heap_free(block, site) page_heap.release(&page_heap, block, site)
#define heap_block_size(block) page_heap.block_size(&page_heap, block)
#define heap_explain(address)  page_heap.explain(&page_heap, address)
#define heap_print()           page_heap.print(&page_heap)
#define heap_count()           page_heap.count

// --- Memory -----------------------------------------------------------

// Fewer than the heap has addresses for, more than it has for blocks of
// a page.
enum { FRAMES = 17500 };

static uint8_t *frames; // all of them, and each once more where mapped
static int frames_file;
static phys_addr_t root;

static size_t table_count; // tables and pages of records, which stay
static size_t mapped_count; // pages that are there, the records' apart

static void fail_if(bool failed, const char *what)
{
    if (failed) {
        perror(what);
        exit(EXIT_FAILURE);
    }
}

static void map_memory(uintptr_t page, int rights, int flags, int file,
                       off_t offset)
{
    void *there = mmap((void *)page, PAGE_SIZE, rights, flags | MAP_FIXED,
                       file, offset);
    fail_if(there != (void *)page, "mmap");
}

static enum map_result mirrored_map(phys_addr_t tables, uintptr_t address,
                                    phys_addr_t target,
                                    enum page_size size, pte_t flags)
{
    CHECK_EQUAL(tables.value, root.value);
    CHECK_EQUAL(size, PAGE_4_KIB);
    CHECK_EQUAL(flags, PTE_WRITABLE | PTE_NO_EXECUTE);
    size_t before = frame_free_count();
    enum map_result result =
        paging_map(tables, address, target, size, flags);
    if (result == MAP_OK) {
        map_memory(address, PROT_READ | PROT_WRITE, MAP_SHARED,
                   frames_file,
                   (off_t)(target.value - (uintptr_t)frames));
        bool is_record = address >= HEAP_START + HEAP_SIZE;
        table_count += is_record;
        mapped_count += !is_record;
    }
    table_count += before - frame_free_count();
    return result;
}

static bool mirrored_unmap(phys_addr_t tables, uintptr_t address,
                           phys_addr_t *target)
{
    bool mapped = paging_unmap(tables, address, target);
    map_memory(address, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mapped_count -= mapped;
    return mapped;
}

// How many frames are free when there is no block and no table.
static size_t frames_at_first;

static void make_memory(void)
{
    size_t size = (size_t)FRAMES * PAGE_SIZE;
    FILE *file = tmpfile();
    fail_if(file == NULL, "a temporary file");
    frames_file = fileno(file);
    fail_if(ftruncate(frames_file, (off_t)size) != 0, "ftruncate");
    frames = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                  frames_file, 0);
    fail_if(frames == MAP_FAILED, "mmap");
    // The first ones, which the records get, have been somebody's: as a
    // record, each of these would be that of a block that is there.
    for (size_t i = 0; i < 2 * (size_t)RECORDS * PAGE_SIZE; i += 32) {
        frames[i] = 0x5a;
    }
    // Without MAP_FIXED: nobody loses what may be there.
    size_t reserved = HEAP_SIZE + (size_t)RECORDS * PAGE_SIZE;
    fail_if(mmap(heap_begin, reserved, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
                 0) != heap_begin,
            "addresses for the heap");

    host_frames((uintptr_t)frames, size);
}

static phys_addr_t taken[FRAMES];

// How many pages have been used, with the pages behind the blocks, one
// after the other; and for each how many that were when its block was
// freed in this test.
static size_t used_count;
static size_t used_when_freed[PAGES];

static const char *explained(const void *address);

// For a test to begin with.
static void begin(void)
{
    if (frames == NULL) {
        make_memory();
        CHECK(paging_new_table(&root));
        host_cr3 = root.value;
        CHECK_TEXT(explained(heap_begin),
                   "heap: no block was ever there\n");
        frames_at_first = frame_free_count() + table_count;
    }
    host_cr3 = root.value;
    memset(used_when_freed, 0, sizeof(used_when_freed));
    CHECK_EQUAL(heap_count(), 0);
    CHECK_EQUAL(mapped_count, 0);
}

// Every frame is free, or is a page's or a table's.
static void check_frames(void)
{
    CHECK_EQUAL(frame_free_count() + mapped_count + table_count,
                frames_at_first);
}

static bool is_there(uintptr_t address)
{
    return paging_walk(root, address).mapped;
}

// --- What is printed --------------------------------------------------

static char printed[1 << 12];
static size_t printed_length;

static void put(const char *text, size_t length, void *context)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        if (printed_length < sizeof(printed) - 1) {
            printed[printed_length++] = text[i];
        }
    }
}

void kprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    format(put, NULL, fmt, args);
    va_end(args);
}

static const char *explained(const void *address)
{
    printed_length = 0;
    memset(printed, 0, sizeof(printed));
    heap_explain((uintptr_t)address);
    return printed;
}

// --- The model --------------------------------------------------------

enum { MOST = 120 };

struct block {
    uint8_t *at;
    size_t size;
    size_t alignment;
    uint8_t seed;
    const void *site;
};

static struct block live[MOST];
static size_t live_count;

static uintptr_t first_page(const struct block *block)
{
    return (uintptr_t)block->at / PAGE_SIZE * PAGE_SIZE;
}

// The page behind the block.
static uintptr_t last_page(const struct block *block)
{
    uintptr_t last = (uintptr_t)block->at + block->size;
    if (last == first_page(block)) {
        last++;
    }
    return (last + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

static void fill(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        block->at[i] = (uint8_t)(block->seed + i * 31);
    }
}

static bool is_filled(const struct block *block, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (block->at[i] != (uint8_t)(block->seed + i * 31)) {
            return false;
        }
    }
    return true;
}

static size_t place_of(uintptr_t page)
{
    return (page - HEAP_START) / PAGE_SIZE;
}

// A block that was just allocated: where it lies, what is there, and
// that its addresses have not been others' for a round.
static void check_new(const struct block *block)
{
    uintptr_t at = (uintptr_t)block->at;
    size_t alignment = block->alignment < HEAP_ALIGNMENT
                           ? HEAP_ALIGNMENT
                           : block->alignment;
    uintptr_t begins = first_page(block);
    uintptr_t ends = last_page(block);
    CHECK_EQUAL(at % alignment, 0);
    CHECK(begins >= HEAP_START);
    CHECK(ends < HEAP_START + HEAP_SIZE);
    CHECK(ends - at - block->size < alignment ||
          (block->size == 0 && ends - at == alignment));
    for (uintptr_t page = begins; page < ends; page += PAGE_SIZE) {
        CHECK(is_there(page));
    }
    CHECK(!is_there(ends));
    for (uintptr_t i = begins; i < ends; i++) {
        if (*(const uint8_t *)i != 0xa5) {
            CHECK_EQUAL(*(const uint8_t *)i, 0xa5);
        }
    }
    CHECK_EQUAL(heap_block_size(block->at), block->size);

    // What is in between is too short for this block, or others'.
    enum { IN_BETWEEN = MOST * 10 };
    for (uintptr_t page = begins; page <= ends; page += PAGE_SIZE) {
        size_t freed = used_when_freed[place_of(page)];
        CHECK(freed == 0 || used_count - freed >= PAGES - IN_BETWEEN);
    }
    used_count += (ends - begins) / PAGE_SIZE + 1;
}

// A block of this size, filled; false if there is none.
static bool allocate(struct block *block, size_t size, size_t alignment)
{
    *block = (struct block){
        .size = size,
        .alignment = alignment,
        .seed = (uint8_t)host_random(),
        .site = (const void *)(uintptr_t)(0x100000 + host_random() % 4096),
    };
    block->at = heap_allocate(size, alignment, block->site);
    if (block->at == NULL) {
        return false;
    }
    check_new(block);
    fill(block);
    return true;
}

static void expect_freed(const struct block *block, const void *site)
{
    char wanted[200];
    format_to_buffer(wanted, sizeof(wanted),
                     "heap: %zu bytes at %p, allocated by %p\n"
                     "heap: freed by %p\n",
                     block->size, (void *)block->at, block->site, site);
    for (uintptr_t page = first_page(block); page <= last_page(block);
         page += PAGE_SIZE) {
        CHECK(!is_there(page));
        CHECK_TEXT(explained((void *)page), wanted);
        used_when_freed[place_of(page)] = used_count;
    }
}

static void release(const struct block *block)
{
    const void *site = (const void *)(uintptr_t)host_random();
    CHECK(is_filled(block, block->size));
    heap_free(block->at, site);
    expect_freed(block, site);
}

static size_t any_size(void)
{
    switch (host_random_below(4)) {
    case 0:
        return host_random_below(64);
    case 1:
        return host_random_below(3) * PAGE_SIZE + host_random_below(40);
    case 2:
        return (1 + host_random_below(3)) * PAGE_SIZE -
               host_random_below(40);
    default:
        return host_random_below(12000);
    }
}

static size_t any_alignment(void)
{
    return host_random_below(2) == 0
               ? HEAP_ALIGNMENT
               : (size_t)1 << host_random_below(PAGE_BITS + 1);
}

static void allocate_one(void)
{
    CHECK(allocate(&live[live_count], any_size(), any_alignment()));
    live_count++;
}

static void free_one(size_t number)
{
    release(&live[number]);
    live_count--;
    live[number] = live[live_count];
}

// --- Tests ------------------------------------------------------------

// Of all, the first: there are no tables yet.  With a frame too few for
// the pages of a block, and the tables that they need, all else stays,
// and so does the place where the next block will be.
TEST(pages_without_frames_change_nothing)
{
    enum { SIZE = 5 * PAGE_SIZE + 1 };
    begin();
    size_t count = 0;
    while (frame_allocate(&taken[count])) {
        count++;
    }
    CHECK_TEXT(explained(heap_begin), "heap: no block was ever there\n");
    CHECK_TEXT(explained(heap_end - 1), "heap: no block was ever there\n");
    uintptr_t next = HEAP_START;
    for (unsigned round = 0; round < 400; round++) {
        struct block block;
        size_t given = 0;
        size_t tables = table_count;
        while (!allocate(&block, SIZE, HEAP_ALIGNMENT)) {
            CHECK_EQUAL(heap_count(), 0);
            CHECK_EQUAL(mapped_count, 0);
            CHECK_EQUAL(frame_free_count(), given + tables - table_count);
            count--;
            frame_free(taken[count]);
            given++;
        }
        CHECK_EQUAL(given, 6 + table_count - tables);
        CHECK_EQUAL(first_page(&block), next);
        next = last_page(&block) + PAGE_SIZE;
        CHECK_EQUAL(frame_free_count(), 0);
        release(&block);
        CHECK_EQUAL(frame_free_count(), 6);
        while (frame_allocate(&taken[count])) {
            count++;
        }
    }
    while (count > 0) {
        count--;
        frame_free(taken[count]);
    }
    check_frames();
}

TEST(pages_of_generated_blocks)
{
    begin();
    size_t used_before = used_count;
    for (unsigned step = 0; step < 32000; step++) {
        bool growing = step / 300 % 2 == 0;
        bool more = host_random_below(4) != 0 ? growing : !growing;
        if (live_count == 0 || (more && live_count < MOST)) {
            allocate_one();
        } else {
            free_one(host_random_below((unsigned)live_count));
        }
        CHECK_EQUAL(heap_count(), live_count);
        if (step % 8 == 0) {
            check_frames();
        }
    }
    CHECK(used_count - used_before > PAGES);
    while (live_count > 0) {
        free_one(0);
    }
    CHECK_EQUAL(mapped_count, 0);
    check_frames();
    // One for the records, and two above them all.
    CHECK_EQUAL(table_count, PAGES / PAGE_ENTRIES + 3 + RECORDS);
}

// Every size up to some pages, at every alignment.
TEST(pages_of_all_sizes)
{
    begin();
    for (size_t alignment = 1; alignment <= PAGE_SIZE; alignment *= 2) {
        for (size_t size = 0; size <= 2 * PAGE_SIZE + 20;
             size += size % PAGE_SIZE < 40 || size % PAGE_SIZE > 4056
                         ? 1
                         : 67) {
            struct block block;
            CHECK(allocate(&block, size, alignment));
            release(&block);
        }
    }
    check_frames();
}

TEST(pages_come_back_after_a_full_round)
{
    begin();
    struct block block;
    CHECK(allocate(&block, 1, 1));
    uint8_t *at = block.at;
    release(&block);
    size_t others = 0;
    do {
        CHECK(allocate(&block, 1, 1));
        release(&block);
        others++;
    } while (block.at != at && others < PAGES);
    CHECK_EQUAL(others, PAGES / 2);
    check_frames();
}

// More than there are addresses for.
TEST(pages_for_blocks_that_are_too_large)
{
    static const size_t sizes[] = {
        SIZE_MAX,      SIZE_MAX - 15,       SIZE_MAX / 2 + 1,
        HEAP_SIZE + 1, HEAP_SIZE,           HEAP_SIZE - PAGE_SIZE + 1,
        HEAP_SIZE * 2, HEAP_SIZE / 4 * 3};
    begin();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CHECK(heap_allocate(sizes[i], 1, &live) == NULL);
        CHECK(heap_allocate(sizes[i], PAGE_SIZE, &live) == NULL);
        check_frames();
    }
    CHECK_EQUAL(heap_count(), 0);
}

// --- Full -------------------------------------------------------------

static struct block many[PAGES / 2 + 1];

// Quick: without the checks of check_new().
static bool take(size_t number, size_t size)
{
    struct block *block = &many[number];
    *block = (struct block){.size = size, .seed = (uint8_t)(number * 7)};
    block->at = heap_allocate(size, 1, &many);
    if (block->at == NULL) {
        return false;
    }
    block->at[0] = block->seed;
    return true;
}

static void give(size_t number)
{
    CHECK_EQUAL(many[number].at[0], many[number].seed);
    heap_free(many[number].at, &many);
}

static size_t take_all(size_t size)
{
    size_t count = 0;
    while (count < PAGES / 2 + 1 && take(count, size)) {
        count++;
    }
    CHECK_EQUAL(heap_count(), count);
    check_frames();
    return count;
}

// A block of a page and the page behind it are two: a round that begins
// at an odd page leaves one over at the end.
static void begin_at_an_even_page(void)
{
    struct block block;
    begin();
    do {
        CHECK(allocate(&block, PAGE_SIZE + 1, 1));
        release(&block);
    } while (place_of(last_page(&block)) % 2 == 0);
}

TEST(pages_when_all_addresses_are_taken)
{
    begin_at_an_even_page();
    CHECK_EQUAL(take_all(16), PAGES / 2);
    CHECK(frame_free_count() > 0);
    // Whatever comes back is found; neighbours are one gap.
    for (unsigned i = 0; i < 100; i++) {
        size_t one = host_random_below(PAGES / 2);
        const uint8_t *at = many[one].at;
        give(one);
        CHECK(heap_allocate(PAGE_SIZE + 1, 1, &many) == NULL);
        CHECK(take(one, 16));
        CHECK(many[one].at == at);
    }
    size_t one = 0;
    while (many[one].at != heap_begin + 3 * PAGE_SIZE - 16) {
        one++;
    }
    give(one);
    give(one + 1);
    CHECK(heap_allocate(3 * PAGE_SIZE + 1, 1, &many) == NULL);
    CHECK(take(one, 3 * PAGE_SIZE));
    CHECK(many[one].at == heap_begin + 2 * PAGE_SIZE);
    CHECK(!take(one + 1, 1));
    give(one);
    // The next search begins within the only gap.
    CHECK(take(one, 1));
    give(one);
    CHECK(take(one, 3 * PAGE_SIZE));
    give(one);
    CHECK(take(one, 1));
    CHECK(take(one + 1, 1));
    CHECK(!take(PAGES / 2, 1));
    for (size_t i = 0; i < PAGES / 2; i++) {
        give(i);
    }
    check_frames();
}

TEST(pages_when_all_frames_are_taken)
{
    begin();
    size_t count = take_all(2 * PAGE_SIZE);
    CHECK(frame_free_count() < 2);
    CHECK_EQUAL(count, (frames_at_first - table_count) / 2);
    give(count / 2);
    CHECK(heap_allocate(4 * PAGE_SIZE, 1, &many) == NULL);
    check_frames();
    CHECK(take(count / 2, 2 * PAGE_SIZE));
    for (size_t i = 0; i < count; i++) {
        give(i);
    }
    check_frames();
}

// --- Misuse -----------------------------------------------------------

// The message of the last panic, without its place.
static const char *message(void)
{
    const char *text = host_panic_text();
    text = strchr(text, ' ');
    return text == NULL ? "" : text + 1;
}

// Freeing the block with another value at `address` panics; then it is
// as it was.
static void check_written(const struct block *block, uint8_t *address,
                          const char *where)
{
    char wanted[200];
    uint8_t before = *address;
    snprintf(wanted, sizeof(wanted),
             "written %s the %zu bytes at %p, allocated by %p", where,
             block->size, (void *)block->at, block->site);
    *address = (uint8_t)(before + 1 + host_random_below(255));
    EXPECT_PANIC(heap_free(block->at, &many));
    CHECK_TEXT(message(), wanted);
    *address = before;
}

// Every byte that is there and not the block's.
TEST(pages_tell_of_what_is_written_around_a_block)
{
    begin();
    for (unsigned i = 0; i < 60; i++) {
        struct block block;
        size_t alignment = i < 40 ? 1 : any_alignment();
        CHECK(allocate(&block, i < 40 ? i : any_size(), alignment));
        uint8_t *begins = (uint8_t *)first_page(&block);
        uint8_t *ends = (uint8_t *)last_page(&block);
        for (uint8_t *at = block.at + block.size; at < ends; at++) {
            check_written(&block, at, "past");
        }
        size_t step = 1;
        for (uint8_t *at = block.at; at > begins;) {
            at -= step;
            check_written(&block, at, "before");
            size_t left = (size_t)(at - begins);
            step = at > block.at - 32 || left < 32 ? 1 : left / 4;
        }
        CHECK(!is_there((uintptr_t)ends));
        CHECK_EQUAL(heap_count(), 1);
        release(&block);
    }
    check_frames();
}

// Whatever is done with what is no block, nothing changes.
static void check_refused(const uint8_t *at, const char *what)
{
    char wanted[200];
    size_t count = heap_count();
    EXPECT_PANIC(heap_free((void *)(uintptr_t)at, &many));
    snprintf(wanted, sizeof(wanted), "freeing %p, %s", (const void *)at,
             what);
    CHECK_TEXT(message(), wanted);
    EXPECT_PANIC(heap_block_size(at));
    snprintf(wanted, sizeof(wanted), "looking for %p, %s",
             (const void *)at, what);
    CHECK_TEXT(message(), wanted);
    CHECK_EQUAL(heap_count(), count);
    check_frames();
}

TEST(pages_tell_of_what_is_no_block)
{
    begin();
    struct block block, other;
    CHECK(allocate(&other, 100, 1));
    CHECK(allocate(&block, 5000, 1));
    for (uint8_t *at = (uint8_t *)first_page(&block);
         at < (uint8_t *)last_page(&block) + PAGE_SIZE; at++) {
        size_t offset = (size_t)(at - block.at);
        bool sample = offset < 100 || offset % 97 == 0;
        if (at != block.at && sample) {
            check_refused(at, "where no block begins");
        }
    }
    check_refused(NULL, "which is not in the heap");
    check_refused((uint8_t *)1, "which is not in the heap");
    check_refused(heap_begin - 1, "which is not in the heap");
    check_refused(heap_end, "which is not in the heap");
    check_refused((uint8_t *)UINTPTR_MAX, "which is not in the heap");
    check_refused((uint8_t *)&block, "which is not in the heap");
    release(&block);
    release(&other);
}

TEST(pages_tell_of_what_was_freed)
{
    static const struct {
        size_t size, alignment;
    } kinds[] = {{0, 1},           {1, 1},       {16, 1}, {100, 1},
                 {PAGE_SIZE, 1},   {9000, 4096}, {0, 4096},
                 {PAGE_SIZE + 1, 64}};
    begin();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct block block, other;
        char wanted[200];
        CHECK(allocate(&block, kinds[i].size, kinds[i].alignment));
        heap_free(block.at, (void *)0x123456);
        expect_freed(&block, (void *)0x123456);
        snprintf(wanted, sizeof(wanted),
                 "freed by %p: %zu bytes, allocated by %p",
                 (void *)0x123456, block.size, block.site);
        check_refused(block.at, wanted);
        CHECK(allocate(&other, kinds[i].size, kinds[i].alignment));
        check_refused(block.at, wanted);
        release(&other);
    }
}

TEST(pages_explain_an_overrun)
{
    begin();
    for (unsigned i = 0; i < 100; i++) {
        struct block block;
        char wanted[200];
        CHECK(allocate(&block, 1 + any_size(), any_alignment()));
        const uint8_t *at = (const uint8_t *)last_page(&block) +
                            host_random_below(PAGE_SIZE);
        format_to_buffer(wanted, sizeof(wanted),
                         "heap: %zu bytes at %p, allocated by %p\n"
                         "heap: they end %zu bytes before\n",
                         block.size, (void *)block.at, block.site,
                         (size_t)(at - block.at) - block.size);
        CHECK_TEXT(explained(at), wanted);
        // Where it is, or as near as its page: a fault there has other
        // reasons.
        *(strchr(wanted, '\n') + 1) = '\0';
        CHECK_TEXT(explained(block.at), wanted);
        CHECK_TEXT(explained((void *)first_page(&block)), wanted);
        CHECK_TEXT(explained(block.at + block.size / 2), wanted);
        release(&block);
    }
    CHECK_TEXT(explained(NULL), "");
    CHECK_TEXT(explained(heap_begin - 1), "");
    CHECK_TEXT(explained(heap_end), "");
    CHECK_TEXT(explained(&live), "");
}

TEST(pages_list_the_blocks_that_are_left)
{
    begin();
    struct block blocks[5];
    char wanted[500] = "";
    size_t length = 0;
    for (size_t i = 0; i < 5; i++) {
        CHECK(allocate(&blocks[i], i * 3000, i == 2 ? 4096 : 1));
    }
    release(&blocks[3]);
    for (size_t i = 0; i < 5; i++) {
        // In the order of their addresses.
        CHECK(i == 0 || blocks[i].at > blocks[i - 1].at);
        if (i != 3) {
            length += format_to_buffer(
                wanted + length, sizeof(wanted) - length,
                "    %zu bytes at %p, allocated by %p\n", blocks[i].size,
                (void *)blocks[i].at, blocks[i].site);
        }
    }
    printed_length = 0;
    memset(printed, 0, sizeof(printed));
    heap_print();
    CHECK_TEXT(printed, wanted);
    for (size_t i = 0; i < 5; i++) {
        if (i != 3) {
            release(&blocks[i]);
        }
    }
}
