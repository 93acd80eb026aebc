#include "lib/ring.h"

#include "lib/panic.h"

void ring_init(struct ring *ring, uint8_t *bytes, size_t size)
{
    // The counts may wrap around only where an index does.
    kassert(size > 0 && (size & (size - 1)) == 0);
    ring->bytes = bytes;
    ring->size = size;
    atomic_init(&ring->put, 0);
    atomic_init(&ring->taken, 0);
}

bool ring_put(struct ring *ring, uint8_t byte)
{
    size_t put = atomic_load_explicit(&ring->put, memory_order_relaxed);
    // "Acquire": the other has read what was in that place.
    size_t taken =
        atomic_load_explicit(&ring->taken, memory_order_acquire);
    if (put - taken == ring->size) {
        return false;
    }
    ring->bytes[put % ring->size] = byte;
    // "Release": the byte is there before it counts.
    atomic_store_explicit(&ring->put, put + 1, memory_order_release);
    return true;
}

bool ring_take(struct ring *ring, uint8_t *byte)
{
    size_t taken =
        atomic_load_explicit(&ring->taken, memory_order_relaxed);
    size_t put = atomic_load_explicit(&ring->put, memory_order_acquire);
    if (put == taken) {
        return false;
    }
    *byte = ring->bytes[taken % ring->size];
    atomic_store_explicit(&ring->taken, taken + 1,
                          memory_order_release);
    return true;
}
