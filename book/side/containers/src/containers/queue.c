#include "containers/queue.h"

#include <stdint.h>

#include "lib/string.h"
#include "mm/kmalloc.h"

enum { FIRST_CAPACITY = 4 };

static void *place(const struct queue *queue, size_t number)
{
    size_t index = (queue->first + number) % queue->capacity;
    return (uint8_t *)queue->items + index * queue->item_size;
}

// The items move to the beginning of memory that is twice as large: a
// ring cannot grow where it is.
static bool grow(struct queue *queue)
{
    size_t capacity =
        queue->capacity == 0 ? FIRST_CAPACITY : 2 * queue->capacity;
    uint8_t *items = kcalloc(capacity, queue->item_size);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < queue->count; i++) {
        memcpy(items + i * queue->item_size, place(queue, i),
               queue->item_size);
    }
    kfree(queue->items);
    queue->items = items;
    queue->first = 0;
    queue->capacity = capacity;
    return true;
}

bool queue_push(struct queue *queue, const void *item)
{
    if (queue->count == queue->capacity && !grow(queue)) {
        return false;
    }
    memcpy(place(queue, queue->count), item, queue->item_size);
    queue->count++;
    return true;
}

bool queue_pop(struct queue *queue, void *item)
{
    if (queue->count == 0) {
        return false;
    }
    memcpy(item, place(queue, 0), queue->item_size);
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    return true;
}

void queue_release(struct queue *queue)
{
    kfree(queue->items);
    queue->items = NULL;
    queue->first = 0;
    queue->count = 0;
    queue->capacity = 0;
}
