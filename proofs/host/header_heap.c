// The heap with headers over each of its allocators, against a model,
// over generated traffic; and what it says of its misuse.
// needs: src/mm/header_heap.c src/mm/heap.h src/mm/fixed_block.h
#include "mm/heap.h"

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
#include "mm/frame.h"
#include "mm/linked_list.h"
#include "mm/paging.h"
#include "test/test.h"

// --- The heap, at addresses that a program can have -------------------

#undef HEAP_START
#define HEAP_START UINT64_C(0x210000000000)

static bool model_frame(phys_addr_t *frame);
static enum map_result model_map(phys_addr_t root, uintptr_t address,
                                 phys_addr_t target, enum page_size size,
                                 pte_t flags);

// The host's heap has these names already.
void header_heap_init(void);
void *header_heap_allocate(size_t size, size_t alignment,
                           const void *site);
void header_heap_free(void *block, const void *site);
size_t header_heap_block_size(const void *block);
void header_heap_explain(uintptr_t address);
size_t header_heap_count(void);
void header_heap_print(void);

#define heap_init       header_heap_init
#define heap_allocate   header_heap_allocate
#define heap_free       header_heap_free
#define heap_block_size header_heap_block_size
#define heap_explain    header_heap_explain
#define heap_count      header_heap_count
#define heap_print      header_heap_print
#define frame_allocate  model_frame
#define paging_map      model_map
#include "mm/header_heap.c"
#undef frame_allocate
#undef paging_map

// --- Memory -----------------------------------------------------------

static size_t frames_left;
static bool map_fails;
static uintptr_t mapped_to; // the page behind the last one

static bool model_frame(phys_addr_t *frame)
{
    *frame = (phys_addr_t){frames_left * PAGE_SIZE};
    frames_left -= frames_left > 0;
    return frame->value != 0;
}

static enum map_result model_map(phys_addr_t root, uintptr_t address,
                                 phys_addr_t target, enum page_size size,
                                 pte_t flags)
{
    (void)root;
    CHECK_EQUAL(target.value % PAGE_SIZE, 0);
    CHECK_EQUAL(size, PAGE_4_KIB);
    CHECK_EQUAL(flags, PTE_WRITABLE | PTE_NO_EXECUTE);
    CHECK_EQUAL(address, mapped_to);
    mapped_to += PAGE_SIZE;
    return map_fails ? MAP_NO_FRAME : MAP_OK;
}

// --- The allocators ---------------------------------------------------

static struct bump_allocator bump;
static struct linked_list_allocator list;
static struct fixed_block_allocator fixed;

enum kind { BUMP, LIST, BLOCK, KINDS };
static enum kind kind;
static enum kind each; // static: it must outlive a panic

struct allocator *heap_allocator(void *memory, size_t size)
{
    CHECK_EQUAL((uintptr_t)memory, HEAP_START);
    CHECK_EQUAL(size, HEADER_HEAP_SIZE);
    switch (kind) {
    case BUMP:
        bump_init(&bump, memory, size);
        return &bump.base;
    case LIST:
        linked_list_init(&list, memory, size);
        return &list.base;
    default:
        fixed_block_init(&fixed, memory, size);
        return &fixed.base;
    }
}

// All of it is there again.
static bool is_whole(void)
{
    struct hole_summary holes;
    switch (kind) {
    case BUMP:
        return bump_free_bytes(&bump) == HEADER_HEAP_SIZE;
    case LIST:
        holes = linked_list_summary(&list);
        break;
    default:
        fixed_block_trim(&fixed);
        holes = linked_list_summary(&fixed.fallback);
        break;
    }
    return holes.count == 1 && holes.bytes == HEADER_HEAP_SIZE;
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
    heap_explain((uintptr_t)address);
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

// A heap of this kind that nobody has used.
static void begin(enum kind new_kind)
{
    static void *memory;
    if (memory == NULL) {
        // Without MAP_FIXED: nobody loses what may be there.
        memory = mmap((void *)HEAP_START, HEADER_HEAP_SIZE,
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
        if (memory != (void *)HEAP_START) {
            perror("addresses for the heap");
            exit(EXIT_FAILURE);
        }
    }
    // All zeros again.
    CHECK_EQUAL(madvise(memory, HEADER_HEAP_SIZE, MADV_DONTNEED), 0);
    kind = new_kind;
    allocator = NULL;
    first = NULL;
    block_count = 0;
    live_count = 0;
    frames_left = HEADER_HEAP_SIZE / PAGE_SIZE;
    map_fails = false;
    mapped_to = HEAP_START;
    heap_init();
    CHECK_EQUAL(frames_left, 0);
    CHECK_EQUAL(mapped_to, HEAP_START + HEADER_HEAP_SIZE);
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
        CHECK_EQUAL(heap_count(), live_count);
        return false;
    }
    size_t least = alignment > HEAP_ALIGNMENT ? alignment : HEAP_ALIGNMENT;
    CHECK_EQUAL((uintptr_t)block.at % least, 0);
    CHECK((uintptr_t)block.at >= HEAP_START);
    CHECK((uintptr_t)block.at + size <= HEAP_START + HEADER_HEAP_SIZE);
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
    heap_free(block.at, &live);
    CHECK_EQUAL(heap_count(), live_count);
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
                                       ? 1
                                       : (size_t)1 << host_random_below(13);
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
            HEADER_HEAP_SIZE, HEADER_HEAP_SIZE - 31};
        for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                CHECK(!add(sizes[i], alignment));
            }
        }
        CHECK(add(HEADER_HEAP_SIZE - 32, 16));
        CHECK(!add(0, 1));
        take_out_all();
        while (live_count < MOST && add(200000, 16)) {
        }
        CHECK(live_count > 80);
        CHECK(live_count < MOST);
        size_t count = live_count;
        take_out(count / 2);
        CHECK_EQUAL(add(200000, 16), each != BUMP);
        take_out_all();
        EXPECT_PANIC(heap_allocate(1, 0, &live));
        EXPECT_PANIC(heap_allocate(1, 48, &live));
        EXPECT_PANIC(heap_allocate(1, 8192, &live));
        CHECK(is_whole());
    }
}

// Where it may lie: the heap has no byte there, but the header has.
TEST(header_heap_has_blocks_of_no_bytes_at_its_end)
{
    for (each = BUMP; each < KINDS; each++) {
        begin(each);
        CHECK(add(each == BUMP ? 0 : HEADER_HEAP_SIZE - 64, 16));
        CHECK(add(0, 16));
        const uint8_t *end = (uint8_t *)(HEAP_START + HEADER_HEAP_SIZE);
        CHECK(live[0].at == end || live[1].at == end);
        take_out_all();
    }
}

// With too few frames, or no table to map them.
TEST(header_heap_that_cannot_begin)
{
    begin(BLOCK);
    for (size_t frames = 0; frames < HEADER_HEAP_SIZE / PAGE_SIZE;
         frames += 1 + frames / 2) {
        allocator = NULL;
        frames_left = frames;
        mapped_to = HEAP_START;
        EXPECT_PANIC(heap_init());
        CHECK(strstr(host_panic_text(), "no memory for the heap") != NULL);
        CHECK_TEXT(explained((void *)HEAP_START), "");
    }
    frames_left = 10;
    map_fails = true;
    mapped_to = HEAP_START;
    EXPECT_PANIC(heap_init());
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
    size_t count = heap_count();
    EXPECT_PANIC(heap_free((void *)(uintptr_t)at, &live));
    snprintf(text, sizeof(text), "freeing %p, %s", at, what);
    CHECK_TEXT(message(), text);
    EXPECT_PANIC(heap_block_size(at));
    snprintf(text, sizeof(text), "looking for %p, %s", at, what);
    CHECK_TEXT(message(), text);
    CHECK_EQUAL(heap_count(), count);
}

#define NO_BLOCK "where no block begins, or was written before it"

TEST(header_heap_tells_of_what_was_freed)
{
    for (each = BUMP; each < KINDS; each++) {
        static const size_t sizes[] = {0, 1, 16, 100, 2000, 9000};
        begin(each);
        CHECK(add(10, 16)); // so that bump does not begin anew
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            char text[200];
            size_t alignment = (size_t)16 << i;
            CHECK(add(sizes[i], alignment));
            CHECK(add(50, 16));
            void *at = live[1].at;
            take_out(1);
            snprintf(text, sizeof(text), "freed by %p: %zu bytes",
                     (void *)&live, sizes[i]);
            check_refused(at, text);
            // Also when its neighbour has been freed, and merged.
            take_out(1);
            check_refused(at, text);
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
        check_refused((void *)(HEAP_START - 1), "which is not in the heap");
        check_refused((void *)(HEAP_START + HEADER_HEAP_SIZE + 1),
                      "which is not in the heap");
        check_refused((void *)HEAP_START, "which is not in the heap");
        check_refused((void *)(HEAP_START + 1), NO_BLOCK);
        check_refused((void *)(HEAP_START + 16), NO_BLOCK);
        check_refused((void *)UINTPTR_MAX, "which is not in the heap");
        check_refused(&live, "which is not in the heap");
        take_out_all();
    }
}

// Every byte of the header but those that only tell, as far as it is
// noticed: the links and the mark.
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
            header->mark = 0;
            check_refused(live[i].at, NO_BLOCK);
            *header = before;
            live[i].at[-1] = (uint8_t)(live[i].at[-1] + 1);
            check_refused(live[i].at, NO_BLOCK);
            *header = before;
            for (size_t k = 0; k < 2 * sizeof(void *); k++) {
                uint8_t *byte = (uint8_t *)header + k;
                uint8_t was = *byte;
                *byte = (uint8_t)(was ^ 0x90);
                check_refused(live[i].at, NO_BLOCK);
                *byte = was;
            }
            // Somebody else's header, byte for byte.
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
        CHECK_TEXT(explained((void *)HEAP_START),
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
        CHECK_TEXT(explained((void *)(HEAP_START - 1)), "");
        // An overrun of the last block ends there.
        CHECK(strstr(explained((void *)(HEAP_START + HEADER_HEAP_SIZE)),
                     "heap: they end ") != NULL);
        CHECK_TEXT(explained((void *)(HEAP_START + HEADER_HEAP_SIZE +
                                      PAGE_SIZE)),
                   "");
        take_out_all();
    }
}

TEST(header_heap_lists_its_blocks)
{
    for (each = BUMP; each < KINDS; each++) {
        static char text[4000];
        size_t length = 0;
        text[0] = '\0';
        begin(each);
        for (size_t i = 0; i < 20; i++) {
            CHECK(add(any_size(), 64));
        }
        take_out(19);
        take_out(0); // and 18 is there now
        for (size_t i = 19; i > 1; i--) {
            const struct block *block = &live[i == 19 ? 0 : i - 1];
            length += (size_t)snprintf(
                text + length, sizeof(text) - length,
                "    %zu bytes at 0x%016lx, allocated by 0x%016lx\n",
                block->size, (unsigned long)block->at,
                (unsigned long)block->site);
        }
        printed_length = 0;
        memset(printed, 0, sizeof(printed));
        heap_print();
        CHECK_TEXT(printed, text);
        take_out_all();
        printed_length = 0;
        heap_print();
        CHECK_EQUAL(printed_length, 0);
    }
}
