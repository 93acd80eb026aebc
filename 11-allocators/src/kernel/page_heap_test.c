// What the heap of pages promises, tried out in the kernel: also where
// kmalloc() stands on another heap.
#include "mm/heap.h"

#include "mm/address.h"
#include "mm/frame.h"
#include "test/probe.h"
#include "test/test.h"

static void *get_pages(size_t size)
{
    return page_heap.allocate(&page_heap, size, HEAP_ALIGNMENT,
                              __builtin_return_address(0));
}

static void give_pages(void *block)
{
    page_heap.release(&page_heap, block, __builtin_return_address(0));
}

TEST(an_overrun_faults_at_once)
{
    void *block = get_pages(32);
    CHECK(block != NULL);
    uintptr_t address = (uintptr_t)block;
    CHECK(!probe_write(address + 31, 0).faulted);
    CHECK_EQUAL(probe_write(address + 32, 0).error_code, PROBE_WRITE);
    CHECK(probe_read(address + 32).faulted);
    give_pages(block);
}

TEST(a_freed_block_faults_and_stays_away)
{
    void *block = get_pages(5000);
    CHECK(block != NULL);
    uintptr_t address = (uintptr_t)block;
    give_pages(block);
    CHECK(probe_read(address).faulted);
    CHECK(probe_read(address + 4999).faulted);
    void *next = get_pages(5000);
    CHECK((uintptr_t)next != address);
    give_pages(next);
}

// Three rounds through all addresses, and one block that stays.
TEST(many_boxes_go_around)
{
    size_t frames = 0;
    size_t *long_lived = get_pages(sizeof(*long_lived));
    CHECK(long_lived != NULL);
    *long_lived = 1;
    for (size_t i = 0; i < 50000; i++) {
        size_t *box = get_pages(sizeof(*box));
        if (box == NULL) {
            CHECK(box != NULL);
            return;
        }
        *box = i;
        give_pages(box);
        // From the second round on, no page table or record is new.
        if (i == 20000) {
            frames = frame_free_count();
        }
    }
    CHECK_EQUAL(frame_free_count(), frames);
    CHECK_EQUAL(*long_lived, 1);
    give_pages(long_lived);
}

TEST(what_fails_takes_nothing)
{
    size_t frames = frame_free_count();
    CHECK(get_pages((frames + 1) * PAGE_SIZE) == NULL);
    CHECK(frames - frame_free_count() < 400); // tables and records
    frames = frame_free_count();
    CHECK(get_pages((frames + 1) * PAGE_SIZE) == NULL);
    CHECK_EQUAL(frame_free_count(), frames);
}

// Each block holds the address of the one before.
TEST(all_pages_can_be_had_and_come_back)
{
    size_t count = 0;
    size_t blocks = page_heap.count;
    size_t frames = frame_free_count();
    void **last = NULL;
    for (void **block = get_pages(40000); block != NULL;
         block = get_pages(40000)) {
        *block = last;
        last = block;
        count++;
    }
    CHECK(count > 100);
    CHECK_EQUAL(page_heap.count, blocks + count);
    while (last != NULL) {
        void **before = *last;
        give_pages(last);
        last = before;
    }
    CHECK_EQUAL(page_heap.count, blocks);
    CHECK(frames - frame_free_count() < 400); // tables and records
}
