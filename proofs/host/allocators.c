// The allocators against a model, over generated traffic in arenas of
// many sizes: blocks lie inside, as aligned as asked, and not over each
// other; what is in them stays; no room is NULL, and then nothing has
// changed; and in the end all memory is there again.
// needs: src/mm/allocator.h src/mm/bump.h
// needs: src/mm/linked_list.h src/mm/fixed_block.h
#include "mm/allocator.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/linked_list.h"
#include "test/test.h"

// --- The allocators ---------------------------------------------------

static struct bump_allocator bump;
static struct linked_list_allocator list;
static struct fixed_block_allocator fixed;

static void begin_bump(void *memory, size_t size)
{
    bump = (struct bump_allocator)BUMP_INIT;
    bump_extend(&bump.base, memory, size);
}

static void begin_list(void *memory, size_t size)
{
    list = (struct linked_list_allocator)LINKED_LIST_INIT;
    linked_list_extend(&list.base, memory, size);
}

static void begin_fixed(void *memory, size_t size)
{
    fixed = (struct fixed_block_allocator)FIXED_BLOCK_INIT;
    fixed_block_extend(&fixed.base, memory, size);
}

struct kind {
    const char *name;
    struct allocator *allocator;
    size_t self_size;
    void (*begin)(void *memory, size_t size);
    bool bumps; // memory comes back when all of it does
};

static const struct kind kinds[] = {
    {"bump", &bump.base, sizeof(bump), begin_bump, true},
    {"linked list", &list.base, sizeof(list), begin_list, false},
    {"fixed block", &fixed.base, sizeof(fixed), begin_fixed, false},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

// --- The model --------------------------------------------------------

enum { MOST = 300, ARENA = 100 << 10, LARGEST_ARENA = 320000 };

struct block {
    uint8_t *at;
    size_t size;
    size_t alignment;
    uint8_t seed;
};

static const struct kind *kind;

// Ends where the arena does, so that the sanitizer sees a step over it;
// what is before the arena is a pattern.
static uint8_t *memory;
static uint8_t *arena;
static size_t arena_size;

static struct block live[MOST];
static size_t live_count;

// An arena that begins so far behind a multiple of 4096.
static void begin(size_t offset, size_t size)
{
    free(memory); // of a test that has failed
    CHECK_EQUAL(posix_memalign((void **)&memory, 4096, offset + size), 0);
    memset(memory, 0xa5, offset + size);
    arena = memory + offset;
    arena_size = size;
    live_count = 0;
    kind->begin(arena, size);
}

static void end(void)
{
    for (uint8_t *at = memory; at < arena; at++) {
        CHECK_EQUAL(*at, 0xa5);
    }
    free(memory);
    memory = NULL;
}

static uint8_t wanted(const struct block *block, size_t index)
{
    return (uint8_t)(block->seed + index * 31);
}

static void check_contents(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->at[i] != wanted(block, i)) {
            CHECK_EQUAL(block->at[i], wanted(block, i));
            return;
        }
    }
}

// Whether two have a byte in common.
static bool overlap(const struct block *one, const struct block *other)
{
    return one->at < other->at + other->size &&
           other->at < one->at + one->size;
}

static void check_new(const struct block *block)
{
    CHECK_EQUAL((uintptr_t)block->at % block->alignment, 0);
    CHECK(block->at >= arena);
    CHECK(block->at <= arena + arena_size);
    CHECK(block->size <= (size_t)(arena + arena_size - block->at));
    for (size_t i = 0; i < live_count; i++) {
        CHECK(!overlap(block, &live[i]));
    }
}

// The holes of a list, once they are sorted, are in order, do not touch,
// and are no block's.
static struct hole_summary check_holes(struct linked_list_allocator *holes)
{
    struct hole_summary said = linked_list_summary(holes);
    struct hole_summary sum = {0, 0, 0};
    CHECK(holes->loose == NULL);
    CHECK_EQUAL(holes->hole_count, said.count);
    const uint8_t *last = NULL;
    for (const struct hole *hole = holes->holes.next; hole != NULL;
         hole = hole->next) {
        const uint8_t *at = (const uint8_t *)hole;
        CHECK_EQUAL((uintptr_t)at % 16, 0);
        CHECK_EQUAL(hole->size % 16, 0);
        CHECK(hole->size >= sizeof(*hole));
        CHECK(at >= arena && at < arena + arena_size);
        CHECK(hole->size <= (size_t)(arena + arena_size - at));
        CHECK(last == NULL || at > last);
        for (size_t i = 0; i < live_count; i++) {
            struct block here = {(uint8_t *)(uintptr_t)at, hole->size, 0, 0};
            CHECK(!overlap(&here, &live[i]));
        }
        last = at + hole->size;
        sum.count++;
        sum.bytes += hole->size;
        sum.largest = hole->size > sum.largest ? hole->size : sum.largest;
    }
    CHECK_EQUAL(said.count, sum.count);
    CHECK_EQUAL(said.bytes, sum.bytes);
    CHECK_EQUAL(said.largest, sum.largest);
    return sum;
}

// What a list can manage of the arena: the whole multiples of 16.
static size_t whole_size(void)
{
    uintptr_t first = ((uintptr_t)arena + 15) / 16 * 16;
    uintptr_t last = ((uintptr_t)arena + arena_size) / 16 * 16;
    return last > first ? last - first : 0;
}

// The room that blocks take of a list: multiples of 16, and one at least.
static size_t room_in_list(size_t size)
{
    size_t room = (size + 15) / 16 * 16;
    return room == 0 ? 16 : room;
}

// Whether a block comes from the lists of fixed sizes.
static bool has_class(size_t size, size_t alignment)
{
    return size > 0 && size <= FIXED_BLOCK_LARGEST && alignment <= 16;
}

// The room there: the first size that is large enough.
static size_t room_in_class(size_t size, size_t alignment)
{
    if (!has_class(size, alignment)) {
        return room_in_list(size);
    }
    size_t class = 0;
    while (fixed_block_sizes[class] < size) {
        class++;
    }
    return fixed_block_sizes[class];
}

// Nothing is lost: what is no block's is a hole's, or waits.
static void check_all(void)
{
    size_t used = 0;
    for (size_t i = 0; i < live_count; i++) {
        check_contents(&live[i]);
        used += kind->allocator == &fixed.base
                    ? room_in_class(live[i].size, live[i].alignment)
                    : room_in_list(live[i].size);
    }
    if (kind->allocator == &list.base) {
        CHECK_EQUAL(check_holes(&list).bytes + used, whole_size());
    } else if (kind->allocator == &fixed.base) {
        size_t holes = check_holes(&fixed.fallback).bytes;
        CHECK_EQUAL(holes + fixed_block_waiting(&fixed) + used,
                    whole_size());
    }
}

// A block of this kind fits into a hole of the list.
static bool fits(const struct linked_list_allocator *holes, size_t size,
                 size_t alignment)
{
    if (size > arena_size) {
        return false;
    }
    if (alignment < 16) {
        alignment = 16;
    }
    for (const struct hole *hole = holes->holes.next; hole != NULL;
         hole = hole->next) {
        uintptr_t begins = (uintptr_t)hole;
        uintptr_t first = (begins + alignment - 1) / alignment * alignment;
        if (first - begins <= hole->size &&
            room_in_list(size) <= hole->size - (first - begins)) {
            return true;
        }
    }
    return false;
}

// When there is no room, a bump allocator is as before.  The others have
// sorted their holes, and no block is waiting: there is no room indeed.
static uint8_t self_before[sizeof(fixed)];

static void remember(void)
{
    memcpy(self_before, kind->allocator, kind->self_size);
}

static void check_refused(size_t size, size_t alignment)
{
    if (kind->bumps) {
        CHECK(memcmp(self_before, kind->allocator, kind->self_size) == 0);
    } else if (kind->allocator == &list.base) {
        CHECK(!fits(&list, size, alignment));
    } else {
        CHECK_EQUAL(fixed_block_waiting(&fixed), 0);
        size_t room = has_class(size, alignment)
                          ? room_in_class(size, alignment)
                          : size;
        CHECK(!fits(&fixed.fallback, room, alignment));
    }
    check_all();
}

// A block, filled; false if there is none.
static bool add(size_t size, size_t alignment)
{
    struct block *block = &live[live_count];
    *block = (struct block){
        .size = size,
        .alignment = alignment,
        .seed = (uint8_t)host_random(),
    };
    remember();
    block->at = kind->allocator->allocate(kind->allocator, size, alignment);
    if (block->at == NULL) {
        check_refused(size, alignment);
        return false;
    }
    check_new(block);
    for (size_t i = 0; i < size; i++) {
        block->at[i] = wanted(block, i);
    }
    live_count++;
    return true;
}

static void take_out(size_t number)
{
    struct block block = live[number];
    check_contents(&block);
    live_count--;
    live[number] = live[live_count];
    kind->allocator->release(kind->allocator, block.at, block.size,
                             block.alignment);
}

// --- All memory is there ----------------------------------------------

// When no block is left: it is as it was in the beginning.
static void check_whole(void)
{
    CHECK_EQUAL(live_count, 0);
    if (kind->allocator == &bump.base) {
        CHECK_EQUAL(bump_free_bytes(&bump), arena_size);
    } else if (kind->allocator == &fixed.base) {
        fixed_block_trim(&fixed);
        CHECK_EQUAL(fixed_block_waiting(&fixed), 0);
    }
    if (!kind->bumps) {
        struct linked_list_allocator *holes =
            kind->allocator == &list.base ? &list : &fixed.fallback;
        struct hole_summary sum = check_holes(holes);
        CHECK_EQUAL(sum.count, whole_size() > 0);
        CHECK_EQUAL(sum.bytes, whole_size());
    }
    // And one block can have all of it.
    size_t all = kind->bumps ? arena_size : whole_size();
    size_t alignment = kind->bumps ? 1 : 16;
    CHECK(!add(all + 1, alignment));
    // Not of a size that has a class: there must be a multiple of it.
    if (all > 0 && (kind->allocator != &fixed.base ||
                    all > FIXED_BLOCK_LARGEST)) {
        CHECK(add(all, alignment));
        CHECK(!add(1, 1));
        take_out(0);
    }
}

static void take_out_all(void)
{
    while (live_count > 0) {
        take_out(host_random_below((unsigned)live_count));
    }
    check_all();
    if (kind->allocator == &fixed.base) {
        fixed_block_trim(&fixed);
    }
    check_whole();
}

// --- Generated traffic ------------------------------------------------

static size_t any_size(void)
{
    switch (host_random_below(8)) {
    case 0:
        return host_random_below(4);
    case 1: // about a power of two
        return ((size_t)1 << host_random_below(13)) + 2 -
               host_random_below(3);
    case 2:
        return host_random_below((unsigned)arena_size + 2);
    case 3:
        return host_random_below(5000);
    default:
        return host_random_below(200);
    }
}

static size_t any_alignment(void)
{
    return host_random_below(2) == 0
               ? 16
               : (size_t)1 << host_random_below(13);
}

static void traffic(unsigned steps)
{
    bool any = false;
    for (unsigned step = 0; step < steps; step++) {
        unsigned adds = step / 200 % 2 == 0 ? 6 : 3;
        if (live_count < MOST &&
            (live_count == 0 || host_random_below(8) < adds)) {
            any |= add(any_size(), any_alignment());
        } else {
            take_out(host_random_below((unsigned)live_count));
        }
        // Seldom by turns: to look is to sort the holes.
        if (step % (step / 500 % 2 == 0 ? 16 : 499) == 0) {
            check_all();
        }
    }
    CHECK(any || arena_size < 64);
    take_out_all();
}

TEST(allocators_keep_blocks_apart)
{
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        begin(0, ARENA);
        traffic(3000);
        traffic(1000);
        end();
    }
}

// None, some bytes, some more; beginning and ending anywhere.
TEST(allocators_in_small_arenas)
{
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        for (size_t size = 0; size < 5000; size += 1 + size / 16) {
            begin(host_random_below(100), size);
            traffic(100);
            end();
        }
        for (size_t offset = 0; offset < 33; offset++) {
            begin(offset, 40 + host_random_below(3) * 8);
            traffic(60);
            end();
        }
    }
}

// The allocators are values: two of a kind do not know each other.
TEST(allocators_are_values)
{
    static uint8_t one[512], other[512];
    for (size_t i = 0; i < KINDS; i++) {
        static _Alignas(64) uint8_t copy[sizeof(fixed)];
        kind = &kinds[i];
        kind->begin(one, sizeof(one));
        memcpy(copy, kind->allocator, kind->self_size);
        struct allocator *first = (struct allocator *)copy;
        kind->begin(other, sizeof(other));
        uint8_t *in_one = first->allocate(first, 100, 16);
        uint8_t *in_other =
            kind->allocator->allocate(kind->allocator, 100, 16);
        CHECK(in_one >= one && in_one < one + sizeof(one));
        CHECK(in_other >= other && in_other < other + sizeof(other));
        first->release(first, in_one, 100, 16);
        kind->allocator->release(kind->allocator, in_other, 100, 16);
    }
}

// --- Every size, every order ------------------------------------------

// A sum that does not fit comes out small.
TEST(allocators_refuse_what_no_memory_holds)
{
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        begin(0, 4096);
        for (unsigned used = 0; used < 2; used++) {
            for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
                for (size_t less = 0; less < 4200; less++) {
                    remember();
                    CHECK(kind->allocator->allocate(
                              kind->allocator, SIZE_MAX - less,
                              alignment) == NULL);
                    check_refused(SIZE_MAX - less, alignment);
                }
                for (size_t size = arena_size + 1; size > arena_size;
                     size *= 2) {
                    CHECK(!add(size, alignment));
                }
            }
            if (used == 0) {
                CHECK(add(100, 16));
            }
        }
        take_out_all();
        end();
    }
}

// A first block of every size and alignment, and then all the rest.
TEST(allocators_take_every_size_at_every_alignment)
{
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        begin(0, 5 * 4096);
        for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
            for (size_t size = 0; size <= 4200;
                 size += size < 70 || size > 4060 ? 1 : 29) {
                kind->begin(arena, arena_size);
                CHECK(add(size, alignment));
                CHECK(add(1, 1));
                CHECK(add(size, alignment));
                check_all();
                while (live_count > 0) {
                    take_out(0);
                }
                check_all();
            }
        }
        take_out_all();
        end();
    }
}

// Gives `live` back in the order of a permutation's number, and looks
// after each step.
static void take_out_in_order(size_t order)
{
    while (live_count > 0) {
        size_t number = order % live_count;
        order /= live_count;
        take_out(number);
        check_all();
    }
}

TEST(allocators_take_blocks_back_in_every_order)
{
    static const size_t sizes[] = {16, 40, 0, 64, 100, 2000};
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        size_t orders = 1;
        for (size_t count = 1; count <= COUNT; count++) {
            orders *= count;
            for (size_t order = 0; order < orders; order++) {
                begin(order % 3 * 8, 4096);
                for (size_t k = 0; k < count; k++) {
                    CHECK(add(sizes[k], (size_t)1 << (order + k) % 7));
                }
                take_out_in_order(order);
                check_whole();
                end();
            }
        }
    }
}

// Blocks until there is no room: then it is full, or nearly so, and one
// that comes back leaves room for one.
TEST(allocators_fill_their_memory)
{
    static const size_t sizes[] = {16, 64, 512, 1024};
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
            size_t count = 0;
            begin(0, sizes[k] * 100 + sizes[k] / 2);
            while (add(sizes[k], 16)) {
                count++;
            }
            CHECK_EQUAL(count, 100);
            for (unsigned again = 0; again < 50; again++) {
                size_t number = host_random_below((unsigned)live_count);
                uint8_t *at = live[number].at;
                take_out(number);
                CHECK_EQUAL(add(sizes[k], 16), !kind->bumps);
                CHECK(kind->bumps || live[live_count - 1].at == at);
                check_all();
            }
            take_out_all();
            end();
        }
    }
}

// 10,000 at once: what a search over many holes gets wrong.
TEST(allocators_take_many_blocks_back)
{
    enum { COUNT = 10000, SIZE = 24, ROOM = 32 };
    static uint8_t *all[COUNT];
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        begin(0, (size_t)COUNT * ROOM);
        for (size_t k = 0; k < COUNT; k++) {
            all[k] = kind->allocator->allocate(kind->allocator, SIZE, 16);
            CHECK(all[k] != NULL);
            memset(all[k], (int)k, SIZE);
        }
        for (size_t left = COUNT; left > 0; left--) {
            size_t k = host_random_below((unsigned)left);
            uint8_t *at = all[k];
            CHECK_EQUAL(at[0], at[SIZE - 1]);
            kind->allocator->release(kind->allocator, at, SIZE, 16);
            all[k] = all[left - 1];
        }
        check_whole();
        end();
    }
}

// A block at a time, each right after the last: what is given later joins
// what there was.
TEST(allocators_grow)
{
    for (size_t i = 0; i < KINDS; i++) {
        kind = &kinds[i];
        begin(0, 64);
        size_t whole = arena_size;
        static _Alignas(16) uint8_t grown[64 * 100];
        kind->begin(grown, 0);
        arena = grown;
        arena_size = 0;
        CHECK(!add(1, 1));
        for (size_t k = 0; k < 100; k++) {
            kind->allocator->extend(kind->allocator, grown + arena_size,
                                    64);
            arena_size += 64;
            CHECK(add(48 + k % 17, 16));
            check_all();
        }
        take_out_all();
        arena = memory;
        arena_size = whole;
        end();
    }
}

// Two blocks that overlap were never given out.
TEST(lists_notice_overlapping_holes)
{
    begin_list(memory = malloc(4096), 4096);
    uint8_t *block = linked_list_allocate(&list.base, 64, 16);
    linked_list_release(&list.base, block, 64, 16);
    linked_list_release(&list.base, block + 32, 64, 16);
    EXPECT_PANIC(linked_list_summary(&list));
    CHECK(strstr(host_panic_text(), "was released twice") != NULL);
    free(memory);
    memory = NULL;
}

// Searching for each hole's place would take 2^30 steps here.
TEST(lists_sort_many_holes)
{
    enum { COUNT = 65536, SIZE = 16 };
    begin_list(memory = malloc((size_t)COUNT * SIZE),
               (size_t)COUNT * SIZE);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(linked_list_allocate(&list.base, SIZE, 16) != NULL);
    }
    for (size_t i = 0; i < COUNT; i++) {
        linked_list_release(&list.base,
                            memory + i * 40503 % COUNT * SIZE, SIZE, 16);
    }
    struct hole_summary holes = linked_list_summary(&list);
    CHECK_EQUAL(holes.count, 1);
    CHECK_EQUAL(holes.bytes, (size_t)COUNT * SIZE);
    free(memory);
    memory = NULL;
}
