// Takes apart what somebody has typed.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"

// Cuts `text` into words, at its blanks, and points to the first `max`
// of them.  Returns how many there are, which may be more.
size_t words_split(char *text, char *words[], size_t max);

bool words_equal(const char *one, const char *other);

// Reads a number, decimal or, behind 0x, hexadecimal.  False if `text`
// is anything else, or does not fit.
NODISCARD bool words_number(const char *text, uint64_t *number);
