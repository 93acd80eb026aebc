#include "lib/string.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    for (size_t i = 0; i < n; i++) {
        target[i] = source[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    uint8_t *target = to;
    const uint8_t *source = from;

    // Each byte must be read before it is overwritten: start from the
    // front if the target is below the source, else from the back.  We
    // compare numbers because C compares pointers only within one
    // object.
    if ((uintptr_t)target < (uintptr_t)source) {
        for (size_t i = 0; i < n; i++) {
            target[i] = source[i];
        }
    } else {
        for (size_t i = n; i > 0; i--) {
            target[i - 1] = source[i - 1];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t n)
{
    uint8_t *target = to;
    for (size_t i = 0; i < n; i++) {
        target[i] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t n)
{
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i]) {
            return a[i] - b[i];
        }
    }
    return 0;
}
