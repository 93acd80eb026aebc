// A queue: first in, first out.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/attributes.h"

// A ring: the items begin at `first` and go on from the end of the
// memory at its beginning.  The fields are the queue's own; `count` may
// be read.
struct queue {
    void *items;
    size_t item_size;
    size_t first;
    size_t count;
    size_t capacity;
};

// An empty one, without memory yet.
#define QUEUE_OF(type) {.item_size = sizeof(type)}

// Adds a copy of `*item`, which is not in the queue.  False if there is
// no memory; nothing has changed then.
NODISCARD bool queue_push(struct queue *queue, const void *item);

// Moves the oldest item to `*item`; false if there is none.
NODISCARD bool queue_pop(struct queue *queue, void *item);

// Gives the memory back; the queue is empty again.
void queue_release(struct queue *queue);
