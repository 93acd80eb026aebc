// The kmalloc family inside a kernel, over generated traffic: blocks lie
// as asked, do not overlap, keep what is in them until they are freed,
// and when memory is used up nothing is lost.
// needs: src/mm/kmalloc.h src/mm/heap.h src/mm/frame.h src/test/test.c
#include "mm/kmalloc.h"

#include <stdbool.h>
#include <stdint.h>

#include "drivers/qemu.h"
#include "drivers/serial.h"
#include "kernel/kernel.h"
#include "lib/string.h"
#include "mm/frame.h"
#include "mm/heap.h"
#include "test/test.h"

// Page tables and records that a heap needs for all its addresses, and
// keeps; and the memory that it keeps for blocks to come.
enum { TABLES = 400, MEMORY = (16 << 20) / PAGE_SIZE };

// --- The model --------------------------------------------------------

enum { MOST = 400 };

struct block {
    uint8_t *at;
    size_t size;
    uint8_t seed;
};

static struct block live[MOST];
static size_t live_count;

// The generator `xorshift64*`.
static uint64_t state = 1;

static size_t random_below(size_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % limit;
}

static uint8_t wanted(const struct block *block, size_t index)
{
    return (uint8_t)(block->seed + index * 31);
}

// The byte to look at behind this one: all of them at both ends, some
// in the middle.
static size_t behind(const struct block *block, size_t index)
{
    enum { END = 256, STEP = 251 };
    bool in_the_middle =
        index >= END && block->size - index > END + STEP;
    return index + (in_the_middle ? STEP : 1);
}

static void fill(struct block *block)
{
    block->seed = (uint8_t)random_below(256);
    for (size_t i = 0; i < block->size; i = behind(block, i)) {
        block->at[i] = wanted(block, i);
    }
}

static bool is_filled(const struct block *block, size_t size)
{
    for (size_t i = 0; i < size; i = behind(block, i)) {
        if (block->at[i] != wanted(block, i)) {
            return false;
        }
    }
    return true;
}

static bool is_zero(const struct block *block)
{
    for (size_t i = 0; i < block->size; i = behind(block, i)) {
        if (block->at[i] != 0) {
            return false;
        }
    }
    return true;
}

// Mostly small, some of several pages.
static size_t any_size(void)
{
    switch (random_below(8)) {
    case 0:
        return random_below(12000);
    case 1:
        return 4096 - 20 + random_below(40);
    default:
        return random_below(200);
    }
}

// --- What is done -----------------------------------------------------

// False if there is no memory.
static bool add(size_t size)
{
    struct block *block = &live[live_count];
    size_t alignment = 16;
    block->size = size;
    switch (random_below(3)) {
    case 0:
        block->at = kmalloc(size);
        break;
    case 1:
        block->at = kcalloc(size, 1);
        CHECK(block->at == NULL || is_zero(block));
        break;
    default:
        alignment = (size_t)1 << random_below(13);
        block->at = kmalloc_aligned(size, alignment);
        break;
    }
    if (block->at == NULL) {
        return false;
    }
    CHECK_EQUAL((uintptr_t)block->at % alignment, 0);
    fill(block);
    live_count++;
    return true;
}

static void take_out(size_t number)
{
    CHECK(is_filled(&live[number], live[number].size));
    kfree(live[number].at);
    live_count--;
    live[number] = live[live_count];
}

static bool resize(size_t number, size_t size)
{
    struct block *block = &live[number];
    uint8_t *at = krealloc(block->at, size);
    if (at == NULL) {
        CHECK(is_filled(block, block->size));
        return false;
    }
    block->at = at;
    CHECK(is_filled(block, size < block->size ? size : block->size));
    CHECK_EQUAL((uintptr_t)at % 16, 0);
    block->size = size;
    fill(block);
    return true;
}

static void take_out_all(void)
{
    while (live_count > 0) {
        take_out(random_below(live_count));
    }
}

// --- The tests --------------------------------------------------------

TEST(generated_blocks)
{
    size_t blocks = heap_count();
    size_t frames = frame_free_count();
    for (unsigned step = 0; step < 12000; step++) {
        bool growing = step / 1000 % 2 == 0;
        bool more = random_below(4) != 0 ? growing : !growing;
        if (live_count > 0 && random_below(4) == 0) {
            CHECK(resize(random_below(live_count), any_size()));
        } else if (live_count == 0 || (more && live_count < MOST)) {
            CHECK(add(any_size()));
        } else {
            take_out(random_below(live_count));
        }
        CHECK_EQUAL(heap_count() - blocks, live_count);
    }
    take_out_all();
    CHECK_EQUAL(heap_count(), blocks);
    CHECK(frames - frame_free_count() <= TABLES + MEMORY);
}

// Whether the memory of a block comes back when it is freed.  Over a
// bump allocator it does not, as long as others are there: 20 MiB one
// after the other are more than it has.
static bool comes_back(void)
{
    void *other = kmalloc(1);
    bool enough = true;
    for (unsigned i = 0; enough && i < 20; i++) {
        void *block = kmalloc(1 << 20);
        enough = block != NULL;
        kfree(block);
    }
    kfree(other);
    return enough;
}

// Blocks of a size until there is no memory; then others are still
// refused, or fit into what is left, and all others are as they were.
static void use_up(size_t size)
{
    bool reused = comes_back();
    while (live_count < MOST && add(size)) {
    }
    CHECK(live_count < MOST);
    size_t count = heap_count();
    size_t frames = frame_free_count();
    for (unsigned i = 0; i < 20; i++) {
        CHECK(!resize(random_below(live_count), size + size / 2));
        CHECK(!add(size));
        CHECK_EQUAL(heap_count(), count);
        CHECK(frames - frame_free_count() <= TABLES);
    }
    take_out(random_below(live_count));
    bool is_empty = live_count == 0;
    CHECK_EQUAL(add(size), reused || is_empty);
}

// In the second round nothing new is needed.
TEST(memory_that_is_used_up)
{
    size_t blocks = heap_count();
    size_t frames[2];
    for (size_t round = 0; round < 2; round++) {
        use_up(1 << 20);
        take_out_all();
        use_up(10 << 20);
        take_out_all();
        CHECK_EQUAL(heap_count(), blocks);
        frames[round] = frame_free_count();
    }
    CHECK_EQUAL(frames[1], frames[0]);
}

TEST(sizes_that_cannot_be)
{
    static volatile size_t huge = SIZE_MAX;
    size_t blocks = heap_count();
    size_t frames = frame_free_count();
    for (unsigned i = 0; i < 64; i++) {
        CHECK(kmalloc(huge - i) == NULL);
        CHECK(kmalloc_aligned(huge - i, 4096) == NULL);
        CHECK(kcalloc(huge - i, 1) == NULL);
        CHECK(kcalloc(1, huge - i) == NULL);
        // Their products are small, but for what is cut off.
        CHECK(kcalloc(huge / 2 + 1, 2 + i) == NULL);
        CHECK(kcalloc((huge >> 32) + 1, (huge >> 32) + 1 + i) == NULL);
        CHECK(kcalloc(huge / (i + 2) + 1, i + 2) == NULL);
    }
    CHECK_EQUAL(frame_free_count(), frames);
    void *none = kcalloc(0, huge);
    CHECK(none != NULL);
    kfree(none);
    none = kcalloc(huge, 0);
    CHECK(none != NULL);
    kfree(none);
    CHECK_EQUAL(heap_count(), blocks);
}

void kernel_main(uint32_t boot_info)
{
    kernel_init(boot_info);
    unsigned failures = test_run_all();
    serial_drain();
    qemu_exit(failures == 0 ? QEMU_SUCCESS : QEMU_FAILURE);
}
