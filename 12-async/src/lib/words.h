// Takes apart what was typed.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Cuts `text` into words, at its blanks, and points to the first `max`
// of them.  Returns how many there are, which may be more.
size_t words_split(char *text, char *words[], size_t max);

enum number {
    NUMBER_OK,
    NUMBER_NONE,      // something else than digits
    NUMBER_TOO_LARGE, // more than 64 bits
};

// Reads a number: decimal or, after 0x, hexadecimal.  `*number` is set
// if the result is NUMBER_OK.
enum number words_number(const char *text, uint64_t *number);
