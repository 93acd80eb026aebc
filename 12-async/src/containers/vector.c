#include "containers/vector.h"

#include <stdint.h>

#include "kernel/panic.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

enum { FIRST_CAPACITY = 4 };

// Doubling keeps the average cost of a push constant: n pushes copy
// fewer than 2n items.
static bool grow(struct vector *vector)
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

static uint8_t *place(const struct vector *vector, size_t index)
{
    return (uint8_t *)vector->items + index * vector->item_size;
}

bool vector_insert(struct vector *vector, size_t index,
                   const void *item)
{
    kassert(index <= vector->count);
    if (vector->count == vector->capacity && !grow(vector)) {
        return false;
    }
    memmove(place(vector, index + 1), place(vector, index),
            (vector->count - index) * vector->item_size);
    memcpy(place(vector, index), item, vector->item_size);
    vector->count++;
    return true;
}

void vector_remove(struct vector *vector, size_t index)
{
    kassert(index < vector->count);
    vector->count--;
    memmove(place(vector, index), place(vector, index + 1),
            (vector->count - index) * vector->item_size);
}

bool vector_push(struct vector *vector, const void *item)
{
    return vector_insert(vector, vector->count, item);
}

bool vector_pop(struct vector *vector, void *item)
{
    if (vector->count == 0) {
        return false;
    }
    vector->count--;
    memcpy(item, place(vector, vector->count), vector->item_size);
    return true;
}

void *vector_at(const struct vector *vector, size_t index)
{
    kassert(index < vector->count);
    return place(vector, index);
}

void vector_release(struct vector *vector)
{
    kfree(vector->items);
    vector->items = NULL;
    vector->count = 0;
    vector->capacity = 0;
}
