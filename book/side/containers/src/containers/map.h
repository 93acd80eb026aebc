// An ordered map: values by their keys.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "containers/vector.h"
#include "lib/attributes.h"

struct map_entry {
    uint64_t key;
    void *value;
};

// Entries in the order of their keys: a key is found in log2(n) steps,
// and the ones behind it move for a new one.
struct map {
    struct vector entries;
};

#define MAP_EMPTY {.entries = VECTOR_OF(struct map_entry)}

// Puts a value under a key, in place of the one that was there.  False
// if there is no memory; nothing has changed then.
NODISCARD bool map_put(struct map *map, uint64_t key, void *value);

// The value under a key; NULL if there is none.
void *map_get(const struct map *map, uint64_t key);

// Takes the key out and returns its value; NULL if there was none.
void *map_remove(struct map *map, uint64_t key);

// The number of keys; and an entry by its place in their order.
size_t map_count(const struct map *map);
const struct map_entry *map_at(const struct map *map, size_t place);

// Gives the map's memory back, not what the values point to.
void map_release(struct map *map);
