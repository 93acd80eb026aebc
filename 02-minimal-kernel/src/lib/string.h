// The four functions that GCC may call on its own, whatever flags it is
// given (GCC manual, "Language Standards Supported by GCC").
//
// They do what C says of them.  You may call any of them from anywhere,
// at any time; `n` may be 0.
#pragma once

#include <stddef.h>

// The two areas must not overlap.
void *memcpy(void *restrict to, const void *restrict from, size_t n);

// The two areas may overlap.
void *memmove(void *to, const void *from, size_t n);

// Fills with the low byte of `value`.
void *memset(void *to, int value, size_t n);

// Compares byte by byte, as unsigned numbers: negative if the first
// byte that differs is smaller in `left`, positive if it is larger, 0
// if none differs.
int memcmp(const void *left, const void *right, size_t n);
