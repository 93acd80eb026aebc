// The same tests for all allocators, each in 100 KiB.
#include "mm/allocator.h"

#include <stdbool.h>

#include "lib/format.h"
#include "mm/bump.h"
#include "mm/fixed_block.h"
#include "mm/linked_list.h"
#include "test/test.h"

enum { ARENA_SIZE = 100 * 1024 };
static _Alignas(4096) uint8_t arena[ARENA_SIZE];

static struct allocator *new_bump(void)
{
    static struct bump_allocator self;
    self = (struct bump_allocator)BUMP_INIT;
    return &self.base;
}

static struct allocator *new_linked_list(void)
{
    static struct linked_list_allocator self;
    self = (struct linked_list_allocator)LINKED_LIST_INIT;
    return &self.base;
}

static struct allocator *new_fixed_block(void)
{
    static struct fixed_block_allocator self;
    self = (struct fixed_block_allocator)FIXED_BLOCK_INIT;
    return &self.base;
}

static const struct subject {
    const char *name;
    struct allocator *(*create)(void);
} subjects[] = {
    {"bump", new_bump},
    {"linked_list", new_linked_list},
    {"fixed_block", new_fixed_block},
};

// What an allocator has to do; whether it did.
typedef bool task(struct allocator *self);

// The names of those that cannot do it, a blank after each.
static const char *failing(task *attempt)
{
    static char names[80];
    size_t length = 0;
    names[0] = '\0';
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]);
         i++) {
        struct allocator *self = subjects[i].create();
        self->extend(self, arena, ARENA_SIZE);
        if (!attempt(self)) {
            length += format_to_buffer(names + length,
                                       sizeof(names) - length, "%s ",
                                       subjects[i].name);
        }
    }
    return names;
}

static void *get_from(struct allocator *self, size_t size)
{
    return self->allocate(self, size, 16);
}

static void give_to(struct allocator *self, void *block, size_t size)
{
    self->release(self, block, size, 16);
}

// Whether all memory is one piece again.
static bool is_whole(struct allocator *self)
{
    void *all = get_from(self, ARENA_SIZE);
    if (all == NULL) {
        return false;
    }
    give_to(self, all, ARENA_SIZE);
    return true;
}

static bool simple(struct allocator *self)
{
    uint64_t *one = get_from(self, sizeof(*one));
    uint64_t *other = get_from(self, sizeof(*other));
    if (one == NULL || other == NULL || one == other) {
        return false;
    }
    *one = 41;
    *other = 13;
    give_to(self, one, sizeof(*one));
    give_to(self, other, sizeof(*other));
    return is_whole(self);
}

TEST(allocator_simple)
{
    CHECK_TEXT(failing(simple), "");
}

// A vector that doubles when it is full.
static bool large_vector(struct allocator *self)
{
    size_t room = 4;
    uint64_t *items = get_from(self, room * sizeof(*items));
    for (uint64_t i = 0; i < 1000 && items != NULL; i++) {
        if (i == room) {
            uint64_t *more = get_from(self, 2 * room * sizeof(*items));
            for (size_t j = 0; j < room && more != NULL; j++) {
                more[j] = items[j];
            }
            give_to(self, items, room * sizeof(*items));
            items = more;
            room *= 2;
        }
        if (items != NULL) {
            items[i] = i;
        }
    }
    if (items == NULL) {
        return false;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < 1000; i++) {
        sum += items[i];
    }
    give_to(self, items, room * sizeof(*items));
    return sum == 999 * 1000 / 2 && is_whole(self);
}

TEST(allocator_large_vector)
{
    CHECK_TEXT(failing(large_vector), "");
}

static bool cycle(struct allocator *self)
{
    for (uint64_t i = 0; i < ARENA_SIZE; i++) {
        uint64_t *box = get_from(self, sizeof(*box));
        if (box == NULL) {
            return false;
        }
        *box = i;
        give_to(self, box, sizeof(*box));
    }
    return true;
}

static bool many_boxes(struct allocator *self)
{
    return cycle(self) && is_whole(self);
}

TEST(allocator_many_boxes)
{
    CHECK_TEXT(failing(many_boxes), "");
}

static bool many_boxes_long_lived(struct allocator *self)
{
    uint64_t *long_lived = get_from(self, sizeof(*long_lived));
    if (long_lived == NULL) {
        return false;
    }
    *long_lived = 1;
    bool right = cycle(self) && *long_lived == 1;
    give_to(self, long_lived, sizeof(*long_lived));
    return right && is_whole(self);
}

// The bump allocator cannot do this; the test would notice if it could.
TEST(allocator_many_boxes_long_lived)
{
    CHECK_TEXT(failing(many_boxes_long_lived), "bump ");
}

static bool every_alignment(struct allocator *self)
{
    for (size_t alignment = 1; alignment <= 4096; alignment *= 2) {
        void *small = get_from(self, 24);
        void *block = self->allocate(self, 40, alignment);
        if (small == NULL || block == NULL ||
            (uintptr_t)block % alignment != 0) {
            return false;
        }
        give_to(self, small, 24);
        self->release(self, block, 40, alignment);
    }
    return is_whole(self);
}

TEST(allocator_alignment)
{
    CHECK_TEXT(failing(every_alignment), "");
}

// Sizes with which a sum or a difference would wrap around.
static bool impossible(struct allocator *self)
{
    void *block = get_from(self, 24);
    for (size_t size = SIZE_MAX; size > SIZE_MAX - 64; size--) {
        if (get_from(self, size) != NULL ||
            self->allocate(self, size, 4096) != NULL) {
            return false;
        }
    }
    if (get_from(self, ARENA_SIZE - 16) != NULL ||
        get_from(self, SIZE_MAX / 2) != NULL) {
        return false;
    }
    give_to(self, block, 24);
    return is_whole(self);
}

TEST(allocator_refuses_what_cannot_be)
{
    CHECK_TEXT(failing(impossible), "");
}

static bool exhaustion(struct allocator *self)
{
    static uint64_t *blocks[ARENA_SIZE / 1024 + 1];
    size_t count = 0;
    uint64_t *block = get_from(self, 1024);
    while (block != NULL && count <= ARENA_SIZE / 1024) {
        *block = count;
        blocks[count] = block;
        count++;
        block = get_from(self, 1024);
    }
    bool right = count == ARENA_SIZE / 1024;
    // Every other one first: no two holes touch.
    for (size_t i = 0; i < count; i += 2) {
        right = right && *blocks[i] == i;
        give_to(self, blocks[i], 1024);
    }
    for (size_t i = 1; i < count; i += 2) {
        right = right && *blocks[i] == i;
        give_to(self, blocks[i], 1024);
    }
    return right && is_whole(self);
}

TEST(allocator_exhaustion)
{
    CHECK_TEXT(failing(exhaustion), "");
}

// Traffic as it comes: blocks of all sizes, freed in any order.
static bool traffic(struct allocator *self)
{
    static uint8_t *blocks[64];
    static size_t sizes[64];
    uint32_t random = 1;
    bool right = true;
    for (unsigned i = 0; i < 2000; i++) {
        random = random * 1664525 + 1013904223;
        size_t slot = random >> 26;
        if (blocks[slot] != NULL) {
            right = right && *blocks[slot] == slot;
            give_to(self, blocks[slot], sizes[slot]);
            blocks[slot] = NULL;
            continue;
        }
        sizes[slot] = 1 + (random >> 8) % 512;
        blocks[slot] = get_from(self, sizes[slot]);
        if (blocks[slot] != NULL) {
            *blocks[slot] = (uint8_t)slot;
        }
    }
    for (size_t slot = 0; slot < 64; slot++) {
        if (blocks[slot] != NULL) {
            right = right && *blocks[slot] == slot;
            give_to(self, blocks[slot], sizes[slot]);
            blocks[slot] = NULL;
        }
    }
    return right && is_whole(self);
}

TEST(allocator_traffic_ends_in_one_hole)
{
    CHECK_TEXT(failing(traffic), "");
}
