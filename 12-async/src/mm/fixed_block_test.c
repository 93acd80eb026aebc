// The classes and the lists of the fixed blocks.
#include "mm/fixed_block.h"

#include "test/test.h"

enum { SIZE = 8192 };
static _Alignas(16) uint8_t block_memory[SIZE];

static struct fixed_block_allocator blocks;

static void *get_block(size_t size, size_t alignment)
{
    return fixed_block_allocate(&blocks.base, size, alignment);
}

static void give_block(void *block, size_t size, size_t alignment)
{
    fixed_block_release(&blocks.base, block, size, alignment);
}

static void begin_blocks(void)
{
    blocks = (struct fixed_block_allocator)FIXED_BLOCK_INIT;
    fixed_block_extend(&blocks.base, block_memory, SIZE);
}

// The size of the block that each size gets, seen as it waits.
TEST(fixed_block_wastes_a_quarter_at_most)
{
    begin_blocks();
    for (size_t size = 1; size <= FIXED_BLOCK_LARGEST; size++) {
        size_t needed = align_up(size, 16);
        give_block(get_block(size, 1), size, 1);
        size_t room = fixed_block_waiting(&blocks);
        fixed_block_trim(&blocks);
        if (room < needed || room - needed > needed / 4) {
            CHECK_EQUAL(room, needed);
        }
    }
}

TEST(fixed_block_gives_out_again_what_waits)
{
    begin_blocks();
    void *block = get_block(65, 16);
    give_block(block, 65, 16);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 80);
    CHECK(get_block(64, 16) != block);
    CHECK(get_block(81, 16) != block);
    CHECK(get_block(80, 8) == block);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 0);
}

TEST(fixed_block_has_no_class_for_what_is_rare)
{
    begin_blocks();
    give_block(get_block(FIXED_BLOCK_LARGEST + 1, 16),
               FIXED_BLOCK_LARGEST + 1, 16);
    give_block(get_block(16, 32), 16, 32);
    give_block(get_block(0, 1), 0, 1);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 0);
    CHECK_EQUAL(linked_list_summary(&blocks.fallback).bytes, SIZE);
}

TEST(fixed_block_calls_back_what_waits)
{
    begin_blocks();
    void *block[4];
    for (size_t i = 0; i < 4; i++) {
        block[i] = get_block(2048, 16);
        CHECK(block[i] != NULL);
    }
    CHECK(get_block(16, 16) == NULL);
    for (size_t i = 0; i < 4; i++) {
        give_block(block[i], 2048, 16);
    }
    CHECK(get_block(SIZE, 16) == block_memory);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 0);
}
