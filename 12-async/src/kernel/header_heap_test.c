// What the heaps with headers promise, each of them, whatever kmalloc()
// stands on.
#include "mm/header_heap.h"

#include "mm/address.h"
#include "mm/frame.h"
#include "test/probe.h"
#include "test/test.h"

static struct heap *const heaps[] = {
    &bump_heap.base,
    &list_heap.base,
    &block_heap.base,
};
enum { HEAPS = sizeof(heaps) / sizeof(heaps[0]) };

static void *get_headed(struct heap *heap, size_t size,
                        size_t alignment)
{
    return heap->allocate(heap, size, alignment,
                          __builtin_return_address(0));
}

static void give_headed(struct heap *heap, void *block)
{
    heap->release(heap, block, __builtin_return_address(0));
}

TEST(a_block_knows_its_size)
{
    for (size_t i = 0; i < HEAPS; i++) {
        void *block = get_headed(heaps[i], 77, 512);
        CHECK(block != NULL);
        CHECK_EQUAL((uintptr_t)block % 512, 0);
        CHECK_EQUAL(heaps[i]->block_size(heaps[i], block), 77);
        give_headed(heaps[i], block);
    }
}

TEST(a_heap_has_its_memory_and_no_more)
{
    for (size_t i = 0; i < HEAPS; i++) {
        give_headed(heaps[i], get_headed(heaps[i], 1, 16));
        const struct header_heap *heap = (struct header_heap *)heaps[i];
        CHECK(!probe_read(heap->start).faulted);
        CHECK(!probe_read(heap->end - 1).faulted);
        CHECK(probe_read(heap->end).faulted);
        CHECK(probe_call(heap->start).faulted);
    }
}

TEST(many_blocks_can_go_in_any_order)
{
    static void *blocks[1000];
    for (size_t i = 0; i < HEAPS; i++) {
        size_t before = heaps[i]->count;
        for (size_t size = 0; size < 1000; size++) {
            blocks[size] = get_headed(heaps[i], size, 16);
            CHECK(blocks[size] != NULL);
        }
        CHECK_EQUAL(heaps[i]->count, before + 1000);
        // 7 and 1000 have no common divisor: each comes once.
        for (size_t k = 0; k < 1000; k++) {
            give_headed(heaps[i], blocks[k * 7 % 1000]);
        }
        CHECK_EQUAL(heaps[i]->count, before);
    }
}

// Each block holds the address of the one before.  In the second round
// nothing new is needed.
TEST(all_memory_can_be_had_and_comes_back)
{
    struct heap *heap = &list_heap.base;
    size_t counts[2];
    size_t frames[2];
    for (size_t round = 0; round < 2; round++) {
        void **last = NULL;
        counts[round] = 0;
        for (void **block = get_headed(heap, 40000, 16); block != NULL;
             block = get_headed(heap, 40000, 16)) {
            *block = last;
            last = block;
            counts[round]++;
        }
        while (last != NULL) {
            void **before = *last;
            give_headed(heap, last);
            last = before;
        }
        frames[round] = frame_free_count();
    }
    CHECK(counts[0] > 100);
    CHECK_EQUAL(counts[1], counts[0]);
    CHECK_EQUAL(frames[1], frames[0]);
}
