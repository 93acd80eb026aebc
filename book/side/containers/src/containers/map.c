#include "containers/map.h"

#include "lib/string.h"

// The place of the first key that is not less: there the key is, or
// would be.
static size_t find(const struct map *map, uint64_t key)
{
    size_t low = 0;
    size_t high = map_count(map);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map_at(map, middle)->key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// The entry of a key, and its place; NULL if it is not there.
static struct map_entry *entry_of(const struct map *map, uint64_t key,
                                  size_t *place)
{
    *place = find(map, key);
    if (*place == map_count(map) || map_at(map, *place)->key != key) {
        return NULL;
    }
    return vector_at(&map->entries, *place);
}

bool map_put(struct map *map, uint64_t key, void *value)
{
    size_t place;
    struct map_entry *entry = entry_of(map, key, &place);
    if (entry != NULL) {
        entry->value = value;
        return true;
    }
    // At the end first, which may move them all; then to its place.
    struct map_entry new = {.key = key, .value = value};
    if (!vector_push(&map->entries, &new)) {
        return false;
    }
    entry = vector_at(&map->entries, place);
    memmove(entry + 1, entry,
            (map_count(map) - 1 - place) * sizeof(*entry));
    *entry = new;
    return true;
}

void *map_get(const struct map *map, uint64_t key)
{
    size_t place;
    const struct map_entry *entry = entry_of(map, key, &place);
    return entry == NULL ? NULL : entry->value;
}

void *map_remove(struct map *map, uint64_t key)
{
    size_t place;
    struct map_entry *entry = entry_of(map, key, &place);
    if (entry == NULL) {
        return NULL;
    }
    void *value = entry->value;
    map->entries.count--;
    memmove(entry, entry + 1,
            (map_count(map) - place) * sizeof(*entry));
    return value;
}

size_t map_count(const struct map *map)
{
    return map->entries.count;
}

const struct map_entry *map_at(const struct map *map, size_t place)
{
    return vector_at(&map->entries, place);
}

void map_release(struct map *map)
{
    vector_release(&map->entries);
}
