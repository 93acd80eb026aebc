#include "containers/map.h"

#include "test/test.h"

static int values[10];

TEST(map_finds_values_by_their_keys)
{
    struct map map = MAP_EMPTY;
    CHECK(map_get(&map, 7) == NULL);
    for (size_t i = 0; i < 10; i++) {
        CHECK(map_put(&map, i * 7 % 10, &values[i * 7 % 10]));
    }
    CHECK_EQUAL(map_count(&map), 10);
    for (size_t i = 0; i < 10; i++) {
        CHECK(map_get(&map, i) == &values[i]);
        CHECK_EQUAL(map_at(&map, i)->key, i);
    }
    CHECK(map_get(&map, 10) == NULL);
    map_release(&map);
}

TEST(map_has_a_key_once)
{
    struct map map = MAP_EMPTY;
    CHECK(map_put(&map, 5, &values[0]));
    CHECK(map_put(&map, 5, &values[1]));
    CHECK_EQUAL(map_count(&map), 1);
    CHECK(map_remove(&map, 5) == &values[1]);
    CHECK(map_remove(&map, 5) == NULL);
    CHECK_EQUAL(map_count(&map), 0);
    map_release(&map);
}
