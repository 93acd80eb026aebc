// The holes of the linked list, one by one.
#include "mm/linked_list.h"

#include "test/test.h"

enum { SIZE = 1024 };
static _Alignas(16) uint8_t memory[SIZE];

static struct linked_list_allocator list;

static uint8_t *allocate(size_t size, size_t alignment)
{
    return list.base.allocate(&list.base, size, alignment);
}

static void release(uint8_t *block, size_t size)
{
    list.base.release(&list.base, block, size, 16);
}

TEST(linked_list_splits_the_first_hole_that_fits)
{
    linked_list_init(&list, memory, SIZE);
    CHECK(allocate(30, 16) == memory);
    CHECK(allocate(0, 1) == memory + 32);
    CHECK(allocate(64, 16) == memory + 48);
    release(memory, 30);
    CHECK(allocate(48, 16) == memory + 112);
    CHECK(allocate(17, 16) == memory);
    CHECK_EQUAL(linked_list_summary(&list).bytes, SIZE - 160);
}

TEST(linked_list_merges_on_both_sides)
{
    linked_list_init(&list, memory, SIZE);
    uint8_t *a = allocate(32, 16);
    uint8_t *b = allocate(32, 16);
    uint8_t *c = allocate(32, 16);
    uint8_t *d = allocate(SIZE - 96, 16);
    CHECK(list.head.next == NULL);
    CHECK_EQUAL(linked_list_summary(&list).largest, 0);
    release(c, 32);
    release(a, 32);
    CHECK_EQUAL(linked_list_summary(&list).count, 2);
    CHECK_EQUAL(linked_list_summary(&list).largest, 32);
    release(b, 32);
    CHECK_EQUAL(linked_list_summary(&list).count, 1);
    CHECK_EQUAL(linked_list_summary(&list).bytes, 96);
    release(d, SIZE - 96);
    CHECK_EQUAL(linked_list_summary(&list).largest, SIZE);
}

TEST(linked_list_keeps_what_alignment_leaves)
{
    // The list begins 16 bytes behind a multiple of 256.
    static _Alignas(256) uint8_t aligned[SIZE];
    linked_list_init(&list, aligned + 16, SIZE - 16);
    uint8_t *block = allocate(64, 256);
    CHECK(block == aligned + 256);
    CHECK_EQUAL(linked_list_summary(&list).count, 2);
    CHECK_EQUAL(linked_list_summary(&list).bytes, SIZE - 16 - 64);
    CHECK(allocate(240, 16) == aligned + 16);
}

TEST(linked_list_leaves_odd_ends_alone)
{
    linked_list_init(&list, memory + 1, 62);
    CHECK(list.head.next == (struct hole *)(memory + 16));
    CHECK_EQUAL(linked_list_summary(&list).bytes, 32);
    linked_list_init(&list, memory + 1, 30);
    CHECK(list.head.next == NULL);
    CHECK(allocate(1, 1) == NULL);
}
