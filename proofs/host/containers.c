// The other containers against models of them, over generated traffic, and
// with every allocation failing in turn: then the caller is told,
// nothing has changed and nothing is lost.
// needs: src/containers/text.h src/containers/queue.h src/containers/map.h
// needs: src/containers/shared.h src/mm/kmalloc.h
#include <stdio.h>
#include <string.h>

#include "containers/map.h"
#include "containers/queue.h"
#include "containers/shared.h"
#include "containers/text.h"
#include "failing.h"
#include "host.h"
#include "test/test.h"

enum { LARGEST = 40 };

struct item {
    uint8_t bytes[LARGEST];
};

static struct item any_item(void)
{
    struct item item;
    for (size_t i = 0; i < LARGEST; i++) {
        item.bytes[i] = (uint8_t)host_random();
    }
    return item;
}

// --- Queues -----------------------------------------------------------

// The model: items[first] to items[last - 1], none of which moves.
enum { PASSING = 2000 };
static struct item passing[PASSING];
static struct queue queue;
static size_t first, last;

// A queue shows its items by giving them up: all of them, and in again.
// They go around once, and are as they were.
static void check_queue(void)
{
    CHECK_EQUAL(queue.count, last - first);
    for (size_t i = first; i < last; i++) {
        struct item item;
        CHECK(queue_pop(&queue, item.bytes));
        CHECK(memcmp(item.bytes, passing[i].bytes, queue.item_size) == 0);
        CHECK(queue_push(&queue, item.bytes));
    }
}

static void pass(bool in)
{
    if (in && last < PASSING) {
        passing[last] = any_item();
        FAIL_IN_TURN(queue_push(&queue, passing[last].bytes),
                     check_queue());
        last++;
        return;
    }
    struct item item = any_item();
    struct item wanted = item;
    bool any = first < last;
    if (any) {
        memcpy(wanted.bytes, passing[first].bytes, queue.item_size);
        first++;
    }
    CHECK_EQUAL(queue_pop(&queue, item.bytes), any);
    CHECK(memcmp(item.bytes, wanted.bytes, LARGEST) == 0);
}

TEST(queues_keep_the_order)
{
    begin();
    for (size_t size = 1; size <= LARGEST; size += 1 + size / 4) {
        queue = (struct queue){.item_size = size};
        first = 0;
        last = 0;
        for (unsigned step = 0; step < 2000; step++) {
            // Of eight steps so many are in: the queue grows, and runs
            // empty, at each place in the ring.
            unsigned in = step / 200 % 2 == 0 ? 5 : 3;
            pass(host_random_below(8) < in);
            CHECK_EQUAL(queue.count, last - first);
            if (step % 64 == 0) {
                check_queue();
            }
        }
        check_queue();
        queue_release(&queue);
        first = last;
        check_queue();
        end();
    }
}

// A ring that begins anywhere grows.
TEST(queues_grow_wherever_they_begin)
{
    begin();
    for (unsigned length = 1; length <= 64; length++) {
        for (unsigned start = 0; start < 64; start += 1 + start / 9) {
            queue = (struct queue)QUEUE_OF(uint16_t);
            first = 0;
            last = 0;
            for (unsigned i = 0; i < start; i++) {
                pass(true);
                pass(false);
            }
            for (unsigned i = 0; i < length; i++) {
                pass(true);
            }
            check_queue();
            queue_release(&queue);
        }
    }
    end();
}

// A queue that is used for ever without getting longer asks for no more.
TEST(queues_go_around_in_their_memory)
{
    begin();
    struct queue numbers = QUEUE_OF(uint64_t);
    count_allocations();
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t number = 0;
        CHECK(queue_push(&numbers, &i));
        if (i >= 3) {
            CHECK(queue_pop(&numbers, &number));
            CHECK_EQUAL(number, i - 3);
        }
    }
    CHECK_EQUAL(allocations(), 1);
    queue_release(&numbers);
    CHECK_EQUAL(numbers.count, 0);
    end();
}

TEST(queues_that_no_memory_holds_are_refused)
{
    begin();
    uint64_t number = 0;
    struct queue huge = {.item_size = SIZE_MAX / 2 + 1};
    CHECK(!queue_push(&huge, &number));
    CHECK_EQUAL(huge.count, 0);
    queue_release(&huge);
    end();
}

// --- Texts ------------------------------------------------------------

static char wanted_text[4000];
static struct text text;

static void check_text(void)
{
    CHECK_EQUAL(text_length(&text), strlen(wanted_text));
    CHECK_TEXT(text_characters(&text), wanted_text);
}

static void append(const char *more)
{
    FAIL_IN_TURN(text_append(&text, more), check_text());
    strcat(wanted_text, more);
}

static void append_numbers(void)
{
    int number = (int)host_random();
    uint64_t large = host_random();
    const char *word = host_random_below(2) == 0 ? "" : "some words";
    FAIL_IN_TURN(text_append_format(&text, "%d, %s%c %016llx", number,
                                    word, '%', (unsigned long long)large),
                 check_text());
    size_t length = strlen(wanted_text);
    snprintf(wanted_text + length, sizeof(wanted_text) - length,
             "%d, %s%c %016llx", number, word, '%',
             (unsigned long long)large);
}

// Any characters but the one that ends a text.
static void append_any(unsigned length)
{
    char more[200];
    for (unsigned i = 0; i < length; i++) {
        more[i] = (char)(1 + host_random_below(255));
    }
    more[length] = '\0';
    append(more);
}

TEST(texts_grow)
{
    begin();
    for (unsigned i = 0; i < 60; i++) {
        text = (struct text)TEXT_EMPTY;
        wanted_text[0] = '\0';
        check_text();
        while (strlen(wanted_text) < i * 30) {
            if (host_random_below(3) == 0) {
                append_numbers();
            } else {
                append_any(host_random_below(10 + 2 * i));
            }
            check_text();
        }
        text_release(&text);
        wanted_text[0] = '\0';
        check_text();
        end();
    }
}

TEST(texts_can_be_used_after_they_are_released)
{
    begin();
    text = (struct text)TEXT_EMPTY;
    for (unsigned i = 0; i < 10; i++) {
        wanted_text[0] = '\0';
        append(i % 2 == 0 ? "" : "a text");
        append_any(50);
        check_text();
        text_release(&text);
        text_release(&text);
        end();
    }
}

// --- Maps -------------------------------------------------------------

// The keys are these; the model's entry of each is the value, or NULL.
enum { KEYS = 200 };
static uint64_t keys[KEYS]; // in order
static void *values[KEYS];
static struct map map;
static char things[KEYS];

static void choose_keys(unsigned how)
{
    for (unsigned i = 0; i < KEYS; i++) {
        switch (how % 3) {
        case 0:
            keys[i] = i;
            break;
        case 1: // up to the largest one, which differ in all bits
            keys[i] = UINT64_MAX / (KEYS - 1) * i + UINT64_MAX % (KEYS - 1);
            break;
        default: // about the middle, where a sign would turn
            keys[i] = (UINT64_C(1) << 63) - KEYS / 2 + i;
            break;
        }
    }
}

static void check_map(void)
{
    size_t place = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        CHECK(map_get(&map, keys[i]) == values[i]);
        if (values[i] != NULL) {
            CHECK_EQUAL(map_at(&map, place)->key, keys[i]);
            CHECK(map_at(&map, place)->value == values[i]);
            place++;
        }
    }
    CHECK_EQUAL(map_count(&map), place);
}

static void put(unsigned key)
{
    void *value = &things[host_random_below(KEYS)];
    FAIL_IN_TURN(map_put(&map, keys[key], value), check_map());
    values[key] = value;
}

static void take(unsigned key)
{
    CHECK(map_remove(&map, keys[key]) == values[key]);
    values[key] = NULL;
}

TEST(maps_find_what_was_put_into_them)
{
    begin();
    static unsigned round; // a panic returns to here
    for (round = 0; round < 12; round++) {
        map = (struct map)MAP_EMPTY;
        memset(values, 0, sizeof(values));
        choose_keys(round);
        // Few keys, all of them, and few again.
        for (unsigned step = 0; step < 1200; step++) {
            unsigned puts = step / 300 % 2 == 0 ? 3 : 1;
            unsigned key = host_random_below(KEYS);
            if (host_random_below(4) < puts) {
                put(key);
            } else {
                take(key);
            }
            if (step % 50 == 0) {
                check_map();
            }
        }
        check_map();
        EXPECT_PANIC((void)map_at(&map, map_count(&map)));
        map_release(&map);
        memset(values, 0, sizeof(values));
        check_map();
        end();
    }
}

// A new value under an old key needs no memory.
TEST(maps_replace_without_memory)
{
    begin();
    map = (struct map)MAP_EMPTY;
    for (uint64_t key = 0; key < 4; key++) {
        CHECK(map_put(&map, key, &things[0]));
    }
    count_allocations();
    for (uint64_t key = 0; key < 4; key++) {
        CHECK(map_put(&map, key, &things[key]));
    }
    CHECK_EQUAL(allocations(), 0);
    CHECK(map_get(&map, 3) == &things[3]);
    map_release(&map);
    end();
}

// --- Things with owners -----------------------------------------------

struct thing {
    uint64_t before;
    struct shared shared;
    size_t owners; // the model's
    unsigned released;
};

static struct thing shared_things[20];

static struct thing *thing_of(struct shared *self)
{
    return (struct thing *)((char *)self - offsetof(struct thing, shared));
}

static void release(struct shared *self)
{
    struct thing *thing = thing_of(self);
    CHECK_EQUAL(thing->owners, 0);
    thing->released++;
}

TEST(shared_things_are_released_once_by_the_last_owner)
{
    for (unsigned round = 0; round < 200; round++) {
        for (size_t i = 0; i < 20; i++) {
            struct thing *thing = &shared_things[i];
            *thing = (struct thing){.owners = 1};
            memset(&thing->shared, 0xa5, sizeof(thing->shared));
            shared_init(&thing->shared, release);
        }
        for (unsigned step = 0; step < 400; step++) {
            struct thing *thing = &shared_things[host_random_below(20)];
            if (thing->owners == 0) {
                CHECK_EQUAL(thing->released, 1);
            } else if (host_random_below(2) == 0) {
                thing->owners++;
                shared_take(&thing->shared);
            } else {
                thing->owners--;
                shared_give_up(&thing->shared);
            }
            CHECK_EQUAL(thing->released, thing->owners == 0);
        }
    }
}

TEST(shared_things_without_an_owner_are_nobodys)
{
    struct thing thing = {.owners = 0};
    shared_init(&thing.shared, release);
    shared_give_up(&thing.shared);
    EXPECT_PANIC(shared_give_up(&thing.shared));
    EXPECT_PANIC(shared_take(&thing.shared));
    CHECK_EQUAL(thing.released, 1);
}
