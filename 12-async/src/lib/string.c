#include "lib/string.h"

#include <stdint.h>

#include "arch/repeat.h"

enum { QUADWORD = 8 };

// Copies from the front: quadwords, then the bytes that are left.
static void copy_forwards(uint8_t *to, const uint8_t *from, size_t n)
{
    repeat_copy(to, from, n / QUADWORD);
    for (size_t i = n - n % QUADWORD; i < n; i++) {
        to[i] = from[i];
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    copy_forwards(to, from, n);
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
        copy_forwards(target, source, n);
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
    uint8_t byte = (uint8_t)value;
    repeat_store(to, byte * UINT64_C(0x0101010101010101), n / QUADWORD);
    for (size_t i = n - n % QUADWORD; i < n; i++) {
        target[i] = byte;
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

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int strcmp(const char *left, const char *right)
{
    while (*left != '\0' && *left == *right) {
        left++;
        right++;
    }
    return (uint8_t)*left - (uint8_t)*right;
}
