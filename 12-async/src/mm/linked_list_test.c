// The holes of the linked list, one by one.
#include "mm/linked_list.h"

#include "test/test.h"

enum { SIZE = 1024 };
static _Alignas(256) uint8_t list_memory[SIZE];

static struct linked_list_allocator list;

static uint8_t *get_piece(size_t size, size_t alignment)
{
    return linked_list_allocate(&list.base, size, alignment);
}

static void give_piece(uint8_t *block, size_t size)
{
    linked_list_release(&list.base, block, size, 16);
}

static void begin_list(uint8_t *start, size_t size)
{
    list = (struct linked_list_allocator)LINKED_LIST_INIT;
    linked_list_extend(&list.base, start, size);
}

TEST(linked_list_splits_the_first_hole_that_fits)
{
    begin_list(list_memory, SIZE);
    CHECK(get_piece(30, 16) == list_memory);
    CHECK(get_piece(0, 1) == list_memory + 32);
    CHECK(get_piece(64, 16) == list_memory + 48);
    give_piece(list_memory, 30);
    CHECK_EQUAL(linked_list_summary(&list).count, 2);
    CHECK(get_piece(48, 16) == list_memory + 112);
    CHECK(get_piece(17, 16) == list_memory);
    CHECK_EQUAL(linked_list_summary(&list).bytes, SIZE - 160);
}

TEST(linked_list_merges_on_both_sides)
{
    begin_list(list_memory, SIZE);
    uint8_t *a = get_piece(32, 16);
    uint8_t *b = get_piece(32, 16);
    uint8_t *c = get_piece(32, 16);
    uint8_t *d = get_piece(SIZE - 96, 16);
    CHECK_EQUAL(linked_list_summary(&list).count, 0);
    CHECK_EQUAL(linked_list_summary(&list).largest, 0);
    give_piece(c, 32);
    give_piece(a, 32);
    CHECK_EQUAL(linked_list_summary(&list).count, 2);
    CHECK_EQUAL(linked_list_summary(&list).largest, 32);
    give_piece(b, 32);
    CHECK_EQUAL(linked_list_summary(&list).count, 1);
    CHECK_EQUAL(linked_list_summary(&list).bytes, 96);
    give_piece(d, SIZE - 96);
    CHECK_EQUAL(linked_list_summary(&list).largest, SIZE);
}

TEST(linked_list_sorts_when_nothing_fits)
{
    begin_list(list_memory, SIZE);
    uint8_t *a = get_piece(SIZE / 2, 16);
    uint8_t *b = get_piece(SIZE / 2, 16);
    give_piece(b, SIZE / 2);
    give_piece(a, SIZE / 2);
    CHECK(list.holes.next == NULL);
    CHECK(get_piece(SIZE, 16) == list_memory);
}

TEST(linked_list_sorts_when_many_are_loose)
{
    begin_list(list_memory, SIZE);
    for (size_t i = 0; i < 1000; i++) {
        give_piece(get_piece(16, 16), 16);
        CHECK(list.loose_count < 40);
    }
}

TEST(linked_list_keeps_what_alignment_leaves)
{
    // The list begins 16 bytes after a multiple of 256.
    begin_list(list_memory + 16, SIZE - 16);
    uint8_t *block = get_piece(64, 256);
    CHECK(block == list_memory + 256);
    CHECK_EQUAL(linked_list_summary(&list).count, 2);
    CHECK_EQUAL(linked_list_summary(&list).bytes, SIZE - 16 - 64);
    CHECK(get_piece(240, 16) == list_memory + 16);
}

TEST(linked_list_leaves_odd_ends_alone)
{
    begin_list(list_memory + 1, 62);
    CHECK(list.loose == (struct hole *)(list_memory + 16));
    CHECK_EQUAL(linked_list_summary(&list).bytes, 32);
    begin_list(list_memory + 1, 30);
    CHECK(list.loose == NULL);
    CHECK(get_piece(1, 1) == NULL);
}
