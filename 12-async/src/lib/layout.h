// Keyboard layouts: which character is on which key.
#pragma once

#include <stdint.h>

// The characters of neighbouring keys, from left to right, in Latin-1.
struct key_row {
    uint8_t first; // scancode of the row's first key
    const char *plain;
    const char *shifted; // as long as `plain`
    const char *alt_gr;  // may be shorter, or NULL; ' ' is none
};

// A row without `plain` ends the list.
struct layout {
    const char *name;
    const struct key_row *rows;
};

extern const struct layout layout_us;
extern const struct layout layout_german;

// The keys that are the same everywhere.
extern const struct key_row common_keys[];
