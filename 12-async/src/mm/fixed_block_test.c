// The lists of the fixed blocks.
#include "mm/fixed_block.h"

#include "test/test.h"

enum { SIZE = 8192 };
static _Alignas(4096) uint8_t memory[SIZE];

static struct fixed_block_allocator blocks;

static void *allocate(size_t size, size_t alignment)
{
    return blocks.base.allocate(&blocks.base, size, alignment);
}

static void release(void *block, size_t size, size_t alignment)
{
    blocks.base.release(&blocks.base, block, size, alignment);
}

TEST(fixed_block_gives_back_what_fits)
{
    fixed_block_init(&blocks, memory, SIZE);
    void *block = allocate(33, 16);
    release(block, 33, 16);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 64);
    CHECK(allocate(32, 16) != block);
    CHECK(allocate(65, 16) != block);
    CHECK(allocate(1, 64) == block);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 0);
}

TEST(fixed_block_has_classes_from_16_to_2048)
{
    fixed_block_init(&blocks, memory, SIZE);
    release(allocate(1, 1), 1, 1);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 16);
    release(allocate(2048, 16), 2048, 16);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 16 + 2048);
    size_t before = linked_list_summary(&blocks.fallback).bytes;
    release(allocate(2049, 16), 2049, 16);
    release(allocate(16, 4096), 16, 4096);
    release(allocate(0, 1), 0, 1);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 16 + 2048);
    CHECK_EQUAL(linked_list_summary(&blocks.fallback).bytes, before);
}

TEST(fixed_block_calls_back_what_waits)
{
    fixed_block_init(&blocks, memory, SIZE);
    void *small[4];
    for (size_t i = 0; i < 4; i++) {
        small[i] = allocate(2048, 16);
        CHECK(small[i] != NULL);
    }
    CHECK(allocate(16, 16) == NULL);
    for (size_t i = 0; i < 4; i++) {
        release(small[i], 2048, 16);
    }
    CHECK(allocate(SIZE, 16) == memory);
    CHECK_EQUAL(fixed_block_waiting(&blocks), 0);
    release(memory, SIZE, 16);
    CHECK_EQUAL(linked_list_summary(&blocks.fallback).count, 1);
}
