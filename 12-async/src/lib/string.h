// The four functions that GCC may call on its own, whatever flags it is
// given (GCC manual, "Language Standards Supported by GCC"), and those
// for text that we call ourselves.
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

// How many bytes come before the 0 byte that ends `text`.
size_t strlen(const char *text);

// Compares text as memcmp() compares bytes; 0 means that both are the
// same.
int strcmp(const char *left, const char *right);
