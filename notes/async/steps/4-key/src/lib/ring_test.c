#include "lib/ring.h"

#include "test/test.h"

TEST(ring_gives_back_in_order)
{
    uint8_t bytes[4];
    struct ring ring;
    uint8_t byte;
    ring_init(&ring, bytes, sizeof(bytes));
    CHECK(!ring_take(&ring, &byte));
    for (uint8_t i = 0; i < 100; i++) {
        CHECK(ring_put(&ring, i));
        CHECK(ring_put(&ring, (uint8_t)(i + 100)));
        CHECK(ring_take(&ring, &byte));
        CHECK_EQUAL(byte, i);
        CHECK(ring_take(&ring, &byte));
        CHECK_EQUAL(byte, i + 100);
    }
    CHECK(!ring_take(&ring, &byte));
}

TEST(ring_that_is_full_takes_no_more)
{
    uint8_t bytes[4];
    struct ring ring;
    uint8_t byte;
    ring_init(&ring, bytes, sizeof(bytes));
    for (uint8_t i = 0; i < 4; i++) {
        CHECK(ring_put(&ring, i));
    }
    CHECK(!ring_put(&ring, 4));
    CHECK(ring_take(&ring, &byte));
    CHECK_EQUAL(byte, 0);
    CHECK(ring_put(&ring, 5));
    CHECK(!ring_put(&ring, 6));
}
