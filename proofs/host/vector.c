// The vector against a model, over generated traffic, and with every
// allocation failing in turn: then the caller is told, nothing has
// changed and nothing is lost.
// needs: src/containers/vector.h src/mm/kmalloc.h
#include "containers/vector.h"

#include <string.h>

#include "failing.h"
#include "host.h"
#include "test/test.h"

enum { MOST = 300, LARGEST = 40 };

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

// The same items in an array that is large enough.
static struct item items[MOST + 1];
static size_t count;
static struct vector vector;

static void check_vector(void)
{
    CHECK_EQUAL(vector.count, count);
    for (size_t i = 0; i < count; i++) {
        CHECK(memcmp(vector_at(&vector, i), items[i].bytes,
                     vector.item_size) == 0);
    }
}

static void push(void)
{
    items[count] = any_item();
    FAIL_IN_TURN(vector_push(&vector, items[count].bytes),
                 check_vector());
    count++;
}

// What is behind the item's size stays as it was.
static void pop(void)
{
    struct item item = any_item();
    struct item wanted = item;
    bool any = count > 0;
    if (any) {
        count--;
        memcpy(wanted.bytes, items[count].bytes, vector.item_size);
    }
    CHECK_EQUAL(vector_pop(&vector, item.bytes), any);
    CHECK(memcmp(item.bytes, wanted.bytes, LARGEST) == 0);
}

// Grows and shrinks by turns.
static void change_vector(unsigned step)
{
    bool growing = step / (MOST / 2) % 2 == 0;
    bool more = host_random_below(4) != 0 ? growing : !growing;
    if (more && count < MOST) {
        push();
    } else {
        pop();
    }
}

TEST(vectors_keep_what_is_put_into_them)
{
    begin();
    for (size_t size = 1; size <= LARGEST; size += 1 + size / 4) {
        vector = (struct vector){.item_size = size};
        count = 0;
        for (unsigned step = 0; step < 1200; step++) {
            change_vector(step);
            if (step % 16 == 0) {
                check_vector();
            }
        }
        check_vector();
        vector_release(&vector);
        count = 0;
        check_vector();
        end();
    }
}

TEST(vectors_can_be_used_after_they_are_released)
{
    begin();
    vector = (struct vector)VECTOR_OF(struct item);
    count = 0;
    for (unsigned i = 0; i < 10; i++) {
        push();
        push();
        check_vector();
        vector_release(&vector);
        vector_release(&vector);
        count = 0;
        pop();
        end();
    }
}

// Doubling: 4 items, 8, 16 and so on.
TEST(vectors_seldom_ask_for_memory)
{
    begin();
    struct vector numbers = VECTOR_OF(uint64_t);
    count_allocations();
    for (uint64_t i = 0; i < 10000; i++) {
        CHECK(vector_push(&numbers, &i));
    }
    CHECK(allocations() <= 14);
    vector_release(&numbers);
    end();
}

TEST(vectors_that_no_memory_holds_are_refused)
{
    begin();
    size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2 + 1, SIZE_MAX / 4 + 1,
                      SIZE_MAX / 4, HEAP_SIZE};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t number = 0;
        struct vector huge = {.item_size = sizes[i]};
        CHECK(!vector_push(&huge, &number));
        CHECK_EQUAL(huge.count, 0);
        vector_release(&huge);
    }
    end();
}

TEST(vectors_have_no_items_but_their_own)
{
    begin();
    vector = (struct vector)VECTOR_OF(int);
    int number = 1;
    static size_t n; // a panic returns to here
    for (n = 0; n < 6; n++) {
        EXPECT_PANIC((void)vector_at(&vector, n));
        EXPECT_PANIC((void)vector_at(&vector, SIZE_MAX));
        CHECK_EQUAL(vector.count, n);
        CHECK(vector_push(&vector, &number));
    }
    vector_release(&vector);
    end();
}
