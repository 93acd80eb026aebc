// What the heap of pages promises, tried out in the kernel.
#include "mm/heap.h"

#include "containers/vector.h"
#include "mm/frame.h"
#include "mm/kmalloc.h"
#include "test/probe.h"
#include "test/test.h"

TEST(an_overrun_faults_at_once)
{
    char *block = kmalloc(32);
    CHECK(block != NULL);
    uintptr_t address = (uintptr_t)block;
    CHECK(!probe_write(address + 31, 0).faulted);
    CHECK_EQUAL(probe_write(address + 32, 0).error_code, PROBE_WRITE);
    CHECK(probe_read(address + 32).faulted);
    kfree(block);
}

TEST(a_freed_block_faults_and_stays_away)
{
    char *block = kmalloc(5000);
    CHECK(block != NULL);
    uintptr_t address = (uintptr_t)block;
    kfree(block);
    CHECK(probe_read(address).faulted);
    CHECK(probe_read(address + 4999).faulted);
    char *next = kmalloc(5000);
    CHECK((uintptr_t)next != address);
    kfree(next);
}

TEST(many_boxes)
{
    size_t frames = 0;
    for (size_t i = 0; i < 102400; i++) {
        size_t *box = kmalloc(sizeof(*box));
        if (box == NULL) {
            CHECK(box != NULL);
            return;
        }
        *box = i;
        kfree(box);
        // From the second round on page tables cost no more frames.
        if (i == 20000) {
            frames = frame_free_count();
        }
    }
    CHECK_EQUAL(frame_free_count(), frames);
}

TEST(many_boxes_long_lived)
{
    size_t *long_lived = kmalloc(sizeof(*long_lived));
    if (long_lived == NULL) {
        CHECK(long_lived != NULL);
        return;
    }
    *long_lived = 1;
    for (size_t i = 0; i < 20000; i++) {
        size_t *box = kmalloc(sizeof(*box));
        if (box == NULL) {
            CHECK(box != NULL);
            break;
        }
        kfree(box);
    }
    CHECK_EQUAL(*long_lived, 1);
    kfree(long_lived);
}

TEST(a_large_vector)
{
    struct vector numbers = VECTOR_OF(uint64_t);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        CHECK(vector_push(&numbers, &i));
    }
    for (size_t i = 0; i < 1000; i++) {
        sum += *(uint64_t *)vector_at(&numbers, i);
    }
    CHECK_EQUAL(sum, 999 * 1000 / 2);
    vector_release(&numbers);
}

TEST(what_fails_takes_nothing)
{
    // One page more than there are frames.
    size_t frames = frame_free_count();
    void *block = kmalloc((frames + 1) * PAGE_SIZE);
    CHECK(block == NULL);
    kfree(block);
    CHECK(frames - frame_free_count() < 64); // page tables
}

TEST(all_memory_can_be_had_and_comes_back)
{
    struct vector blocks = VECTOR_OF(void *);
    size_t before = heap_count();
    size_t frames = frame_free_count();
    void *block;
    do {
        block = kmalloc(40000);
    } while (block != NULL && vector_push(&blocks, &block));
    kfree(block);
    CHECK(blocks.count > 100);

    while (vector_pop(&blocks, &block)) {
        kfree(block);
    }
    vector_release(&blocks);
    CHECK_EQUAL(heap_count(), before);
    CHECK(frames - frame_free_count() < 64); // page tables
}
