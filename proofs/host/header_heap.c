// The heap with headers over each of its allocators, against a model,
// over generated traffic; and what it says of its misuse.
// needs: src/mm/header_heap.c src/mm/pages.h src/mm/fixed_block.h
#include "mm/header_heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host.h"
#include "kernel/console.h"
#include "lib/format.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/linked_list.h"
#include "test/test.h"

// --- The heap, at addresses that a program can have -------------------

#undef HEAP_START
#define HEAP_START UINT64_C(0x210000000000)
#include "mm/header_heap.c"

// --- Memory -----------------------------------------------------------

static struct header_heap *heap;
static size_t frames_left;

static size_t mapped(void)
{
    return heap->end - heap->start;
}

// The memory is there from the beginning, but not to be touched.
bool pages_add(uintptr_t first, size_t count)
{
    CHECK_EQUAL(first, heap->end);
    CHECK(count > 0);
    CHECK(count * PAGE_SIZE <= HEADER_HEAP_SIZE - mapped());
    if (count > frames_left) {
        return false;
    }
    frames_left -= count;
    CHECK_EQUAL(mprotect((void *)first, count * PAGE_SIZE,
                         PROT_READ | PROT_WRITE),
                0);
    return true;
}

// --- The allocators ---------------------------------------------------

static struct bump_allocator bump;
static struct linked_list_allocator list;
static struct fixed_block_allocator fixed;

enum kind { BUMP, LIST, BLOCK, KINDS };
static enum kind kind;
static enum kind each; // static: it must outlive a panic

static struct header_heap heaps[KINDS];

static void make_heaps(void)
{
    bump = (struct bump_allocator)BUMP_INIT;
    list = (struct linked_list_allocator)LINKED_LIST_INIT;
    fixed = (struct fixed_block_allocator)FIXED_BLOCK_INIT;
    heaps[BUMP] = (struct header_heap)HEADER_HEAP(1, &bump.base);
    heaps[LIST] = (struct header_heap)HEADER_HEAP(2, &list.base);
    heaps[BLOCK] = (struct header_heap)HEADER_HEAP(3, &fixed.base);
}

static void *heap_allocate(size_t size, size_t alignment,
                           const void *site)
{
    return heap->base.allocate(&heap->base, size, alignment, site);
}

static void heap_free(void *block, const void *site)
{
    heap->base.release(&heap->base, block, site);
}

static size_t heap_block_size(const void *block)
{
    return heap->base.block_size(&heap->base, block);
}

// Who frees.
static const void *const freer = (const void *)0x123450;

// All of it is there again.
static bool is_whole(void)
{
    struct hole_summary holes;
    switch (kind) {
    case BUMP:
        return bump_free_bytes(&bump) == mapped();
    case LIST:
        holes = linked_list_summary(&list);
        break;
    default:
        fixed_block_trim(&fixed);
        holes = linked_list_summary(&fixed.fallback);
        break;
    }
    return holes.count == (mapped() > 0) && holes.bytes == mapped();
}

// --- What is printed --------------------------------------------------

static char printed[1 << 14];
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
    heap->base.explain(&heap->base, (uintptr_t)address);
    return printed;
}

// --- The model --------------------------------------------------------

enum { MOST = 120 };

struct block {
    uint8_t *at;
    size_t size;
    uint8_t seed;
    const void *site;
};

static struct block live[MOST];
static size_t live_count;

// A heap of this kind that has no memory yet.
static void begin(enum kind new_kind)
{
    make_heaps();
    kind = new_kind;
    heap = &heaps[kind];
    static bool reserved[KINDS];
    void *memory = (void *)heap->start;
    if (!reserved[kind]) {
        // Without MAP_FIXED: what may be there stays.
        if (mmap(memory, HEADER_HEAP_SIZE, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != memory) {
            perror("addresses for the heap");
            exit(EXIT_FAILURE);
        }
        reserved[kind] = true;
    }
    // All zeros again, and out of reach.
    CHECK_EQUAL(madvise(memory, HEADER_HEAP_SIZE, MADV_DONTNEED), 0);
    CHECK_EQUAL(mprotect(memory, HEADER_HEAP_SIZE, PROT_NONE), 0);
    live_count = 0;
    frames_left = HEADER_HEAP_SIZE / PAGE_SIZE;
}

static uint8_t wanted(const struct block *block, size_t index)
{
    return (uint8_t)(block->seed + index * 31);
}

static void check(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->at[i] != wanted(block, i)) {
            CHECK_EQUAL(block->at[i], wanted(block, i));
            return;
        }
    }
    CHECK_EQUAL(heap_block_size(block->at), block->size);
}

static bool add(size_t size, size_t alignment)
{
    struct block block = {
        .size = size,
        .seed = (uint8_t)host_random(),
        .site = (const void *)(uintptr_t)(0x100000 + host_random() % 4096),
    };
    block.at = heap_allocate(size, alignment, block.site);
    if (block.at == NULL) {
        CHECK_EQUAL(heap->base.count, live_count);
        return false;
    }
    size_t least = alignment > HEAP_ALIGNMENT ? alignment : HEAP_ALIGNMENT;
    CHECK_EQUAL((uintptr_t)block.at % least, 0);
    CHECK((uintptr_t)block.at >= heap->start);
    CHECK((uintptr_t)block.at + size <= heap->end);
    for (size_t i = 0; i < live_count; i++) {
        CHECK(block.at + size <= live[i].at ||
              live[i].at + live[i].size <= block.at);
    }
    for (size_t i = 0; i < size; i++) {
        block.at[i] = wanted(&block, i);
    }
    live[live_count] = block;
    live_count++;
    return true;
}

static void take_out(size_t number)
{
    struct block block = live[number];
    check(&block);
    live_count--;
    live[number] = live[live_count];
    heap_free(block.at, freer);
    CHECK_EQUAL(heap->base.count, live_count);
}

static void take_out_all(void)
{
    while (live_count > 0) {
        take_out(host_random_below((unsigned)live_count));
    }
    CHECK(is_whole());
}

static size_t any_size(void)
{
    switch (host_random_below(4)) {
    case 0:
        return host_random_below(9000);
    case 1:
        return ((size_t)1 << host_random_below(13)) - host_random_below(2);
    default:
        return host_random_below(300);
    }
}

// --- Tests ------------------------------------------------------------

TEST(header_heap_over_generated_traffic)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        for (unsigned step = 0; step < 8000; step++) {
            unsigned adds = step / 150 % 2 == 0 ? 6 : 2;
            if (live_count < MOST &&
                (live_count == 0 || host_random_below(8) < adds)) {
                size_t alignment = host_random_below(2) == 0
                                       ? 16
                                       : (size_t)16 << host_random_below(9);
                bool added = add(any_size(), alignment);
                CHECK(added || each == BUMP);
            } else {
                take_out(host_random_below((unsigned)live_count));
            }
            if (step % 64 == 0) {
                for (size_t i = 0; i < live_count; i++) {
                    check(&live[i]);
                }
            }
        }
        take_out_all();
    }
}

TEST(header_heap_without_memory)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        static const size_t sizes[] = {
            SIZE_MAX,         SIZE_MAX - 4200, SIZE_MAX / 2 + 1,
            UINT32_MAX,       (size_t)UINT32_MAX + 1,
            (size_t)UINT32_MAX + 100, HEADER_HEAP_SIZE + 1,
            HEADER_HEAP_SIZE, HEADER_HEAP_SIZE - 15};
        for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
            for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                CHECK(!add(sizes[i], alignment));
            }
        }
        CHECK_EQUAL(mapped(), 0);
        while (live_count < MOST && add(200000, 16)) {
        }
        CHECK(live_count > 80);
        CHECK(live_count < MOST);
        size_t count = live_count;
        size_t before = mapped();
        take_out(count / 2);
        CHECK_EQUAL(add(200000, 16), each != BUMP);
        CHECK_EQUAL(mapped(), before);
        take_out_all();
    }
}

// It takes memory as it needs it, and no more than some pages ahead.
TEST(header_heap_grows)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        CHECK_EQUAL(mapped(), 0);
        size_t asked = 0;
        for (size_t i = 0; i < MOST; i++) {
            size_t size = i % 10 == 9 ? 100000 : i * 16;
            CHECK(add(size, i % 3 == 2 ? 4096 : 16));
            asked += size + (i % 3 == 2 ? 8192 : 32);
            CHECK(mapped() < 2 * asked + GROWTH + 2 * PAGE_SIZE);
        }
        size_t before = mapped();
        CHECK_EQUAL(frames_left, (HEADER_HEAP_SIZE - before) / PAGE_SIZE);
        take_out_all();
        for (size_t i = 0; i < MOST; i++) {
            CHECK(add(i * 16, 16));
        }
        CHECK_EQUAL(mapped(), before);
        take_out_all();
    }
}

// Without the frames for all of it, nothing is taken.
TEST(header_heap_without_frames)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        for (frames_left = 0; frames_left < 16; frames_left++) {
            CHECK(!add(100, 16));
            CHECK_EQUAL(mapped(), 0);
        }
        CHECK(add(100, 16));
        CHECK_EQUAL(frames_left, 0);
        frames_left = 24;
        CHECK(!add(100000, 16)); // 25 pages
        CHECK_EQUAL(frames_left, 24);
        frames_left = 25;
        CHECK(add(100000, 16));
        take_out_all();
    }
}

// --- Misuse -----------------------------------------------------------

// The message of the last panic, without its place.
static const char *message(void)
{
    const char *text = strstr(host_panic_text(), ": ");
    return text == NULL ? "" : text + 2;
}

// Both ways to name a block panic, with these words; nothing changes.
static void check_refused(const void *at, const char *what)
{
    char text[200];
    size_t count = heap->base.count;
    EXPECT_PANIC(heap_free((void *)(uintptr_t)at, freer));
    snprintf(text, sizeof(text), "freeing %p, %s", at, what);
    CHECK_TEXT(message(), text);
    EXPECT_PANIC(heap_block_size(at));
    snprintf(text, sizeof(text), "looking for %p, %s", at, what);
    CHECK_TEXT(message(), text);
    CHECK_EQUAL(heap->base.count, count);
}

#define NO_BLOCK "where no block begins, or was written before it"

// As long as its memory is no other block's: a hole's own notes hide
// who freed it, not that it is free.
TEST(header_heap_tells_of_what_was_freed)
{
    for (each = BUMP; each < KINDS; each++) {
        static const size_t sizes[] = {0, 1, 16, 100, 2000, 9000};
        begin(each);
        CHECK(add(10, 16)); // so that bump does not start again
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            char text[200];
            size_t alignment = (size_t)16 << i;
            CHECK(add(sizes[i], alignment));
            CHECK(add(50, 16));
            void *at = live[1].at;
            take_out(1);
            snprintf(text, sizeof(text), "freed by %p", freer);
            bool hidden = each == LIST && alignment == 16;
            check_refused(at, hidden ? NO_BLOCK : text);
            // Also when its neighbour has been freed, and merged.
            take_out(1);
            check_refused(at, hidden ? NO_BLOCK : text);
        }
        take_out_all();
    }
}

TEST(header_heap_tells_of_what_is_no_block)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        for (size_t i = 0; i < 6; i++) {
            CHECK(add(i * 40, (size_t)16 << i));
        }
        for (size_t i = 0; i < 6; i++) {
            for (size_t k = 1; k < live[i].size; k++) {
                check_refused(live[i].at + k, NO_BLOCK);
            }
        }
        check_refused(NULL, "which is not in the heap");
        check_refused((void *)(heap->start - 1), "which is not in the heap");
        check_refused((void *)(heap->end + 17),
                      "which is not in the heap");
        check_refused((void *)heap->start, "which is not in the heap");
                check_refused((void *)(heap->start + 17), NO_BLOCK);
        check_refused((void *)UINTPTR_MAX, "which is not in the heap");
        check_refused(&live, "which is not in the heap");
        take_out_all();
    }
}

// Every bit of the header.
TEST(header_heap_tells_of_what_is_written_before_a_block)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        for (size_t i = 0; i < 3; i++) {
            CHECK(add(40, 16));
        }
        for (size_t i = 0; i < 3; i++) {
            struct header *header = (struct header *)live[i].at - 1;
            struct header before = *header;
            for (size_t bit = 0; bit < 8 * sizeof(*header); bit++) {
                uint8_t *byte = (uint8_t *)header + bit / 8;
                *byte = (uint8_t)(*byte ^ 1 << bit % 8);
                check_refused(live[i].at, NO_BLOCK);
                *header = before;
            }
            for (unsigned value = 0; value < 256; value++) {
                for (size_t n = 1; n <= sizeof(*header); n++) {
                    memset(live[i].at - n, (int)value, n);
                    if (memcmp(header, &before, sizeof(before)) != 0) {
                        check_refused(live[i].at, NO_BLOCK);
                    }
                    *header = before;
                }
            }
            // Another block's header, byte for byte.
            *header = *((struct header *)live[(i + 1) % 3].at - 1);
            check_refused(live[i].at, NO_BLOCK);
            *header = before;
        }
        take_out_all();
    }
}

// --- What it tells ----------------------------------------------------

TEST(header_heap_explains_addresses)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        CHECK_TEXT(explained((void *)heap->start),
                   "heap: no block is there now\n");
        CHECK(add(1, 16));
        take_out_all();
        CHECK_TEXT(explained((void *)heap->start),
                   "heap: no block is there now\n");
        for (size_t i = 0; i < 20; i++) {
            CHECK(add(10 + i * 30, 16));
        }
        for (size_t i = 0; i < 20; i++) {
            char text[200];
            int length = snprintf(
                text, sizeof(text),
                "heap: %zu bytes at 0x%016lx, allocated by 0x%016lx\n",
                live[i].size, (unsigned long)live[i].at,
                (unsigned long)live[i].site);
            CHECK_TEXT(explained(live[i].at), text);
            CHECK_TEXT(explained(live[i].at + live[i].size - 1), text);
            snprintf(text + length, sizeof(text) - (size_t)length,
                     "heap: they end 0 bytes before\n");
            CHECK_TEXT(explained(live[i].at + live[i].size), text);
        }
        CHECK_TEXT(explained((void *)(heap->start - 1)), "");
        // An overrun of the last block ends there.
        CHECK(strstr(explained((void *)heap->end),
                     "heap: they end ") != NULL);
        CHECK_TEXT(explained((void *)(heap->end + PAGE_SIZE)), "");
        take_out_all();
    }
}

static int by_address(const void *one, const void *other)
{
    const uint8_t *at = ((const struct block *)one)->at;
    const uint8_t *other_at = ((const struct block *)other)->at;
    return (at > other_at) - (at < other_at);
}

static const char *listed(void)
{
    printed_length = 0;
    memset(printed, 0, sizeof(printed));
    heap->base.print(&heap->base);
    return printed;
}

// In the order of their addresses, whatever is in them; also when one of
// the headers was destroyed.
TEST(header_heap_lists_its_blocks)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        for (size_t i = 0; i < 30; i++) {
            CHECK(add(any_size(), 64));
        }
        while (live_count > 20) {
            take_out(host_random_below((unsigned)live_count));
        }
        qsort(live, live_count, sizeof(live[0]), by_address);
        for (size_t destroyed = 0; destroyed < 2; destroyed++) {
            static char text[4000];
            size_t length = 0;
            for (size_t i = destroyed; i < live_count; i++) {
                length += (size_t)snprintf(
                    text + length, sizeof(text) - length,
                    "    %zu bytes at 0x%016lx, allocated by 0x%016lx\n",
                    live[i].size, (unsigned long)live[i].at,
                    (unsigned long)live[i].site);
            }
            CHECK_TEXT(listed(), text);
            live[0].at[-1] = (uint8_t)(live[0].at[-1] ^ 1); // and back
        }
        take_out_all();
        CHECK_TEXT(listed(), "");
    }
}
