// The CPU's own loops, as the host has them: in front of
// src/arch/repeat.h for whatever is tested on the machine we sit at.
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline void repeat_copy(void *to, const void *from, size_t count)
{
    unsigned char *target = to;
    const unsigned char *source = from;
    for (size_t i = 0; i < count * 8; i++) {
        target[i] = source[i];
    }
}

static inline void repeat_store(void *to, uint64_t value, size_t count)
{
    unsigned char *target = to;
    for (size_t i = 0; i < count * 8; i++) {
        target[i] = (unsigned char)(value >> i % 8 * 8);
    }
}
