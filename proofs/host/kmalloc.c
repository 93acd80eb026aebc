// The kmalloc family against a model of it, over generated traffic, with
// every allocation failing in turn: then the result is NULL, and every
// block is as it was.
// needs: src/mm/kmalloc.h src/mm/heap.h
#include "mm/kmalloc.h"

#include <string.h>

#include "host.h"
#include "mm/heap.h"
#include "test/test.h"

// volatile: GCC warns of a size that it knows to be impossible.
static volatile size_t huge = SIZE_MAX;

enum { MOST = 60, LARGEST = 600 };

struct block {
    uint8_t *at;
    size_t size;
    uint8_t bytes[LARGEST]; // what must be in it
};

static struct block live[MOST];
static size_t live_count;

static void check(const struct block *block, size_t size)
{
    // The sanitizer makes a byte of none.
    CHECK_EQUAL(kernel_heap.block_size(&kernel_heap, block->at),
                block->size + !block->size);
    CHECK(memcmp(block->at, block->bytes, size) == 0);
}

static void check_all(void)
{
    for (size_t i = 0; i < live_count; i++) {
        check(&live[i], live[i].size);
    }
}

// All of it: the sanitizer sees to it that it is the block's.
static void fill(struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        block->bytes[i] = (uint8_t)host_random();
    }
    memcpy(block->at, block->bytes, block->size);
}

// One of the functions that give a block.  Two of them promise something
// of what is in it, which is then the block's.
static void *get(struct block *block, unsigned how, size_t alignment)
{
    switch (how) {
    case 0:
        return kmalloc(block->size);
    case 1: {
        memset(block->bytes, 0, LARGEST);
        size_t factor = block->size % 3 == 0 ? 3 : 1;
        return kcalloc(block->size / factor, factor);
    }
    case 2:
        return kmalloc_aligned(block->size, alignment);
    default:
        return krealloc(NULL, block->size);
    }
}

static void add(void)
{
    struct block *block = &live[live_count];
    unsigned how = host_random_below(4);
    size_t alignment = (size_t)1 << host_random_below(13);
    size_t count = heap_count();
    block->size = host_random_below(LARGEST + 1);
    host_heap_failing = 1;
    CHECK(get(block, how, alignment) == NULL);
    CHECK_EQUAL(host_heap_failing, 0);
    CHECK_EQUAL(heap_count(), count);
    // One allocation, not more: the second one would fail.
    host_heap_failing = 2;
    block->at = get(block, how, alignment);
    CHECK_EQUAL(host_heap_failing, 1);
    host_heap_failing = 0;
    CHECK(block->at != NULL);
    CHECK_EQUAL(heap_count(), count + 1);
    size_t wanted = how == 2 && alignment > 16 ? alignment : 16;
    CHECK_EQUAL((uintptr_t)block->at % wanted, 0);
    if (how == 1) {
        check(block, block->size);
    }
    fill(block);
    live_count++;
}

static void resize(struct block *block)
{
    size_t size = host_random_below(LARGEST + 1);
    size_t kept = size < block->size ? size : block->size;
    size_t count = heap_count();
    host_heap_failing = 1;
    uint8_t *at = krealloc(block->at, size);
    if (host_heap_failing == 0) {
        CHECK(at == NULL);
        check_all();
        CHECK_EQUAL(heap_count(), count);
        host_heap_failing = 2;
        at = krealloc(block->at, size);
    }
    host_heap_failing = 0;
    CHECK(at != NULL);
    CHECK(krealloc(at, huge) == NULL);
    block->at = at;
    block->size = size;
    check(block, kept);
    CHECK_EQUAL((uintptr_t)at % 16, 0);
    CHECK_EQUAL(heap_count(), count);
    fill(block);
}

static void take_out(size_t number)
{
    check(&live[number], live[number].size);
    kfree(live[number].at);
    live_count--;
    live[number] = live[live_count];
}

TEST(kmalloc_family_over_generated_traffic)
{
    size_t blocks = heap_count();
    live_count = 0;
    for (unsigned step = 0; step < 6000; step++) {
        unsigned adds = step / 200 % 2 == 0 ? 5 : 2;
        if (live_count > 0 && host_random_below(4) == 0) {
            resize(&live[host_random_below((unsigned)live_count)]);
        } else if (live_count == 0 ||
                   (host_random_below(8) < adds && live_count < MOST)) {
            add();
        } else {
            take_out(host_random_below((unsigned)live_count));
        }
        if (step % 16 == 0) {
            check_all();
        }
        CHECK_EQUAL(heap_count() - blocks, live_count);
    }
    while (live_count > 0) {
        take_out(0);
    }
    CHECK_EQUAL(heap_count(), blocks);
}

// The product of two numbers may come out small, or just too large.
TEST(kcalloc_refuses_products_that_do_not_fit)
{
    size_t blocks = heap_count();
    for (unsigned i = 0; i < 2000; i++) {
        size_t one = (size_t)host_random() >> host_random_below(64);
        size_t other = (size_t)host_random() >> host_random_below(64);
        if (i % 4 == 0) {
            other = one == 0 ? 0 : huge / one + i % 3;
        }
        unsigned __int128 product = (unsigned __int128)one * other;
        if (product <= HEAP_SIZE && product > LARGEST) {
            continue; // which memory may hold or not
        }
        uint8_t *block = kcalloc(one, other);
        CHECK_EQUAL(block != NULL, product <= LARGEST);
        for (size_t k = 0; block != NULL && k < (size_t)product; k++) {
            CHECK_EQUAL(block[k], 0);
        }
        kfree(block);
    }
    CHECK_EQUAL(heap_count(), blocks);
}

TEST(kmalloc_family_has_blocks_of_no_bytes)
{
    size_t blocks = heap_count();
    void *all[] = {kmalloc(0), kmalloc(0), kcalloc(0, huge),
                   kcalloc(huge, 0), kmalloc_aligned(0, 4096),
                   krealloc(NULL, 0)};
    enum { COUNT = sizeof(all) / sizeof(all[0]) };
    CHECK_EQUAL(heap_count() - blocks, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(all[i] != NULL);
        for (size_t k = 0; k < i; k++) {
            CHECK(all[k] != all[i]);
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        all[i] = krealloc(all[i], 10);
        CHECK(all[i] != NULL);
        all[i] = krealloc(all[i], 0);
        CHECK(all[i] != NULL);
        kfree(all[i]);
    }
    kfree(NULL);
    CHECK_EQUAL(heap_count(), blocks);
}

TEST(kmalloc_aligned_takes_powers_of_two_up_to_a_page)
{
    size_t blocks = heap_count();
    static size_t alignment; // a panic returns to here
    for (alignment = 0; alignment < 70; alignment++) {
        if ((alignment & (alignment - 1)) != 0 || alignment == 0) {
            EXPECT_PANIC(CHECK(kmalloc_aligned(1, alignment) == NULL));
        }
    }
    EXPECT_PANIC(CHECK(kmalloc_aligned(1, 8192) == NULL));
    EXPECT_PANIC(CHECK(kmalloc_aligned(1, 4095) == NULL));
    CHECK_EQUAL(heap_count(), blocks);
}
