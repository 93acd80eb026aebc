#include "lib/ranges.h"

#include "test/test.h"

static bool are(const struct ranges *ranges, struct range first,
                struct range second)
{
    return ranges->count == 2 && ranges->list[0].start == first.start &&
           ranges->list[0].end == first.end &&
           ranges->list[1].start == second.start &&
           ranges->list[1].end == second.end;
}

TEST(ranges_are_kept_in_order)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, (struct range){40, 50});
    ranges_add(&ranges, (struct range){10, 20});
    CHECK(are(&ranges, (struct range){10, 20}, (struct range){40, 50}));
}

TEST(ranges_that_touch_become_one)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, (struct range){10, 20});
    ranges_add(&ranges, (struct range){30, 40});
    ranges_add(&ranges, (struct range){60, 70});
    ranges_add(&ranges, (struct range){20, 35});
    CHECK(are(&ranges, (struct range){10, 40}, (struct range){60, 70}));
}

TEST(ranges_leave_two_where_the_middle_goes)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, (struct range){10, 50});
    ranges_remove(&ranges, (struct range){20, 30});
    CHECK(are(&ranges, (struct range){10, 20}, (struct range){30, 50}));
    ranges_remove(&ranges, (struct range){0, 100});
    CHECK_EQUAL(ranges.count, 0);
}

TEST(ranges_without_addresses_change_nothing)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, (struct range){10, 10});
    ranges_add(&ranges, (struct range){20, 10});
    CHECK_EQUAL(ranges.count, 0);
    ranges_add(&ranges, (struct range){10, 50});
    ranges_remove(&ranges, (struct range){30, 20});
    CHECK_EQUAL(ranges.count, 1);
}

TEST(ranges_reach_the_last_address)
{
    struct ranges ranges = {0};
    ranges_add(&ranges, (struct range){10, UINT64_MAX});
    ranges_remove(&ranges, (struct range){20, UINT64_MAX - 10});
    CHECK(are(&ranges, (struct range){10, 20},
              (struct range){UINT64_MAX - 10, UINT64_MAX}));
}

TEST(ranges_drop_the_smallest_when_there_are_too_many)
{
    static struct ranges ranges;
    ranges = (struct ranges){0};
    for (uint64_t i = 0; i < RANGES_MAX; i++) {
        ranges_add(&ranges, (struct range){100 * i, 100 * i + 20});
    }
    ranges_remove(&ranges, (struct range){105, 110});
    CHECK_EQUAL(ranges.count, RANGES_MAX);
    CHECK(!ranges_contain(&ranges, (struct range){100, 105}));
    CHECK(ranges_contain(&ranges, (struct range){110, 120}));
    CHECK(ranges_contain(&ranges, (struct range){0, 20}));
}
