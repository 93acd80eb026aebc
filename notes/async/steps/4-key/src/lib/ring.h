// A queue of bytes between two who never wait for each other: one puts
// and one takes, and either may interrupt the other.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"

// The fields are the ring's own.
struct ring {
    uint8_t *bytes;
    size_t size;
    // How many bytes were ever put and taken; each is written by one of
    // the two only.
    atomic_size_t put;
    atomic_size_t taken;
};

// Begins empty.  `bytes` has room for `size` bytes, a power of two, and
// must outlive the ring.
void ring_init(struct ring *ring, uint8_t *bytes, size_t size);

// False if the ring is full, and then the byte is not in it.
NODISCARD bool ring_put(struct ring *ring, uint8_t byte);

// Takes the oldest byte; false if there is none.
NODISCARD bool ring_take(struct ring *ring, uint8_t *byte);
