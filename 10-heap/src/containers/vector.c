#include "containers/vector.h"

#include <stdint.h>

#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

enum { FIRST_CAPACITY = 4 };

// Doubling keeps the average cost of a push constant: n pushes copy
// fewer than 2n items.
static bool vector_grow(struct vector *vector)
{
    size_t capacity =
        vector->capacity == 0 ? FIRST_CAPACITY : 2 * vector->capacity;
    if (capacity > SIZE_MAX / vector->item_size) {
        return false;
    }
    void *items =
        krealloc(vector->items, capacity * vector->item_size);
    if (items == NULL) {
        return false;
    }
    vector->items = items;
    vector->capacity = capacity;
    return true;
}

static uint8_t *item_place(const struct vector *vector, size_t index)
{
    return (uint8_t *)vector->items + index * vector->item_size;
}

bool vector_push(struct vector *vector, const void *item)
{
    if (vector->count == vector->capacity && !vector_grow(vector)) {
        return false;
    }
    memcpy(item_place(vector, vector->count), item, vector->item_size);
    vector->count++;
    return true;
}

bool vector_pop(struct vector *vector, void *item)
{
    if (vector->count == 0) {
        return false;
    }
    vector->count--;
    memcpy(item, item_place(vector, vector->count), vector->item_size);
    return true;
}

void *vector_at(const struct vector *vector, size_t index)
{
    kassert(index < vector->count);
    return item_place(vector, index);
}

void vector_release(struct vector *vector)
{
    kfree(vector->items);
    vector->items = NULL;
    vector->count = 0;
    vector->capacity = 0;
}
