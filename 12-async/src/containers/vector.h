// A vector: an array that grows.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"

// The fields are the vector's own; `count` may be read.  `struct vector
// a = b` copies the pointer and not the items: use only one of them
// from then on.
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
// move: keep no pointer to one.  If interrupt handlers look at items,
// call this with interrupts off.
NODISCARD bool vector_push(struct vector *vector, const void *item);

// Moves the last item to `*item`; false if there is none.
NODISCARD bool vector_pop(struct vector *vector, void *item);

// The item with this index, from 0 on; it must be there.
void *vector_at(const struct vector *vector, size_t index);

// Gives the memory back; the vector is empty again.
void vector_release(struct vector *vector);
