// What the heap with headers promises, with each of its allocators.
#include "mm/header_heap.h"

#include "containers/vector.h"
#include "mm/heap.h"
#include "mm/kmalloc.h"
#include "test/probe.h"
#include "test/test.h"

TEST(the_heap_has_its_memory_and_no_more)
{
    CHECK(!probe_read(HEAP_START).faulted);
    CHECK(!probe_read(HEAP_START + HEADER_HEAP_SIZE - 1).faulted);
    CHECK(probe_read(HEAP_START + HEADER_HEAP_SIZE).faulted);
    CHECK(probe_call(HEAP_START).faulted);
}

TEST(a_block_knows_its_size)
{
    char *block = kmalloc_aligned(77, 512);
    CHECK(block != NULL);
    CHECK_EQUAL(heap_block_size(block), 77);
    kfree(block);
}

TEST(many_blocks_can_go_in_any_order)
{
    static void *blocks[1000];
    size_t before = heap_count();
    for (size_t i = 0; i < 1000; i++) {
        blocks[i] = kmalloc(i);
        CHECK(blocks[i] != NULL);
    }
    CHECK_EQUAL(heap_count(), before + 1000);
    // 7 and 1000 have no common divisor: each comes once.
    for (size_t i = 0; i < 1000; i++) {
        kfree(blocks[i * 7 % 1000]);
    }
    CHECK_EQUAL(heap_count(), before);
}

// Twice: all that was used up can be had again.
TEST(all_memory_can_be_had_and_comes_back)
{
    size_t counts[2];
    for (size_t round = 0; round < 2; round++) {
        struct vector blocks = VECTOR_OF(void *);
        void *block;
        do {
            block = kmalloc(40000);
        } while (block != NULL && vector_push(&blocks, &block));
        kfree(block);
        counts[round] = blocks.count;
        while (vector_pop(&blocks, &block)) {
            kfree(block);
        }
        vector_release(&blocks);
    }
    CHECK(counts[0] > 390);
    CHECK_EQUAL(counts[1], counts[0]);
}
