// A vector: an array that grows.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"

// The fields are the vector's own; `count` may be read.
struct vector {
    void *items;
    size_t item_size;
    size_t count;
    size_t capacity;
};

// An empty one, without memory yet: struct vector v = VECTOR_OF(int);
#define VECTOR_OF(type) {.item_size = sizeof(type)}

// Adds a copy of `*item`, which is not in the vector, at the end.
// False if there is no memory; nothing has changed then.  Items may
// move: keep no pointer to one.
NODISCARD bool vector_push(struct vector *vector, const void *item);

// Moves the last item to `*item`; false if there is none.
NODISCARD bool vector_pop(struct vector *vector, void *item);

// The item with this index, from 0 on; it must be there.
void *vector_at(const struct vector *vector, size_t index);

// Puts a copy of `*item` before the item with this index, which may be
// the count, or takes that item out; the ones behind it move.
NODISCARD bool vector_insert(struct vector *vector, size_t index,
                             const void *item);
void vector_remove(struct vector *vector, size_t index);

// Gives the memory back; the vector is empty again.
void vector_release(struct vector *vector);
