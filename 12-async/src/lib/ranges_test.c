#include "lib/ranges.h"

#include "test/test.h"

static struct ranges ranges; // large for a stack frame

static void begin(void)
{
    ranges.count = 0;
}

static void add(uint64_t start, uint64_t end)
{
    ranges_add(&ranges, (struct range){start, end});
}

static void remove(uint64_t start, uint64_t end)
{
    ranges_remove(&ranges, (struct range){start, end});
}

static bool contains(uint64_t start, uint64_t end)
{
    return ranges_contain(&ranges, (struct range){start, end});
}

static bool are(struct range first, struct range second)
{
    return ranges.count == 2 && ranges.list[0].start == first.start &&
           ranges.list[0].end == first.end &&
           ranges.list[1].start == second.start &&
           ranges.list[1].end == second.end;
}

TEST(ranges_are_kept_in_order)
{
    begin();
    add(40, 50);
    add(10, 20);
    CHECK(are((struct range){10, 20}, (struct range){40, 50}));
}

TEST(ranges_that_touch_become_one)
{
    begin();
    add(10, 20);
    add(30, 40);
    add(60, 70);
    add(20, 35);
    CHECK(are((struct range){10, 40}, (struct range){60, 70}));
}

TEST(ranges_leave_two_where_the_middle_goes)
{
    begin();
    add(10, 50);
    remove(20, 30);
    CHECK(are((struct range){10, 20}, (struct range){30, 50}));
    remove(0, 100);
    CHECK_EQUAL(ranges.count, 0);
}

TEST(ranges_without_addresses_change_nothing)
{
    begin();
    add(10, 10);
    add(20, 10);
    CHECK_EQUAL(ranges.count, 0);
    add(10, 50);
    remove(30, 20);
    CHECK_EQUAL(ranges.count, 1);
}

TEST(ranges_reach_the_last_address)
{
    begin();
    add(10, UINT64_MAX);
    remove(20, UINT64_MAX - 10);
    CHECK(are((struct range){10, 20},
              (struct range){UINT64_MAX - 10, UINT64_MAX}));
}

TEST(ranges_drop_the_smallest_when_there_are_too_many)
{
    begin();
    for (uint64_t i = 0; i < RANGES_MAX; i++) {
        add(100 * i, 100 * i + 20);
    }
    remove(105, 110);
    CHECK_EQUAL(ranges.count, RANGES_MAX);
    CHECK(!contains(100, 105));
    CHECK(contains(110, 120));
    CHECK(contains(0, 20));
}
